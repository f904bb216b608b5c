"""The containers of Argo templates with the resources their pods really get.

Source: argo-workflows workflow/controller/workflowpod.go. `mainContainer` of the controller's
configuration is merged under every main container and every member of a containerSet, not under
sidecars and init containers; `podSpecPatch` is applied last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.patches import patch_text
from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow, merged
from kguard.facts.pods import Container, Pod, Role
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Resource, Route, Scope, dig
from kguard.record import record, replace

MAIN = "main"
"""The name Argo gives the container of `container` and `script` templates."""

_POD_RESOURCES_SINCE = (4, 1)
_ROLES = {"sidecar": Role.SIDECAR, "init": Role.INIT}
_LISTS = {"sidecar": "containers", "init": "initContainers"}


@record(eq=False)
class MainContainer(Scope):
    """A container of a template, mostly the one that does its work. `data` is what is written.

    `effective` has what the configuration and defaults add. `unknown` says that a `podSpecPatch`
    that is filled in later may add more.
    """

    template: Template
    effective: Container
    unknown: bool

    @property
    def called(self) -> str:
        """How messages name it."""
        member = self.template.kind == "containerSet" or self.effective.role is not Role.APP
        of = f"{self.effective.called} of " if member else ""
        return f"{of}{self.template.called}"


def main_containers(facts: Facts, workflow: Workflow) -> list[MainContainer]:
    """The main containers of the templates that an object writes itself."""
    return facts.remember(_main, workflow.resource)


def side_containers(facts: Facts, workflow: Workflow) -> list[MainContainer]:
    """The sidecars and init containers of those templates, which `mainContainer` does not reach."""
    return facts.remember(_side, workflow.resource)


def _main(facts: Facts, resource: Resource) -> list[MainContainer]:
    workflow = facts.argo_workflow(resource)
    return list(_main_containers(facts, workflow)) if workflow else []


def _side(facts: Facts, resource: Resource) -> list[MainContainer]:
    workflow = facts.argo_workflow(resource)
    return list(_side_containers(facts, workflow)) if workflow else []


def _main_containers(facts: Facts, workflow: Workflow) -> Iterator[MainContainer]:
    limits = _limits(facts, workflow)
    for template in facts.argo_templates(workflow.resource):
        pod = _pod(facts, workflow, template, limits)
        patches, unknown = _patches(facts, workflow, template)
        for keys, name, data, effective in _written(template):
            layers = [_patch_for(name, patches), effective]
            layers.append(_mapping(workflow.config.get("mainContainer") if workflow.config else {}))
            route = (*template.route, *keys)
            container = Container(
                workflow.resource, route, merged(layers), name=name, role=Role.APP, pod=pod
            )
            unsure = unknown or (
                template.kind == "containerSet"
                and workflow.value("templateDefaults", "containerSet") is not None
            )
            yield MainContainer(workflow.resource, route, data, template, container, unsure)


def _side_containers(facts: Facts, workflow: Workflow) -> Iterator[MainContainer]:
    limits = _limits(facts, workflow)
    for template in facts.argo_templates(workflow.resource):
        if not template.runs_pod:
            continue
        pod = _pod(facts, workflow, template, limits)
        patches, unknown = _patches(facts, workflow, template)
        for keys, word, data in argo.containers(template.data):
            if word == "main":
                continue
            found, route = data.get("name"), (*template.route, *keys)
            name = found if isinstance(found, str) else ""
            effective = merged([_patch_for(name, patches, _LISTS[word]), data])
            role = side_role(word, data)
            container = Container(
                workflow.resource, route, effective, name=name, role=role, pod=pod
            )
            unsure = unknown or workflow.value("templateDefaults", str(keys[0])) is not None
            yield MainContainer(workflow.resource, route, data, template, container, unsure)


def side_role(word: str, data: Mapping[str, Any]) -> Role:
    """What a sidecar or init container is for; an init container that stays is a sidecar, too."""
    return Role.SIDECAR if data.get("restartPolicy") == "Always" else _ROLES[word]


def pods_made(facts: Facts, workflow: Workflow) -> Iterator[Pod]:
    """The pods of those templates with every container they have in the end: Argo's own come first.

    Theirs are the resources of `executor` in the controller's configuration. Each pod has its
    containers until the next one is asked for.
    """
    limits = _limits(facts, workflow)
    containers = [*main_containers(facts, workflow), *side_containers(facts, workflow)]
    for template in facts.argo_templates(workflow.resource):
        if not template.runs_pod:
            continue
        deadline = template.value("activeDeadlineSeconds") or workflow.value(
            "activeDeadlineSeconds"
        )
        priority = template.value("priorityClassName") or workflow.value("podPriorityClassName")
        more = {"activeDeadlineSeconds": deadline, "priorityClassName": priority}
        pod = _pod(facts, workflow, template, limits, more)
        patches, _ = _patches(facts, workflow, template)
        executor = workflow.config.get("executor", "resources") if workflow.config else None
        for name, key, role in (
            ("init", "initContainers", Role.INIT),
            ("wait", "containers", Role.APP),
        ):
            patch = _patch_for(name, patches, key)
            own = merged([patch, {"resources": _mapping(executor)}])
            pod.containers.append(
                Container(workflow.resource, template.route, own, name=name, role=role, pod=pod)
            )
        pod.containers.extend(
            replace(each.effective, pod=pod) for each in containers if each.template is template
        )
        try:
            yield pod
        finally:
            pod.containers.clear()  # See Facts.release.


def _limits(facts: Facts, workflow: Workflow) -> list[Any]:
    return [
        item
        for limit_range in facts.index.of_kind(workflow.resource, "", "LimitRange")
        for item in _items(limit_range.data, "spec", "limits")
        if dig(item, "type") == "Container"
    ]


def _pod(
    facts: Facts,
    workflow: Workflow,
    template: Template,
    limits: list[Any],
    more: Mapping[str, Any] | None = None,
) -> Pod:
    version = facts.assume.argo
    resources = template.value("podResources") or workflow.value("podResources")
    return Pod(
        resource=workflow.resource,
        route=template.route,
        data={"resources": resources, **(more or {})},
        template=template,
        limit_ranges=limits,
        pod_level_resources=version is None or version >= _POD_RESOURCES_SINCE,
    )


def _written(template: Template) -> Iterator[tuple[Route, str, Mapping[str, Any], Any]]:
    if template.kind in ("container", "script"):
        data = template.get(template.kind)
        if isinstance(data, Mapping):
            yield (template.kind,), MAIN, data, template.value(template.kind)
    elif template.kind == "containerSet":
        for number, item in enumerate(_items(template.data, "containerSet", "containers")):
            if isinstance(item, Mapping):
                name = item.get("name")
                keys = ("containerSet", "containers", number)
                yield keys, name if isinstance(name, str) else "", item, item


def _patches(facts: Facts, workflow: Workflow, template: Template) -> tuple[list[Any], bool]:
    """The pod patches in force, the template's first, and whether any cannot be read yet."""
    facts.go_on()  # Each container of each template looks through them.
    parsed: list[Any] = []
    unknown = False
    for text in (template.value("podSpecPatch"), workflow.value("podSpecPatch")):
        if text is None:
            continue
        if not isinstance(text, str) or is_placeholder(text):
            unknown = True
            continue
        patch = patch_text(facts, text)
        unknown = unknown or patch.error is not None
        parsed += patch.documents
    return parsed, unknown


def _patch_for(name: str, patches: list[Any], key: str = "containers") -> Mapping[str, Any]:
    found = [item for patch in patches for item in _items(patch, key) if dig(item, "name") == name]
    return _mapping(merged(found)) if found else {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(data: Any, *keys: str) -> list[Any]:
    found = dig(data, *keys)
    return found if isinstance(found, list) else []
