"""See argo_agent_memory_limit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Edit, Fault, Fix, Route
from kguard.policy.context import Context
from kguard.quantity import QuantityError, parse_quantity
from kguard.quantity._quote import quoted

_REQUEST = 64_000_000


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a limit that is no quantity, or below what the agent requests."""
    variable = controller.variable(ctx.index, "ARGO_AGENT_MEMORY_LIMIT")
    if variable is None or not variable.value:
        return
    written = variable.value
    keys: Route = (*controller.container.route, *variable.route)
    in_place = variable.route[0] == "env"
    if in_place:
        keys = (*keys, "value")
    try:
        limit = parse_quantity(written)
    except QuantityError:
        said = "is no quantity: the controller panics when it makes the pod of the agent"
    else:
        if limit >= _REQUEST:
            return
        said = "is below the 64M that the agent requests: its pod is refused"
    number = written.removesuffix("m")
    fix = None
    if in_place and number.isdigit() and int(number) >= 64 and number != written:
        fix = Fix((Edit(keys, f"{number}M"),), safe=True, title=f"write `{number}M`")
    yield controller.fault(
        keys,
        f"`ARGO_AGENT_MEMORY_LIMIT` {quoted(written)} {said}",
        help="`m` is a thousandth of a byte" if written.endswith("m") else "",
        fix=fix,
    )
