"""Who runs the templates of a WorkflowTemplate beside those that submit it.

Sources: argo-workflows workflow/controller/operator.go (the volumes and claims are those of the
workflow that runs, whatever object a template comes from), docs/workflow-templates.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kguard.facts.argo.hooks import hooks, run_handlers, templates_below
from kguard.facts.argo.templates import Template, calls_of, named_template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Resource
from kguard.relations import may_share


def borrowers(facts: Facts, template: Template) -> list[Workflow]:
    """The other Argo objects of the run that come to a template of a WorkflowTemplate.

    By `templateRef` or `workflowTemplateRef`, over whatever lies between in the same unit. Those
    of other units are found where they name the object of the template itself.
    """
    library = template.workflow.resource
    found = []
    for group, kind in sorted(argo.KINDS):
        for resource in facts.index.in_unit(library, group, kind):
            if resource is not library and _may_borrow(resource, library):
                facts.go_on()  # A cluster has thousands.
                other = facts.argo_workflow(resource)
                if other is not None and id(template.data) in facts.remember(_reached, resource):
                    found.append(other)
        for resource in facts.index.elsewhere(library, group, kind):
            facts.go_on()
            other = facts.argo_workflow(resource)
            if other is not None and _names(facts, other, template):
                found.append(other)
    return found


def _may_borrow(resource: Resource, library: Resource) -> bool:
    """Whether an object may name the library: one of the same namespace, or any if it has none."""
    return library.kind == "ClusterWorkflowTemplate" or may_share(resource, library)


def _reached(facts: Facts, resource: Resource) -> frozenset[int]:
    """The identities of all templates that those of an object lead to."""
    workflow = facts.argo_workflow(resource)
    if workflow is None:
        return frozenset()
    start = named_template(facts, workflow, workflow.value("entrypoint")).template
    handlers = run_handlers(facts, workflow).values()
    own = facts.argo_templates(resource)
    return _closure(facts, [*own, *handlers, *([start] if start else [])])


def _closure(facts: Facts, starts: Iterable[Template]) -> frozenset[int]:
    seen: set[int] = set()
    pending = list(starts)
    while pending:
        template = pending.pop()
        if id(template.data) not in seen:
            seen.add(id(template.data))
            pending += templates_below(facts, template)
    return frozenset(seen)


def _names(facts: Facts, other: Workflow, template: Template) -> bool:
    """Whether an object of another unit names a template that leads to this one."""
    library = template.workflow
    starts: list[Template | None] = []
    if _is_of(library, other.get("workflowTemplateRef")):
        for key in ("entrypoint", "onExit"):
            name = other.get(key) or library.value(key)
            starts.append(named_template(facts, library, name).template)
        starts += run_handlers(facts, library).values()
    templates = facts.argo_templates(other.resource)
    calls = [call for each in templates for call in calls_of(facts, each)]
    for each in (*calls, *hooks(facts, other)):
        if _is_of(library, each.get("templateRef")):
            name = each.get("templateRef", "template")
            starts.append(named_template(facts, library, name).template)
    return id(template.data) in _closure(facts, [start for start in starts if start])


def _is_of(library: Workflow, reference: Any) -> bool:
    """Whether a reference names an object by its kind and name."""
    cluster = library.resource.kind == "ClusterWorkflowTemplate"
    return (
        isinstance(reference, Mapping)
        and reference.get("name") == library.resource.name
        and (reference.get("clusterScope") is True) == cluster
    )
