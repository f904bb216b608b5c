"""See argo_strict_override.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.restrictions import mode, overrides
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related, Route
from kguard.policy.context import Context

_KEYS = ("workflowRestrictions", "templateReferencing")
_REFUSED_SINCE = (3, 7)


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each field that a controller in reference mode refuses."""
    restriction, config = mode(workflow), workflow.config
    if not restriction or config is None:
        return
    related = [Related(config.resource, config.at(*_KEYS), f"`{restriction}` is set here")]
    if workflow.get("workflowTemplateRef") is None:
        keys: Route = ("workflowTemplateRef",)
        text = "no `workflowTemplateRef`: the controller runs nothing else"
        yield workflow.fault(keys, text, help="the workflow ends in Error", related=related)
        return
    version = argo_version(ctx.facts, workflow.resource)
    if version is not None and version < _REFUSED_SINCE:
        return
    for keys in overrides(ctx.facts, workflow):
        called = ".".join(map(str, keys))
        yield workflow.fault(
            keys,
            f"`{called}` beside `workflowTemplateRef`: the controller allows no such override",
            help="the workflow ends in Error; the template has to set it",
            related=related,
        )
