"""See drone_toleration_seconds.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.drone.pipeline import Pipeline
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policy.context import Context

_DROPPED, _READ = "toleration_seconds", "tolerationseconds"


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each toleration whose time stands under the name of the documentation."""
    tolerations = pipeline.get("tolerations")
    for number, item in enumerate(tolerations if isinstance(tolerations, list) else ()):
        if not isinstance(item, Mapping) or item.get(_DROPPED) is None:
            continue
        place = pipeline.at("tolerations", number)
        renamed = (Edit((*place, _DROPPED), REMOVE), Edit((*place, _READ), item[_DROPPED]))
        yield pipeline.fault(
            ("tolerations", number, _DROPPED),
            f"`{_DROPPED}` of a toleration is dropped by the runner",
            help=f"a pipeline has it under `{_READ}`; without it the taint is tolerated for ever",
            fix=None
            if _READ in item
            # It evicts builds after that time.
            else Fix(renamed, safe=False, title=f"rename it `{_READ}`"),
            at_key=True,
        )
