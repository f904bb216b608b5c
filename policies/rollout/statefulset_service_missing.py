"""See statefulset_service_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.quantities import is_placeholder, literal
from kguard.facts.workloads import Workload
from kguard.model import Fault, Related, Unknown, dig
from kguard.policy.context import Context

_KEYS = ("spec", "serviceName")


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where the Service that names the pods does not exist or is not headless."""
    name = literal(workload.get(*_KEYS))
    if name is None:
        return
    found = ctx.index.named(workload.resource, "", "Service", name)
    if not found and not workload.complete:
        yield ctx.unknown("Service not seen")
    elif not found and ctx.index.named_elsewhere(workload.resource, "", "Service", name):
        yield ctx.unknown("a Service of that name is elsewhere in this run")
    elif not found:
        yield workload.fault(
            _KEYS,
            f"Service `{name}`, under which the pods of {workload.called} have their names, does "
            "not exist",
            help="the pods run, but no name of the form pod.service resolves",
        )
    elif len(found) == 1 and not _headless(dig(found[0].data, "spec", "clusterIP")):
        yield workload.fault(
            _KEYS,
            f"Service `{name}`, under which the pods of {workload.called} have their names, is not "
            "headless",
            related=[Related(found[0], ("spec", "clusterIP"), "has an address of its own")],
            help="DNS promises names of single pods only under a Service with `clusterIP: None`",
        )


def _headless(address: object) -> bool:
    """Whether a Service has no address, or one that something fills in later."""
    return address == "None" or is_placeholder(address)
