"""See drone_service_no_health.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.model import Fault
from kguard.policy.context import Context

# Programs, options and words that wait for something, or ask whether it is there.
_WAITS = re.compile(
    r"(?i)wait|sleep|until|retry|while |for i in|health|\bready\b|isready|\bping\b|dockerize"
    r"|\bnc\b|nslookup|docker info|/dev/tcp"
)


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a pipeline with services of which no command waits."""
    services = [step for step in pipeline.steps if step.role == "service"]
    texts = [
        str(text)
        for step in pipeline.steps
        for key in ("commands", "command", "entrypoint")
        for text in _list(step.get(key))
        if step.role == "step"
    ]
    # Without commands there are only plugins, which cannot wait and mostly need not.
    if services and texts and not any(_WAITS.search(text) for text in texts):
        yield services[0].fault(
            ("name",),
            f"no command waits for {services[0].called}, which starts together with the steps",
            help="a test that begins before it answers fails now and then",
        )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
