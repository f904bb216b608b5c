"""What the pod of an Argo template asks for: its containers and those that Argo adds.

Source: argo-workflows workflow/controller/workflowpod.go (createWorkflowPod: main containers, the
`wait` container and the `init` container, both with the executor's resources; `resource` and
`data` templates run the executor as their main container).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from kguard.facts.argo.containers import main_containers, side_role
from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.podresources import containers_total, pod_total
from kguard.facts.pods import Container, Pod, Role
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Resource, Scope
from kguard.record import record, replace


@record
class Requests:
    """What one pod asks for: cores and bytes. `exact` is false where a container says nothing."""

    cpu: Fraction
    memory: Fraction
    exact: bool


def pod_requests(facts: Facts, template: Template, workflow: Workflow) -> Requests:
    """The requests of the pod of a template that `workflow` runs."""
    pod = _pod(facts, template)
    # The sums read them in the order in which they start: Argo's own first, its sidecars last.
    pod.containers[:0] = _executors(pod, template, workflow)
    totals = [containers_total(pod, "requests", name) for name in ("cpu", "memory")]
    found = Requests(
        pod_total(pod, "requests", "cpu"),
        pod_total(pod, "requests", "memory"),
        all(total.exact for total in totals),
    )
    pod.containers.clear()  # See Facts.release.
    return found


def _pod(facts: Facts, template: Template) -> Pod:
    """The pod with the containers that the template writes."""
    mains = facts.remember(_mains, template.resource).get(id(template.data), [])
    if mains:
        pod = replace(mains[0].pod, containers=[])
    else:
        scope = Scope(template.resource, template.route, template.data)
        pod = Pod(template.resource, template.route, {}, template=scope)
    pod.containers.extend(replace(each, pod=pod) for each in mains)
    sides = [each for each in argo.containers(template.data) if each[1] != "main"]
    for keys, word, item in sorted(sides, key=lambda each: each[1] == "sidecar"):
        route = (*template.route, *keys)
        pod.containers.append(_container(pod, route, item, side_role(word, item)))
    return pod


def _mains(facts: Facts, resource: Resource) -> dict[int, list[Container]]:
    """The main containers of an object, by the template they are in."""
    workflow = facts.argo_workflow(resource)
    found: dict[int, list[Container]] = {}
    for each in main_containers(facts, workflow) if workflow else ():
        found.setdefault(id(each.template.data), []).append(each.effective)
    return found


def _executors(pod: Pod, template: Template, workflow: Workflow) -> Iterator[Container]:
    """The containers that run Argo's own program."""
    config = workflow.config
    written: Any = config.get("executor", "resources") if config else None
    data = {"resources": written} if isinstance(written, Mapping) else {}
    if not data and template.kind not in ("resource", "data"):
        return  # Unseen or unset: what Argo adds asks for nothing.
    roles = [Role.APP] if template.kind in ("resource", "data") else [Role.APP, Role.INIT]
    for role in roles:
        yield _container(pod, template.route, data, role)


def _container(pod: Pod, route: Any, data: Mapping[str, Any], role: Role) -> Container:
    return Container(pod.resource, route, data, name="", role=role, pod=pod)
