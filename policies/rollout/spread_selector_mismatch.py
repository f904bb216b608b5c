"""See spread_selector_mismatch.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.labels import mismatch
from kguard.facts.pods import Pod
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related
from kguard.policy.context import Context

# What controllers add to the labels of the pods they create.
_ADDED = ("pod-template-hash", "controller-revision-hash", "controller-uid", "job-name")
_ADDED_BY = ("kubernetes.io", "argoproj.io", "knative.dev")


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each spread constraint that does not count the pods it is written for."""
    constraints = pod.get("topologySpreadConstraints")
    labels = pod.template.get("metadata", "labels")
    for number, constraint in enumerate(constraints if isinstance(constraints, list) else ()):
        if not isinstance(constraint, Mapping):
            continue
        keys = ("topologySpreadConstraints", number, "labelSelector")
        over = f"spread over `{constraint.get('topologyKey') or 'no topology key'}`"
        selector = constraint.get("labelSelector")
        if selector is None or (selector == {} and not constraint.get("matchLabelKeys")):
            yield pod.fault(
                keys,
                f"{over} counts no pods: its `labelSelector` is "
                + ("absent" if selector is None else "empty"),
                help="the constraint has no effect",
            )
            continue
        found = mismatch(selector, labels)
        if found is None or is_placeholder(found.key) or _added(found.key):
            continue
        yield pod.fault(
            (*keys, *found.keys),
            f"{over} does not count these pods: it wants {found.wants}, and they have {found.has}",
            related=[Related(pod.resource, pod.template.at("metadata", "labels"), "their labels")],
            help="they may all land in one place",
        )


def _added(key: str) -> bool:
    domain = key.rpartition("/")[0]
    own = domain == "app.kubernetes.io"  # What people write themselves.
    return key.endswith(_ADDED) or (domain.endswith(_ADDED_BY) and not own)
