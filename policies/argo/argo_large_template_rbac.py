"""See argo_large_template_rbac.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_controller, argo_version
from kguard.facts.argo.handed import handed_by_calls, handed_by_run, handed_bytes
from kguard.facts.argo.templates import Template
from kguard.facts.rbac import permissions
from kguard.facts.sizes import written
from kguard.model import Fault, Route, Scope
from kguard.policy.context import ERROR, WARNING, Context

_OFFLOADS_SINCE = (3, 6)
_FATAL = "its pods cannot start: argument list too long"
_ROLE = "the official roles let the controller only read them; whether yours does more was not seen"


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a template that goes to its pod in a ConfigMap, or does not go at all."""
    version = argo_version(ctx.facts, template.resource)
    offloads = version is None or version >= _OFFLOADS_SINCE
    most = ctx.params["max_bytes"]
    found: list[tuple[Scope, Route, str, int]] = []
    size = handed_bytes(ctx.facts, template, parameters=not offloads)
    if size > most:
        found.append((template, (), template.called, size))
    elif (with_raw := handed_by_run(ctx.facts, template, parameters=not offloads)) > most:
        called = f"{template.called} with the raw artifacts of the workflow"
        found.append((template.workflow, ("arguments", "artifacts"), called, with_raw))
    for call, target, with_raw in handed_by_calls(ctx.facts, template, parameters=not offloads):
        if with_raw > most >= handed_bytes(ctx.facts, target, parameters=not offloads):
            called = f"{target.called} with the raw artifacts of {call.called}"
            found.append((call, ("arguments", "artifacts"), called, with_raw))
    judged = offloads and bool(found) and _is_judged_at_role(template, ctx)
    for scope, keys, called, size in found:
        what = f"{called} is {written(size)} of JSON, too long for a variable of its pod"
        if not offloads:
            yield scope.fault(keys, what, severity=ERROR, help=_FATAL)
        elif not judged:
            message = f"{what}: the controller has to write a ConfigMap for each"
            yield scope.fault(keys, message, severity=WARNING, help=_ROLE)


def _is_judged_at_role(template: Template, ctx: Context) -> bool:
    """Whether the controller's permissions were seen: argo-rbac-configmaps-create judges them."""
    for deployment in ctx.index.in_unit(template.resource, "apps", "Deployment"):
        if ctx.facts.remember(argo_controller, deployment) is not None:
            found = ctx.facts.remember(permissions, deployment)
            if found is not None and (found.whole or found.allow("create", "configmaps")):
                return True
    return False
