"""Why a selector that selects no pod that was seen may select one all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kguard.facts.operators import makers
from kguard.facts.quantities import is_placeholder
from kguard.kube.workloads import TEMPLATES, pod_labels
from kguard.model import Resource, dig
from kguard.quantity.selectors import SelectorError, matches

if TYPE_CHECKING:
    from kguard.facts.run import Facts

# Labels that controllers put on pods; no template shows them.
_ADDED_LABELS = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "rollouts-pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)


def unseen_selection(facts: Facts, near: Resource, selector: Any, called: str) -> str:
    """Why a LabelSelector may select a pod that was not seen, or an empty text.

    `called` is the kind of object beside which pods are looked for, as the sentence names it.
    """
    if not facts.index.is_complete(near):
        return f"pods of the {called} may not have been seen"
    try:
        matches(selector, {})
    except SelectorError:
        return f"the selector of the {called} is malformed, or filled in later"
    if facts.index.selected_elsewhere(near, selector):
        return f"pods elsewhere in this run have the labels that the {called} asks for"
    wanted = [*(dig(selector, "matchLabels") or ())]
    wanted += [dig(each, "key") for each in dig(selector, "matchExpressions") or ()]
    if _ADDED_LABELS.intersection(wanted):
        return "the selector asks for labels that controllers add"
    for kind in TEMPLATES:
        for other in facts.index.in_unit(near, *kind):
            labels = pod_labels(other)
            if any(is_placeholder(label) for label in labels.values()):
                return "labels of pods may be filled in later"
            unplaced = (other.namespace is None) != (near.namespace is None)
            if unplaced and matches(selector, labels):
                return f"only one of {called} and workload names its namespace"
    made = makers(facts, near)
    return f"pods may be made by a custom resource: {made[0]}" if made else ""
