"""See probe_on_init_container.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.facts.probes import PROBES
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each probe or hook of an init container that runs to its end."""
    if is_placeholder(container.get("restartPolicy")):
        return
    for key in (*PROBES, "lifecycle"):
        if container.get(key) is not None:
            yield container.fault(
                (key,),
                f"{container.called} has a `{key}`, though it runs to its end",
                help="the API server rejects it; only with `restartPolicy: Always` it is a sidecar",
            )
