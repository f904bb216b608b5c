"""See argo_rbac_configmaps_create.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.handed import MOST, handed_by_calls, handed_by_run, handed_bytes
from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import workflows_in_unit
from kguard.model import Fault, Related, Resource, Scope, Severity
from kguard.policies.controller._role import controller_of
from kguard.policy.context import Context


def check(role: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where workflows need ConfigMaps that the controller may not write."""
    found = controller_of(role.resource, ctx)
    if found is None:
        return
    controller, may = found
    missing = [verb for verb in ("create", "update") if not may.allow(verb, "configmaps")]
    if not missing:
        return
    memoized, large = _needing(role.resource, ctx)
    if "create" not in missing:
        large = None
    needing = large or memoized
    if needing is None:
        return
    why = "is too long for an environment variable" if large else "is memoized"
    yield role.fault(
        ("rules",),
        f"{controller.called} may not {_joined(missing)} ConfigMaps, and {needing.called} {why}",
        severity=Severity.ERROR if large else Severity.WARNING,
        help="with Helm set `controller.rbac.writeConfigMaps`",
        related=[Related(needing.resource, needing.route, f"{needing.called} {why}")],
    )


def _joined(verbs: list[str]) -> str:
    return " and ".join(f"`{verb}`" for verb in verbs)


def _needing(near: Resource, ctx: Context) -> tuple[Template | None, Template | None]:
    """The first memoized template of the unit, and the first one that goes into a ConfigMap."""
    memoized = large = None
    for workflow in workflows_in_unit(ctx.facts, near):
        for template in ctx.facts.argo_templates(workflow.resource):
            if memoized is None and template.get("memoize") is not None:
                memoized = template
            if large is None:
                large = _too_long(template, ctx)
    return memoized, large


def _too_long(template: Template, ctx: Context) -> Template | None:
    """The template, or one that it hands raw artifacts to, where no variable can hold it."""
    if max(handed_bytes(ctx.facts, template), handed_by_run(ctx.facts, template)) > MOST:
        return template
    calls = handed_by_calls(ctx.facts, template)
    return next((target for _, target, size in calls if size > MOST), None)
