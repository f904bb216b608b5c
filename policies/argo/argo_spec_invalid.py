"""See argo_spec_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.spec_rules import wrong
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import ERROR, WARNING, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield every fault for which the controller refuses to run a workflow or a template."""
    for each in wrong(ctx.facts, workflow):
        options: dict[str, Any] = {"severity": ERROR, "help": each.help}
        if each.unless_default:
            options = unless_default(workflow, ctx, ERROR, each.help)
        elif each.submitted:
            help = "Argo refuses the workflow unless it is submitted with a value"
            options = {"severity": WARNING, "help": help}
        yield each.scope.fault(each.keys, each.message, related=each.related, **options)
