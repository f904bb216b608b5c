"""The ResourceQuotas that count a pod.

Source: kubernetes pkg/quota/v1/evaluator/core/pods.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kguard.facts.pods import Pod, Role, quantity
from kguard.model import Related, Scope, dig
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.run import Facts

_ABOUT_NAMES = ("In", "NotIn", "Exists", "DoesNotExist")


@record(eq=False)
class Quota(Scope):
    """A ResourceQuota; `hard` are its amounts as written, by name."""

    hard: Mapping[str, Any]

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"ResourceQuota `{self.resource.name}`"

    def amount(self, name: str) -> Fraction | None:
        """The hard limit of that name, None where it has none or one that is filled in later."""
        return quantity(self.hard.get(name))

    def related(self, name: str) -> Related:
        """The place of a hard limit, for a finding about a workload."""
        return Related(self.resource, ("spec", "hard", name), "the quota")


def sections(name: str) -> tuple[str, str] | None:
    """What a name under `hard` counts in a pod: (`requests` or `limits`, resource).

    None for what counts objects. A bare `cpu` or `memory` is the request.
    """
    if name in ("cpu", "memory", "ephemeral-storage") or name.startswith("hugepages-"):
        return "requests", name
    section, _, resource = name.partition(".")
    if section not in ("requests", "limits") or resource in ("", "storage"):
        return None
    return section, resource


def quotas_of(facts: Facts, pod: Pod) -> list[Quota]:
    """The quotas of the namespace that certainly count a pod."""
    return list(_quotas(facts, pod))


def _quotas(facts: Facts, pod: Pod) -> Iterator[Quota]:
    for resource in facts.index.of_kind(pod.resource, "", "ResourceQuota"):
        spec = dig(resource.data, "spec")
        hard = dig(spec, "hard")
        if isinstance(hard, Mapping) and all(_matches(pod, *each) for each in _scopes(spec)):
            yield Quota(resource, ("spec",), spec, hard=hard)


def _scopes(spec: Any) -> Iterator[tuple[Any, Any, Any]]:
    """What a quota wants of a pod: (scope, operator, values)."""
    names = dig(spec, "scopes")
    for name in names if isinstance(names, list) else ():
        yield name, "Exists", None
    terms = dig(spec, "scopeSelector", "matchExpressions")
    for term in terms if isinstance(terms, list) else ():
        yield dig(term, "scopeName"), dig(term, "operator"), dig(term, "values")


def _matches(pod: Pod, scope: Any, operator: Any, values: Any) -> bool:
    if scope == "Terminating":
        return _terminating(pod)
    if scope == "NotTerminating":
        return not _terminating(pod)
    if scope == "NotBestEffort":
        return _asks(pod)
    if scope == "PriorityClass" and operator in _ABOUT_NAMES:
        return _in_class(pod, operator, values if isinstance(values, list) else [])
    # BestEffort and CrossNamespacePodAffinity bound the number of pods only; others are unknown.
    return False


def _terminating(pod: Pod) -> bool:
    """Whether the pod itself has a deadline; that of a Job is not handed on to its pods."""
    return pod.get("activeDeadlineSeconds") is not None


def _asks(pod: Pod) -> bool:
    """Whether the pod is of a quality of service above BestEffort."""
    return any(
        (text := each.get("resources", section, resource)) is not None and quantity(text) != 0
        for each in (pod, *(c for c in pod.containers if c.role is not Role.EPHEMERAL))
        for section in ("requests", "limits")
        for resource in ("cpu", "memory")
    )


def _in_class(pod: Pod, operator: str, values: list[Any]) -> bool:
    """Whether the priority class fits; where none is written, a default one may be filled in."""
    name = pod.get("priorityClassName")
    if not isinstance(name, str) or not name:
        return False
    return {
        "In": name in values,
        "NotIn": name not in values,
        "Exists": True,
        "DoesNotExist": False,
    }[operator]
