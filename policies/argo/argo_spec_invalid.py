"""See argo_spec_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from kguard.facts.argo.object_rules import of_object
from kguard.facts.argo.spec_rules import wrong
from kguard.model import Fault, Scope
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import ERROR, WARNING, Context


def check(whole: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield every fault for which the controller refuses to run a workflow or a template."""
    workflow = ctx.facts.argo_workflow(whole.resource)
    found = wrong(ctx.facts, workflow) if workflow else ()
    for each in chain(of_object(ctx.facts, whole.resource), found):
        options: dict[str, Any] = {"severity": ERROR, "help": each.help}
        if workflow and each.unless_default:
            options = unless_default(workflow, ctx, ERROR, each.help)
        elif each.submitted:
            refused = "Argo refuses the workflow unless it is submitted with a value"
            options = {"severity": WARNING, "help": each.help or refused}
        options |= {"related": each.related, "at_key": each.at_key}
        yield each.scope.fault(each.keys, each.message, **options)
