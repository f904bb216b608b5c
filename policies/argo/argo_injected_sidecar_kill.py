"""See argo_injected_sidecar_kill.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.injection import KILL, injected
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Route, Scope
from kguard.policy.context import NOTE, WARNING, Context

_NATIVE_SINCE = (1, 29)
_HELP = "it does not end with the step, so the pod never completes"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each sidecar that a webhook injects and Argo is not told how to stop."""
    templates = ctx.facts.argo_templates(workflow.resource)
    pods = [_metadata(each) for each in templates if each.runs_pod]
    defaults = Scope(
        workflow.resource,
        workflow.at("templateDefaults"),
        _mapping(workflow.get("templateDefaults")),
    )
    shared = [_metadata(workflow, "podMetadata"), _metadata(defaults)]
    seen: set[Route] = set()
    # Without templates of its own the object's metadata are all that was seen of its pods.
    for levels in [[*shared, pod] for pod in pods] or [shared]:
        for fault in _judge(levels, ctx):
            if fault.route not in seen:
                seen.add(fault.route)
                yield fault


def _judge(levels: list[Scope], ctx: Context) -> Iterator[Fault]:
    """The faults of one pod, each where the strongest of these levels asks for the sidecar."""
    joined = {
        section: {k: v for level in levels for k, v in _mapping(level.get(section)).items()}
        for section in ("labels", "annotations")
    }
    whole = Scope(levels[0].resource, levels[0].route, joined)
    for each in injected(whole, joined["annotations"]):
        place = next(level for level in reversed(levels) if level.get(*each.keys) is not None)
        # Newer meshes inject native sidecars, which end by themselves; Linkerd's is opt-in.
        modern = not each.opt_in and ctx.assume.kube >= _NATIVE_SINCE
        yield place.fault(
            each.keys,
            f"Argo is not told how to stop `{each.container}`",
            severity=NOTE if modern else WARNING,
            help=f"{_HELP}; write the annotation `{KILL}{each.container}`",
        )


def _metadata(scope: Scope, key: str = "metadata") -> Scope:
    return Scope(scope.resource, scope.at(key), _mapping(scope.get(key)))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
