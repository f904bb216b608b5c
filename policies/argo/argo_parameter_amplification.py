"""See argo_parameter_amplification.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.templates import Call, calls_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.copies import Text
from kguard.facts.forecast.forecast import counter_of, whole_run
from kguard.facts.forecast.values import names_in
from kguard.facts.sizes import literal_bytes, written
from kguard.model import Fault, Related, Scope, dig
from kguard.policy.context import Context

_HELP = "every node keeps its own copy in the status; hand over a path or an artifact"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a literal that many nodes receive and that fills the status by that."""
    least = ctx.params["min_bytes"]
    templates = ctx.facts.argo_templates(workflow.resource)
    calls = [call for template in templates for call in calls_of(ctx.facts, template)]
    handing: list[Scope] = [workflow, *calls]
    if not any(literal_bytes(v) > least for each in handing for v in _values(each)):
        return
    count = whole_run(counter_of(ctx.facts, workflow, long=least))
    for text, nodes in count.copies.items() if count else ():
        if not isinstance(text, Text) or text.scope.resource is not workflow.resource:
            continue
        if "artifacts" in text.keys:
            continue
        size = literal_bytes(text.text)
        if size * nodes <= ctx.params["max_bytes"]:
            continue
        copied = f"of {written(size)} goes to {nodes:,} nodes: {written(size * nodes)} of status"
        if isinstance(text.scope, Call):
            message = f"argument of {text.scope.called} {copied}"
            yield text.scope.fault(text.keys, message, help=_HELP)
        elif text.scope is workflow:
            name = workflow.get(*text.keys[:-1], "name")
            scopes: list[Scope] = [*calls, *templates]
            related = [
                Related(each.resource, each.route, "handed on here")
                for each in scopes
                if any((name, True) in names_in(str(v)) for v in _values(each))
            ]
            message = f"argument `{name}` {copied}"
            yield workflow.fault(text.keys, message, help=_HELP, related=related[:3])


def _values(scope: Scope) -> Iterator[Any]:
    """The values of arguments, and of the inputs of templates."""
    for key in ("arguments", "inputs"):
        items = scope.get(key, "parameters")
        for each in items if isinstance(items, list) else ():
            yield dig(each, "value", default=dig(each, "default"))
