"""See session_affinity_behind_ingress.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.services import Service, callers
from kguard.model import Confidence, Fault, Related, Resource, Unknown, dig
from kguard.policy.context import NOTE, Context

# What annotations are called, or say, that tell an Ingress controller how to keep clients apart.
_WORDS = ("affinity", "stick", "cookie", "persistence", "hash-by", "load-balanc")
# Annotations that name another object, which may say so too: GKE, Kong.
_POLICIES = ("backend-config", "upstream-policy", "konghq.com/override")


def check(service: Service, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a Service that tells clients apart by an address that is the proxy's."""
    if service.get("spec", "sessionAffinity") != "ClientIP":
        return
    calling = callers(ctx.facts, service.resource)
    involved = [service.resource, *(backend.resource for backend in calling)]
    if not calling or any(_says(each, _WORDS) for each in involved):
        return
    if any(_says(each, _POLICIES) for each in involved):
        yield ctx.unknown("a policy of the Ingress controller may keep clients apart")
        return
    if ctx.index.in_unit(service.resource, "networking.istio.io", "DestinationRule"):
        yield ctx.unknown("a DestinationRule may keep clients apart")
        return
    if len({workload.resource.label for workload in service.selected}) < len(service.selected):
        yield ctx.unknown("several workloads of one name")
        return
    floors = [workload.floor for workload in service.selected]
    known = [floor for floor in floors if floor is not None]
    if sum(known) < 2:
        if not floors or len(known) < len(floors):
            yield ctx.unknown("the number of pods is not known")
        return
    ingress = calling[0]
    direct = service.get("spec", "type") == "LoadBalancer"  # Others may call it by their address.
    yield service.fault(
        ("spec", "sessionAffinity"),
        f"{service.called} keeps clients by their address, which behind Ingress "
        f"`{ingress.resource.name}` is that of the proxy",
        severity=NOTE if direct else None,
        confidence=Confidence.MEDIUM if direct else None,
        related=[Related(ingress.resource, ingress.at(*ingress.name_keys), "called from here")],
        help="have the Ingress controller set a cookie",
    )


def _says(resource: Resource, words: tuple[str, ...]) -> bool:
    annotations = dig(resource.data, "metadata", "annotations")
    if not isinstance(annotations, Mapping):
        return False
    text = " ".join(f"{key} {value}" for key, value in annotations.items()).lower()
    return any(word in text for word in words)
