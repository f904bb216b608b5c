"""Who runs the templates of a WorkflowTemplate beside those that submit it.

Sources: argo-workflows workflow/controller/operator.go (the volumes and claims are those of the
workflow that runs, whatever object a template comes from), docs/workflow-templates.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kguard.facts.argo.hooks import hooks, run_handlers, templates_below
from kguard.facts.argo.templates import Template, calls_of, named_template
from kguard.facts.argo.workflow import Workflow, workflows_in_unit
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Resource


def borrowers(facts: Facts, template: Template) -> list[Workflow]:
    """The other Argo objects of the run that come to a template of a WorkflowTemplate.

    By `templateRef` or `workflowTemplateRef`, over whatever lies between in the same unit. Those
    of other units are found where they name the object of the template itself.
    """
    library = template.workflow
    found = [
        other
        for other in workflows_in_unit(facts, library.resource)
        if other.resource is not library.resource
        and id(template.data) in facts.remember(_reached, other.resource)
    ]
    for group, kind in sorted(argo.KINDS):
        for resource in facts.index.elsewhere(library.resource, group, kind):
            other = facts.argo_workflow(resource)
            if other is not None and _names(facts, other, template):
                found.append(other)
    return found


def _reached(facts: Facts, resource: Resource) -> frozenset[int]:
    """The identities of all templates that those of an object lead to."""
    workflow = facts.argo_workflow(resource)
    if workflow is None:
        return frozenset()
    starts = [*facts.argo_templates(resource), *run_handlers(facts, workflow).values()]
    starts += [
        t for t in (named_template(facts, workflow, workflow.value("entrypoint")).template,) if t
    ]
    return _closure(facts, starts)


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
    wanted = library.resource.name, library.resource.kind == "ClusterWorkflowTemplate"
    for reference, name in _references(facts, other):
        if (reference.get("name"), reference.get("clusterScope") is True) == wanted:
            start = named_template(facts, library, name or library.value("entrypoint")).template
            if start is not None and id(template.data) in _closure(facts, [start]):
                return True
    return False


def _references(facts: Facts, workflow: Workflow) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """What an object names in others: each reference with the template, None for all of it."""
    whole = workflow.get("workflowTemplateRef")
    if isinstance(whole, Mapping):
        yield whole, workflow.get("entrypoint")
    calls = [call for t in facts.argo_templates(workflow.resource) for call in calls_of(facts, t)]
    for each in (*calls, *hooks(facts, workflow)):
        reference = each.get("templateRef")
        if isinstance(reference, Mapping):
            yield reference, reference.get("template")
