"""What Kubernetes wants of an autoscaler's metrics and scaling rules.

Sources: kubernetes pkg/apis/autoscaling/validation/validation.go, the functions that are named; and
where the controller goes by what the API server does not look at, as it does for the metrics of
objects, pkg/controller/podautoscaler/horizontal.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.facts.schema.together import Missing, Wrong
from kguard.quantity.quantities import QuantityError, parse_quantity
from kguard.words import closest

_SOURCES = frozenset({"containerResource", "external", "object", "pods", "resource"})

_KEYS = frozenset({"averageUtilization", "averageValue", "type", "value"})

# What the target of an object's metric goes by, for each type (computeStatusForObjectMetric).
_OF_TYPE = {"AverageValue": "averageValue", "Utilization": "", "Value": "value"}


def _of_metric(data: Mapping[str, Any]) -> Iterator[Missing]:
    """A metric without what its type says (validateMetricSpec)."""
    source = data.get("type")
    if isinstance(source, str) and source.isalpha():
        key = source[0].lower() + source[1:]
        if key in _SOURCES and data.get(key) is None:
            yield (), key


def _of_pods_source(data: Mapping[str, Any]) -> Iterator[Missing]:
    """See validatePodsSource."""
    target = data.get("target")
    if not isinstance(target, Mapping) or _is_misspelt(target, ["averageValue"]):
        return
    if target.get("averageValue") is None:
        yield ("target",), "averageValue"


def _wrong_metric(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """What a metric says beside what its type names (validateMetricSpec)."""
    kind = data.get("type")
    if not isinstance(kind, str) or not kind.isalpha():
        return
    key = kind[0].lower() + kind[1:]
    if data.get(key) is None:
        return
    for other in sorted(_SOURCES - {key}):
        if data.get(other) is not None:
            said = f"stands beside `{key}`, and a metric of type `{kind}` has that alone"
            yield Wrong((other,), said, at_key=True)


def _wrong_source(
    first: str, second: str, *, both: bool = False
) -> Callable[[Mapping[str, Any]], Iterator[Wrong]]:
    """What the target of a metric may not do without; or, unless `both`, hold together."""

    def judge(data: Mapping[str, Any]) -> Iterator[Wrong]:
        target = data.get("target")
        if not isinstance(target, Mapping):
            return
        given = [key for key in (first, second) if target.get(key) is not None]
        if not given:
            if not _is_misspelt(target, [first, second]):
                yield Wrong(("target",), f"has none of `{first}` and `{second}`")
        elif len(given) > 1 and not both:
            said = f"stands beside `{first}`, and only one of them can be there"
            yield Wrong(("target", second), said, at_key=True)

    return judge


_of_object = _wrong_source("value", "averageValue", both=True)


def _wrong_object(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """What validateObjectSource refuses, and a target that the controller cannot go by."""
    yield from _of_object(data)
    target = data.get("target")
    if not isinstance(target, Mapping):
        return
    kind = target.get("type")
    if not isinstance(kind, str):
        return
    given = [word for word, key in _OF_TYPE.items() if key and target.get(key) is not None]
    if given and kind in _OF_TYPE and kind not in given:
        yield Wrong(
            ("target", "type"),
            f"is `{kind}`, and the target has `{_OF_TYPE[given[0]]}`, which is for `{given[0]}`",
            help="the API server takes it, and the controller says `invalid object metric source`",
        )


def _wrong_identifier(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """A name that would be several parts of a path, or none (validateMetricIdentifier)."""
    name = data.get("name")
    if isinstance(name, str) and (name in (".", "..") or "/" in name or "%" in name):
        yield Wrong(("name",), f"is `{name[:63]}`, and `/` and `%` cannot stand in it")


def _wrong_target(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """Amounts of nothing (validateMetricTarget); negative ones are quantity-invalid's."""
    for key in ("value", "averageValue"):
        if _sign(data.get(key)) == 0:
            yield Wrong((key,), "is zero, and it has to be more")


def _wrong_rules(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """See validateScalingRules; policies that are not written are filled in."""
    if data.get("policies") == []:
        yield Wrong(("policies",), "is empty, and one policy at least has to be there")
    if _sign(data.get("tolerance")) == -1:
        yield Wrong(("tolerance",), "is negative, and it has to be zero or more")


def _is_misspelt(target: Mapping[str, Any], wanted: list[str]) -> bool:
    """Whether one of these keys is there under a name that is reported as a slip."""
    return any(closest(key, wanted) for key in target if key not in _KEYS)


def _sign(amount: object) -> int | None:
    """-1, 0 or 1; None for what is absent or no quantity."""
    try:
        value = parse_quantity(amount)
    except QuantityError:
        return None
    return (value > 0) - (value < 0)


MISSING: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Missing]]] = {
    "MetricSpec": _of_metric,
    "PodsMetricSource": _of_pods_source,
}

WRONG: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Wrong]]] = {
    "ContainerResourceMetricSource": _wrong_source("averageUtilization", "averageValue"),
    "ExternalMetricSource": _wrong_source("value", "averageValue"),
    "HPAScalingRules": _wrong_rules,
    "MetricIdentifier": _wrong_identifier,
    "MetricSpec": _wrong_metric,
    "MetricTarget": _wrong_target,
    "ObjectMetricSource": _wrong_object,
    "ResourceMetricSource": _wrong_source("averageUtilization", "averageValue"),
}
