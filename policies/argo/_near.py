"""The template that a name was likely meant to be where there is none of that name."""

from __future__ import annotations

from typing import Any

from kguard.facts import Facts
from kguard.facts.argo.names import names_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.suggest import suggestion
from kguard.model import Resource
from kguard.policy.context import Context


def near(workflow: Workflow, name: Any, ctx: Context) -> str:
    """The end of a message: `; did you mean …?`, or nothing."""
    known = ctx.facts.remember(_known, workflow.resource)  # A name may be missing in every step.
    return suggestion(ctx.facts, workflow.resource, name, known)


def _known(facts: Facts, resource: Resource) -> list[str]:
    workflow = facts.argo_workflow(resource)
    return names_of(workflow.value("templates")) if workflow else []
