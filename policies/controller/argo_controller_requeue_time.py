"""See argo_controller_requeue_time.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Fault
from kguard.policy.context import NOTE, Context
from kguard.quantity import DurationError, parse_go_duration
from kguard.quantity._quote import quoted


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a requeue time that stops the controller, or gives it no rest."""
    variable = controller.variable(ctx.index, "DEFAULT_REQUEUE_TIME")
    if variable is None or not variable.value:
        return
    keys = (*controller.container.route, *variable.route)
    if variable.route[0] == "env":
        keys = (*keys, "value")
    try:
        nanoseconds = parse_go_duration(variable.value)
    except DurationError:
        yield controller.fault(
            keys,
            f"`DEFAULT_REQUEUE_TIME` is {quoted(variable.value)}, on which the controller panics",
            help="write a number and a unit, such as `10s` or `1m`",
        )
        return
    if nanoseconds < parse_go_duration(ctx.params["minimum"]):
        yield controller.fault(
            keys,
            f"every workflow is looked at again after {variable.value}",
            severity=NOTE,
            help="10 s is the default; 30 s suits thousands of workflows",
        )
