"""See argo_grace_period_misplaced.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.model import REMOVE, Edit, Fault, Fix, Scope
from kguard.policy.context import Context

_KEY = "terminationGracePeriodSeconds"
_PATCH = "its pods keep the default of 30 s; a `podSpecPatch` sets another"
_NO_POD = (
    "it makes no pod itself, and those of the templates it calls keep the default of 30 s; a "
    "`podSpecPatch` of these, or of the workflow, sets another"
)


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each grace period where Argo has no such field."""
    own = Scope(workflow.resource, workflow.route, workflow.data)
    places = [(own, "the workflow")]
    defaults = workflow.get("templateDefaults")
    if isinstance(defaults, Mapping):
        shared = Scope(workflow.resource, workflow.at("templateDefaults"), defaults)
        places.append((shared, "`templateDefaults`"))
    places += [(t, t.called) for t in ctx.facts.argo_templates(workflow.resource)]
    for scope, called in places:
        seconds = scope.get(_KEY)
        if seconds is not None:
            yield scope.fault(
                (_KEY,),
                f"{called} has no field `{_KEY}`",
                help=_NO_POD if _makes_no_pod(scope) else _PATCH,
                # A patch there would not reach templates that have one of their own.
                fix=None
                if _makes_no_pod(scope) or scope.data is defaults
                else _patch(scope, seconds),
                at_key=True,
            )


def _makes_no_pod(scope: Scope) -> bool:
    """Whether it is a template whose own patch nothing would be applied to."""
    return isinstance(scope, Template) and bool(scope.kind) and not scope.runs_pod


def _patch(scope: Scope, seconds: object) -> Fix | None:
    """The same as a podSpecPatch; None where there is one already, or the value is no number."""
    whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not whole or scope.get("podSpecPatch") is not None:
        return None
    edits = (
        Edit(scope.at("podSpecPatch"), f"{_KEY}: {seconds}"),
        Edit(scope.at(_KEY), REMOVE),
    )
    return Fix(edits, safe=True, title="move it to a `podSpecPatch`")
