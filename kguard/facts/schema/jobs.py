"""What Kubernetes wants of the fields of a Job together.

Source: kubernetes pkg/apis/batch/validation/validation.go, the functions that are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from kguard.facts.quantities import is_placeholder
from kguard.facts.schema.podspecs import items_of
from kguard.facts.schema.together import Missing, Wrong
from kguard.model import dig


def _of_job(data: Mapping[str, Any]) -> Iterator[Missing]:
    """See validateJobSpec; one completion is filled in where no parallelism is written either."""
    if data.get("completionMode") != "Indexed":
        return
    if data.get("completions") is None and data.get("parallelism") is not None:
        yield (), "completions"
    if data.get("maxFailedIndexes") is not None and data.get("backoffLimitPerIndex") is None:
        yield (), "backoffLimitPerIndex"


def _wrong_job(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """See validateJobSpec, validatePodReplacementPolicy and validatePodFailurePolicyRule."""
    if data.get("completionMode") in (None, "NonIndexed"):
        for key in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
            if data.get(key) is not None:
                yield Wrong((key,), "is for `completionMode: Indexed` alone", at_key=True)
    if data.get("podFailurePolicy") is None:
        return
    if data.get("podReplacementPolicy") == "TerminatingOrFailed":
        said = "is `TerminatingOrFailed`, and beside `podFailurePolicy` it has to be `Failed`"
        yield Wrong(("podReplacementPolicy",), said)
    pod = dig(data, "template", "spec")
    listed = [*items_of(dig(pod, "containers")), *items_of(dig(pod, "initContainers"))]
    names = [dig(container, "name") for container in listed]
    known = all(isinstance(name, str) and not is_placeholder(name) for name in names)
    containers = {name for name in names if isinstance(name, str)}
    for number, rule in enumerate(items_of(dig(data, "podFailurePolicy", "rules"))):
        keys = ("podFailurePolicy", "rules", number)
        if dig(rule, "action") == "FailIndex" and data.get("backoffLimitPerIndex") is None:
            yield Wrong((*keys, "action"), "is `FailIndex`, and there is no `backoffLimitPerIndex`")
        name = dig(rule, "onExitCodes", "containerName")
        if isinstance(name, str) and known and name not in containers:
            said = f"is `{name[:63]}`, and the pod has no such container"
            yield Wrong((*keys, "onExitCodes", "containerName"), said)


def _wrong_rule(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """See validatePodFailurePolicyRule."""
    codes, conditions = data.get("onExitCodes"), data.get("onPodConditions")
    if codes is not None and conditions:
        said = "stands beside `onExitCodes`, and only one of them can be there"
        yield Wrong(("onPodConditions",), said, at_key=True)
    elif codes is None and not conditions and data.keys() <= {*_RULE}:
        yield Wrong((), "has none of `onExitCodes` and `onPodConditions`")


def _wrong_codes(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """See validatePodFailurePolicyRuleOnExitCodes."""
    codes = data.get("values")
    if codes == []:
        yield Wrong(("values",), "is empty, and one exit code at least has to be there")
    if not isinstance(codes, list) or any(type(code) is not int for code in codes):
        return
    if data.get("operator") == "In" and 0 in codes:
        yield Wrong(("values", codes.index(0)), "is 0, which is no failure")
    if any(one >= other for one, other in pairwise(codes)):
        yield Wrong(("values",), "has to go from the lowest code to the highest, each once")


_RULE = ("action", "onExitCodes", "onPodConditions")

MISSING: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Missing]]] = {"JobSpec": _of_job}

WRONG: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Wrong]]] = {
    "JobSpec": _wrong_job,
    "PodFailurePolicyOnExitCodesRequirement": _wrong_codes,
    "PodFailurePolicyRule": _wrong_rule,
}
