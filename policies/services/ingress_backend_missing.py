"""See ingress_backend_missing.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.quantities import is_placeholder
from kguard.facts.services import Backend, unseen_service
from kguard.model import Confidence, Fault, Related, Resource, Unknown, dig
from kguard.policy.context import NOTE, Context

_ANSWER = "the Ingress controller answers such requests with an error (503)"


def check(backend: Backend, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a backend that names a Service, or a port of it, that does not exist."""
    found = ctx.index.named(backend.resource, "", "Service", backend.name)
    if len(found) == 1:
        yield from _port(backend, found[0])
        return
    reason = "several Services of that name" if found else unseen_service(ctx.facts, backend)
    if reason:
        yield ctx.unknown(reason)
        return
    where = backend.resource.namespace
    yield backend.fault(
        backend.name_keys,
        f"Service `{backend.name}` does not exist" + (f" in namespace `{where}`" if where else ""),
        help=_ANSWER,
    )


def _port(backend: Backend, service: Resource) -> Iterator[Fault]:
    wanted = backend.named_port
    ports = dig(service.data, "spec", "ports")
    if wanted is None or dig(service.data, "spec", "type") == "ExternalName":
        return
    if not isinstance(ports, list) or not ports or not all(map(_clear, ports)):
        return
    if any(wanted in (port.get("port"), port.get("name")) for port in ports):
        return
    aimed = any(str(port.get("targetPort")) == str(wanted) for port in ports)
    known = ", ".join(f"`{port.get('name') or port['port']}`" for port in ports)
    yield backend.fault(
        backend.port_keys,
        f"`{wanted}` is the target port of Service `{backend.name}`, not its port"
        if aimed
        else f"Service `{backend.name}` has no port `{wanted}`",
        severity=NOTE if aimed else None,
        confidence=Confidence.MEDIUM if aimed else None,
        related=[Related(service, ("spec", "ports"), f"has {known}")],
        # serviceEndpoints of ingress-nginx compares target ports too; others do not.
        help="ingress-nginx takes it for the port; other controllers do not" if aimed else _ANSWER,
    )


def _clear(port: Any) -> bool:
    fine = isinstance(port, Mapping) and isinstance(port.get("port"), int)
    return fine and not any(is_placeholder(port.get(key)) for key in ("name", "targetPort"))
