"""See argo_controller_qps_burst.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController, Flag
from kguard.model import Fault
from kguard.policy.context import Context

_QPS, _BURST = 20, 30


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for the default rate, and for a burst below the rate."""
    qps, burst = controller.flag("qps"), controller.flag("burst")
    if qps is None and burst is None:
        yield controller.fault(
            (*controller.container.route, "args"),
            f"{controller.called} sends at most {_QPS} requests a second, {_BURST} at once",
            help="raise `--qps` and `--burst` for thousands of workflows",
        )
        return
    rate, most = _number(qps, _QPS), _number(burst, _BURST)
    if rate is None or most is None or most >= rate:
        return
    at = burst or qps
    yield controller.fault(
        (*controller.container.route, *(at.route if at else ())),
        f"`--burst` of {most:g} is below `--qps` of {rate:g}: not a second's worth of requests",
        help="what the controller leaves unused is lost, and it asks in bursts: set it above",
    )


def _number(flag: Flag | None, default: int) -> float | None:
    if flag is None:
        return default
    try:
        return float(flag.value)
    except ValueError:
        return None
