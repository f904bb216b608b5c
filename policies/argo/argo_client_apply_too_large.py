"""See argo_client_apply_too_large.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.sizes import json_bytes, literal_bytes, manifest_bytes, written
from kguard.model import Fault, Scope, dig
from kguard.policy.context import Context

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ARGO_CD = "argocd.argoproj.io/sync-options"
_OTHERWISE = ("ServerSideApply=true", "Replace=true")


def check(scope: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an object of which `kubectl apply` cannot keep a copy."""
    data = scope.data
    name = dig(data, "metadata", "name")
    if not isinstance(name, str) or not name or _is_applied_otherwise(data):
        return  # `kubectl apply` wants a name, too.
    annotations = dig(data, "metadata", "annotations")
    others = sum(
        literal_bytes(key) + literal_bytes(value)
        for key, value in (annotations.items() if isinstance(annotations, Mapping) else ())
        if key != _APPLIED
    )
    copy = manifest_bytes(data)
    if isinstance(annotations, Mapping) and _APPLIED in annotations:
        copy -= json_bytes({_APPLIED: annotations[_APPLIED]})
    size = copy + others + len(_APPLIED) + 1
    most = ctx.params["max_bytes"]
    if size > most:
        yield scope.fault(
            ("metadata",),
            f"{scope.resource.kind} is {written(size)} of JSON, which client-side `kubectl apply` "
            f"copies into an annotation; all of them may have {written(most)}",
            help="`kubectl apply --server-side`, `kubectl replace` and `create` make no such copy",
        )


def _is_applied_otherwise(data: Mapping[str, object]) -> bool:
    """Whether the tool that applies it is known to make no copy: Argo CD by option, Flux, Helm."""
    labels, options = (
        dig(data, "metadata", "labels"),
        dig(data, "metadata", "annotations", _ARGO_CD),
    )
    if isinstance(options, str) and any(each in options.split(",") for each in _OTHERWISE):
        return True
    return isinstance(labels, Mapping) and (
        labels.get("app.kubernetes.io/managed-by") == "Helm"
        or "kustomize.toolkit.fluxcd.io/name" in labels
    )
