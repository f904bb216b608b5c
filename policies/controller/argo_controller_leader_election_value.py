"""See argo_controller_leader_election_value.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context
from kguard.quantity._quote import quoted

_YES = frozenset({"1", "t", "yes", "y", "on", "true"})
# They leave election on, as they say.
_NO = frozenset({"", "0", "f", "no", "n", "off", "false"})


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a value that neither switches leader election off nor says it stays on."""
    switch = controller.election_switch(ctx.index)
    if switch is None or switch.value is None or switch.value == "true":
        return
    word = switch.value.strip().lower()
    if word in _NO:
        return
    keys = (*controller.container.route, *switch.route)
    meant = "true" if word in _YES else "false"
    fix = None
    if switch.route[0] == "env":
        keys = (*keys, "value")
        fix = Fix((Edit(keys, meant),), safe=False, title=f"write `{meant}`")
    yield controller.fault(
        keys,
        f"`LEADER_ELECTION_DISABLE` is {quoted(switch.value)}:"
        " only `true`, so written, has an effect",
        help="leader election stays on",
        fix=fix,
    )
