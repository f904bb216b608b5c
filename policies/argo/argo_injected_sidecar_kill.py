"""See argo_injected_sidecar_kill.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo import Workflow
from kguard.model import Fault, Scope
from kguard.policy.context import NOTE, WARNING, Context

_KILL = "workflows.argoproj.io/kill-cmd-"
_NATIVE_SINCE = (1, 29)

# Label or annotation → what it is set to, the container, what makes it a native sidecar.
_INJECTED: Mapping[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "sidecar.istio.io/inject": (("true",), "istio-proxy", ("sidecar.istio.io/nativeSidecar",)),
    "linkerd.io/inject": (
        ("enabled", "ingress"),
        "linkerd-proxy",
        (
            "config.alpha.linkerd.io/proxy-enable-native-sidecar",
            "config.beta.linkerd.io/proxy-enable-native-sidecar",
        ),
    ),
    "vault.hashicorp.com/agent-inject": (
        ("true",),
        "vault-agent",
        ("vault.hashicorp.com/agent-pre-populate-only",),
    ),
}
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
    for section in ("labels", "annotations"):
        for key, (values, container, native) in _INJECTED.items():
            if scope.get(section, key) not in values:
                continue
            known = f"{_KILL}{container}" in annotations
            if known or any(annotations.get(each) in ("true", "enabled") for each in native):
                continue
            # Newer meshes inject native sidecars, which end by themselves; Linkerd's is opt-in.
            modern = key != "linkerd.io/inject" and ctx.assume.kube >= _NATIVE_SINCE
            yield scope.fault(
                (section, key),
                f"Argo is not told how to stop `{container}`",
                severity=NOTE if modern else WARNING,
                help=f"{_HELP}; write the annotation `{_KILL}{container}`",
            )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
