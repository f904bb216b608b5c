"""The pods of Argo templates in the shape of the pod model, for policies that judge any pod."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container, Pod, Role
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Resource, Scope

_ROLES = {"main": Role.APP, "sidecar": Role.SIDECAR, "init": Role.INIT}


def template_pods(facts: Facts, resource: Resource) -> Iterator[Pod]:
    """One pod per template that runs containers; `data` and `route` are the template's.

    A container without a name (`container`, `script`) is called by its template.
    """
    for route, template in argo.templates(resource):
        pod = Pod(resource, route, template, template=Scope(resource, route, template))
        for keys, role, item in argo.containers(template):
            name = item.get("name") or template.get("name")
            pod.containers.append(
                Container(
                    resource,
                    (*route, *keys),
                    item,
                    name=name if isinstance(name, str) else "",
                    role=_ROLES[role],
                    pod=pod,
                )
            )
        if pod.containers:
            yield pod
