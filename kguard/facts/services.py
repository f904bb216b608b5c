"""Services with the pods they select, and the Ingresses that call them.

Sources: kubernetes pkg/apis/core/v1/types.go (ServiceSpec.Selector: ignored for ExternalName),
staging/src/k8s.io/api/networking/v1/types.go (IngressBackend), networking/v1beta1 (serviceName,
servicePort).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kguard.facts.operators import makers
from kguard.facts.pods import Pod
from kguard.facts.probes import declared_ports
from kguard.facts.quantities import is_placeholder, literal
from kguard.facts.selection import unseen_selection
from kguard.facts.workloads import Workload
from kguard.kube.workloads import pod_labels
from kguard.model import Resource, Route, Scope, dig
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.run import Facts

INGRESSES = (("networking.k8s.io", "Ingress"), ("extensions", "Ingress"))

# Labels by which programs tell their own role at run time (Vault and OpenBao register so, Patroni
# and Sentinel label the primary).
_AT_RUN_TIME = re.compile(r"role|active|leader|primary|master|standby|sealed|initialized", re.I)


@record(eq=False)
class Service(Scope):
    """A Service of Kubernetes itself with the workloads whose pods it selects in its unit.

    `selector` is None where it has none that counts, or one that is malformed or filled in later.
    """

    selector: Mapping[str, str] | None
    selected: tuple[Workload, ...]

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"Service `{self.resource.name}`"


def service_of(facts: Facts, resource: Resource) -> Service:
    """The Service in a resource. Templates that run nothing (PodTemplate) are not selected."""
    selector = _selector(resource)
    found = facts.index.selected_pods(resource, {"matchLabels": selector}) if selector else []
    workloads = [facts.workload(each) for each in found if each.kind != "PodTemplate"]
    return Service(
        resource=resource,
        route=(),
        data=resource.data,
        selector=selector,
        selected=tuple(workload for workload in workloads if workload is not None),
    )


def _selector(service: Resource) -> Mapping[str, str] | None:
    selector = dig(service.data, "spec", "selector")
    if not isinstance(selector, Mapping) or not selector:
        return None
    if dig(service.data, "spec", "type") == "ExternalName":
        return None
    for key, value in selector.items():
        if not isinstance(value, str) or is_placeholder(key) or is_placeholder(value):
            return None
    return selector


def unseen_endpoints(facts: Facts, service: Service) -> str:
    """Why a Service that selects nothing here may select a pod all the same, or an empty text."""
    selector = service.selector or {}
    reason = unseen_selection(facts, service.resource, {"matchLabels": selector}, "Service")
    if reason:
        return reason
    if service.resource.namespace == "kube-system":
        return "pods of `kube-system` are not all in manifests"
    for workload in facts.index.selected_pods(service.resource, {}):
        labels = pod_labels(workload)
        missing = [key for key, value in selector.items() if labels.get(key) != value]
        if (
            missing
            and len(missing) < len(selector)
            and all(_at_run_time(key, labels) for key in missing)
        ):
            return "the pods may label themselves"
    return ""


def _at_run_time(key: str, labels: Mapping[str, str]) -> bool:
    return key not in labels and _AT_RUN_TIME.search(key) is not None


def ports_open(facts: Facts, pod: Pod) -> bool:
    """Whether containers of a pod may get ports that are not to be seen here.

    So it is with patches, with objects beside which one of the same name stands, and with ports
    whose names are filled in later.
    """
    this = pod.resource
    if len(facts.index.named(this, this.group, this.kind, this.name)) > 1 or not pod.running:
        return True
    return any(
        each.fragment or any(is_placeholder(name) for name in declared_ports(each))
        for each in pod.running
    )


@record(eq=False)
class Backend(Scope):
    """One backend of an Ingress that is a Service; `data` and `route` are the backend's.

    `port` is a number or a name, as written; None where there is none. The keys lead to the name
    and the port below the backend.
    """

    name: str
    name_keys: Route
    port: Any
    port_keys: Route

    @property
    def named_port(self) -> int | str | None:
        """The port asked for, a text of digits as a number; None where it cannot be told."""
        port = self.port
        if isinstance(port, str) and port.isascii() and port.isdigit():
            return int(port) if len(port) < 8 else None
        fine = isinstance(port, (int, str)) and not isinstance(port, bool)
        return port if fine and port and not is_placeholder(port) else None


def backends(resource: Resource) -> Iterator[Backend]:
    """The Service backends of an Ingress; malformed ones and such as are filled in later left out.

    An action of the AWS load balancer controller (port `use-annotation`) is no Service.
    """
    for route, data in _written(resource.data):
        if not isinstance(data, Mapping):
            continue
        old = data.get("serviceName") is not None
        name_keys: Route = ("serviceName",) if old else ("service", "name")
        port_keys: Route = ("servicePort",) if old else ("service", "port")
        port = dig(data, *port_keys)
        if isinstance(port, Mapping):
            key = "name" if port.get("name") else "number"
            port, port_keys = port.get(key), (*port_keys, key)
        name = literal(dig(data, *name_keys))
        if name is not None and port != "use-annotation":
            yield Backend(resource, route, data, name, name_keys, port, port_keys)


def _written(data: Mapping[str, Any]) -> Iterator[tuple[Route, Any]]:
    for key in ("defaultBackend", "backend"):
        yield ("spec", key), dig(data, "spec", key)
    rules = dig(data, "spec", "rules")
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        paths = dig(rule, "http", "paths")
        for place, path in enumerate(paths if isinstance(paths, list) else ()):
            route: Route = ("spec", "rules", number, "http", "paths", place, "backend")
            yield route, dig(path, "backend")


def callers(facts: Facts, service: Resource) -> list[Backend]:
    """The backends of Ingresses beside a Service that name it."""
    found = facts.remember_unit(_callers, service)
    return found.get((service.namespace, service.name), [])


def _callers(facts: Facts, near: Resource) -> dict[tuple[str | None, str], list[Backend]]:
    found: dict[tuple[str | None, str], list[Backend]] = {}
    for kind in INGRESSES:
        for ingress in facts.index.in_unit(near, *kind):
            for backend in backends(ingress):
                found.setdefault((ingress.namespace, backend.name), []).append(backend)
    return found


def unseen_service(facts: Facts, backend: Backend) -> str:
    """Why a Service that was not found may exist all the same, or an empty text."""
    near = backend.resource
    if not facts.index.is_complete(near):
        return "Service not seen"
    for other in facts.index.in_unit(near, "", "Service"):
        if other.name == backend.name and (other.namespace is None) != (near.namespace is None):
            return "only one of Ingress and Service names its namespace"
        if literal(other.name) is None:
            return "the Service's name may be filled in later"
    if facts.index.named_elsewhere(near, "", "Service", backend.name):
        return "a Service of that name is elsewhere in this run"
    if facts.index.in_unit(near, "serving.knative.dev", "Service"):
        return "the Service may be made by Knative"
    made = makers(facts, near)
    return f"the Service may be made by a custom resource: {made[0]}" if made else ""
