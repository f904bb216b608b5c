"""See argo_large_template_rbac.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_controller, argo_version
from kguard.facts.argo.templates import Template
from kguard.facts.rbac import permissions
from kguard.facts.sizes import json_bytes, written
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context

_OFFLOADS_SINCE = (3, 6)
_FATAL = "its pods cannot start: argument list too long"
_ROLE = "the official roles let the controller only read them; whether yours does more was not seen"


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a template that goes to its pod in a ConfigMap, or does not go at all."""
    if not template.runs_pod:
        return
    version = argo_version(ctx.facts, template.resource)
    offloads = version is None or version >= _OFFLOADS_SINCE
    handed = dict(template.data)
    if offloads:  # From 3.6 on the pod gets the template without its parameters (simplifiedTmpl).
        handed["inputs"] = {"artifacts": template.get("inputs", "artifacts")}
    size = json_bytes(handed)
    if size <= ctx.params["max_bytes"]:
        return
    what = f"{template.called} is {written(size)} of JSON, too long for a variable of its pod"
    if not offloads:
        yield template.fault((), what, severity=ERROR, help=_FATAL)
    elif not _is_judged_at_role(template, ctx):
        message = f"{what}: the controller has to write a ConfigMap for each"
        yield template.fault((), message, severity=WARNING, help=_ROLE)


def _is_judged_at_role(template: Template, ctx: Context) -> bool:
    """Whether the controller's permissions were seen: argo-rbac-configmaps-create judges them."""
    for deployment in ctx.index.in_unit(template.resource, "apps", "Deployment"):
        if ctx.facts.remember(argo_controller, deployment) is not None:
            found = ctx.facts.remember(permissions, deployment)
            if found is not None and (found.whole or found.allow("create", "configmaps")):
                return True
    return False
