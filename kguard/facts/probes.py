"""Probes of containers, with the defaults Kubernetes fills in.

Source: kubernetes pkg/apis/core/v1/defaults.go (SetDefaults_Probe, SetDefaults_HTTPGetAction),
pkg/probe/util.go (ResolveContainerPort).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.pods import Container
from kguard.facts.quantities import is_placeholder
from kguard.model import Scope
from kguard.record import field, record

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
_DEFAULTS = {
    "initialDelaySeconds": 0,
    "timeoutSeconds": 1,
    "periodSeconds": 10,
    "successThreshold": 1,
    "failureThreshold": 3,
}
NUMBERS = tuple(_DEFAULTS)
"""The fields of a probe that hold counts or seconds, none of them below 0."""


@record(eq=False)
class Probe(Scope):
    """One probe of a container: `key` is the field it stands in."""

    key: str
    container: Container
    handlers: tuple[str, ...] = field(init=False)
    """The ways in which it looks at the container; valid is exactly one."""

    def __post_init__(self) -> None:
        found = [handler for handler in HANDLERS if self.data.get(handler) is not None]
        object.__setattr__(self, "handlers", tuple(found))

    def number(self, name: str) -> int | None:
        """A count or a number of seconds in force; None for what is no whole number.

        0 counts as absent, as it does for the API server.
        """
        value = self.get(name, default=0)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value or _DEFAULTS[name]

    @property
    def port(self) -> Any:
        """The port of a probe by HTTP, gRPC or TCP as written; None where there is none."""
        handlers = self.handlers
        return self.get(handlers[0], "port") if len(handlers) == 1 else None

    @property
    def port_name(self) -> str | None:
        """The name of the port it asks, None where it has a number or a text filled in later."""
        port = self.port
        if not isinstance(port, str) or is_placeholder(port) or self.handlers == ("grpc",):
            return None
        return None if port.isdigit() else port

    @property
    def patience(self) -> int | None:
        """The seconds for which it may fail before Kubernetes acts; None where that is unknown."""
        period, failures = self.number("periodSeconds"), self.number("failureThreshold")
        return None if period is None or failures is None else period * failures

    @property
    def question(self) -> tuple[Any, ...] | None:
        """What it asks the container, to be compared with another's; None where it is unclear."""
        if len(self.handlers) != 1:
            return None
        kind = self.handlers[0]
        handler = self.get(kind)
        if not isinstance(handler, dict):
            return None
        if kind == "exec":
            command = handler.get("command")
            return (kind, *map(str, command)) if isinstance(command, list) else None
        port, name = self.port, self.port_name
        if name is not None:
            port = declared_ports(self.container).get(name, name)
        said = [str(port), *(str(handler.get(name) or "") for name in ("host", "service"))]
        if kind == "httpGet":
            headers = str(handler.get("httpHeaders") or "")
            said += [str(handler.get("path") or "/"), str(handler.get("scheme") or "HTTP"), headers]
        return (kind, *said)


def probes_of(container: Container) -> Iterator[Probe]:
    """The probes a container writes, those that are no mapping left out."""
    for key in PROBES:
        data = container.get(key)
        if isinstance(data, dict):
            yield Probe(container.resource, container.at(key), data, key=key, container=container)


def declared_ports(container: Container) -> dict[str, Any]:
    """The named ports of a container with their numbers, as written."""
    ports = container.get("ports")
    return {
        port["name"]: port.get("containerPort")
        for port in (ports if isinstance(ports, list) else ())
        if isinstance(port, dict) and isinstance(port.get("name"), str)
    }
