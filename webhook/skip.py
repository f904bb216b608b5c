"""Requests that need no judgement, told apart before the engine is asked.

Nothing an author of an object can write into it leads here: no label, annotation, ownerReference
or deletionTimestamp skips a review, only what the API server says and what did not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.model import dig
from kguard.webhook.request import Request

JUDGED_SUB_RESOURCES = frozenset({"", "ephemeralcontainers", "resize"})
"""Parts of a Pod's interface that carry the whole Pod.

`scale` carries a number without the workload it is for, and `status`, `exec` and the others carry
nothing that policies speak of.
"""

NODES = "system:nodes"
"""The group of kubelets, whose mirror Pods are static and cannot be refused in earnest."""

_ARGO = "argoproj.io"


def skip_reason(request: Request) -> str:
    """Why a request is let through unseen; empty where it is to be judged."""
    if request.operation not in ("CREATE", "UPDATE"):
        return "operation"
    if request.sub_resource not in JUDGED_SUB_RESOURCES:
        return "sub-resource"
    if NODES in request.groups:
        return "node"
    if request.unevaluable:
        return ""
    if request.operation == "UPDATE" and _unchanged(request):
        return "unchanged"
    return ""


def _unchanged(request: Request) -> bool:
    """Whether an update leaves alone all that is judged.

    The workflow controller keeps the state of a run in `status` and in labels and annotations, and
    writes them with plain updates, because the Workflow has no status sub-resource (argo-workflows
    manifests/base/crds). So of argoproj.io's kinds only the specification counts.
    """
    new, old = request.object, request.old_object
    if new is None or old is None:
        return False
    if content(new) != content(old):
        return False
    return request.group == _ARGO or all(
        (dig(new, "metadata", key) or {}) == (dig(old, "metadata", key) or {})
        for key in ("labels", "annotations")
    )


def content(data: Mapping[str, Any]) -> dict[str, Any]:
    """What policies judge of an object besides its labels and annotations."""
    return {key: value for key, value in data.items() if key not in ("metadata", "status")}
