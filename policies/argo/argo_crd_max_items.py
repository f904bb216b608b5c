"""See argo_crd_max_items.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Route, Scope
from kguard.policy.context import ERROR, WARNING, Context

_LIMITED_SINCE = (4, 0)
_OF_SPEC: tuple[tuple[Route, int], ...] = (
    (("templates",), 200),
    (("metrics", "prometheus"), 100),
)
_OF_TEMPLATE: tuple[tuple[Route, int], ...] = (
    (("dag", "tasks"), 200),
    (("inputs", "parameters"), 500),
    (("metrics", "prometheus"), 100),
)


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each list that is longer than the CRDs of Argo 4.0 allow."""
    version = argo_version(ctx.facts, workflow.resource)
    if version is not None and version < _LIMITED_SINCE:
        return
    spec = Scope(workflow.resource, workflow.route, workflow.data)
    yield from _too_long(spec, _OF_SPEC, version is not None)
    for template in ctx.facts.argo_templates(workflow.resource):
        yield from _too_long(template, _OF_TEMPLATE, version is not None)


def _too_long(scope: Scope, limits: tuple[tuple[Route, int], ...], known: bool) -> Iterator[Fault]:
    for keys, most in limits:
        items = scope.get(*keys)
        if isinstance(items, list) and len(items) > most:
            yield scope.fault(
                keys,
                f"`{'.'.join(map(str, keys))}` has {len(items)} items, and the CRDs allow {most}",
                severity=ERROR if known else WARNING,
                help="where the full CRDs of Argo 4.0 are installed, the API server refuses it",
            )
