"""See argo_injected_sidecar_kill.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.injection import KILL, injected
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Scope
from kguard.policy.context import NOTE, WARNING, Context

_NATIVE_SINCE = (1, 29)
_HELP = "it does not end with the step, so the pod never completes"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each sidecar that a webhook injects and Argo is not told how to stop."""
    own = Scope(
        workflow.resource, workflow.at("podMetadata"), _mapping(workflow.get("podMetadata"))
    )
    yield from _judge(own, {}, ctx)
    for template in ctx.facts.argo_templates(workflow.resource):
        metadata = _mapping(template.get("metadata"))
        scope = Scope(template.resource, template.at("metadata"), metadata)
        if template.runs_pod:
            yield from _judge(scope, _mapping(workflow.value("podMetadata", "annotations")), ctx)


def _judge(scope: Scope, shared: Mapping[str, object], ctx: Context) -> Iterator[Fault]:
    annotations = {**shared, **_mapping(scope.get("annotations"))}
    for each in injected(scope, annotations):
        # Newer meshes inject native sidecars, which end by themselves; Linkerd's is opt-in.
        modern = not each.opt_in and ctx.assume.kube >= _NATIVE_SINCE
        yield scope.fault(
            each.keys,
            f"Argo is not told how to stop `{each.container}`",
            severity=NOTE if modern else WARNING,
            help=f"{_HELP}; write the annotation `{KILL}{each.container}`",
        )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
