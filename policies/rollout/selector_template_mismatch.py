"""See selector_template_mismatch.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.labels import mismatch
from kguard.facts.workloads import Workload
from kguard.model import Fault, Related
from kguard.policy.context import Context

# Kinds whose selector is a map of labels.
_PLAIN = ("ReplicationController", "DeploymentConfig")


def check(workload: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where the selector does not match the labels of the pods it would create."""
    template = workload.pod.template
    selector, plain = workload.get("spec", "selector"), workload.resource.kind in _PLAIN
    rollout = workload.resource.kind == "Rollout"
    refused = "the Rollouts controller refuses it" if rollout else "the API server rejects it"
    if plain:
        selector = {"matchLabels": selector}
    elif isinstance(selector, dict) and not any(selector.values()):
        text = f"the selector of {workload.called} is empty"
        yield workload.fault(("spec", "selector"), text, help=refused)
        return
    found = mismatch(selector, template.get("metadata", "labels"))
    if found is None:
        return
    yield workload.fault(
        ("spec", "selector", *(found.keys[1:] if plain else found.keys)),
        f"the selector of {workload.called} wants {found.wants}, and its pod template has "
        f"{found.has}",
        related=[Related(workload.resource, template.at("metadata", "labels"), "the labels")],
        help=refused,
    )
