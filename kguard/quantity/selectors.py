"""Label selectors: which labels does this selector match.

Source: kubernetes/apimachinery, pkg/apis/meta/v1/helpers.go (`LabelSelectorAsSelector`) and
pkg/labels/selector.go (`NewRequirement`, `Matches`); label syntax from pkg/api/validate/content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.quantity._quote import quoted

_FIELDS = {"matchLabels", "matchExpressions"}
_EXPRESSION_FIELDS = {"key", "operator", "values"}

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")


class SelectorError(ValueError):
    """A selector that the API server refuses, or that holds a field it does not know."""


def matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector matches `labels`. None matches nothing, `{}` everything.

    All of it is checked, whatever the labels are. Raises SelectorError for a malformed selector; an
    unknown field is one, since dropping it would leave a selector that matches too much.
    """
    if selector is None:
        return False
    requirements = list(_requirements(selector))
    return all(_holds(requirement, labels) for requirement in requirements)


def matches_equality(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a plain map of labels, as a Service has, selects `labels`.

    None and `{}` select nothing: the endpoints of such a Service are somebody else's business.
    Raises SelectorError for keys or values that cannot be labels.
    """
    if selector is None:
        return False
    requirements = list(_equalities(selector, "selector"))
    return bool(requirements) and all(_holds(each, labels) for each in requirements)


# key, operator, values
_Requirement = tuple[str, str, frozenset[str]]


def _holds(requirement: _Requirement, labels: Mapping[str, str]) -> bool:
    key, operator, values = requirement
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return key not in labels or labels[key] not in values
    return (key in labels) == (operator == "Exists")


def _requirements(selector: object) -> Iterator[_Requirement]:
    if not isinstance(selector, Mapping):
        raise SelectorError("a label selector is no mapping")
    _only(selector, _FIELDS, "a label selector")
    yield from _equalities(selector.get("matchLabels"), "matchLabels")
    expressions = selector.get("matchExpressions")
    if expressions is None:
        return
    if not isinstance(expressions, list):
        raise SelectorError("`matchExpressions` is no list")
    for expression in expressions:
        yield _expression(expression)


def _equalities(wanted: object, field: str) -> Iterator[_Requirement]:
    if wanted is None:
        return
    if not isinstance(wanted, Mapping):
        raise SelectorError(f"`{field}` is no mapping")
    for key, value in wanted.items():
        yield _label_key(key), "In", frozenset((_label_value(key, value),))


def _expression(expression: object) -> _Requirement:
    if not isinstance(expression, Mapping):
        raise SelectorError("an entry of `matchExpressions` is no mapping")
    _only(expression, _EXPRESSION_FIELDS, "an entry of `matchExpressions`")
    key = _label_key(expression.get("key"))
    operator = expression.get("operator")
    values = expression.get("values")
    if values is None:
        values = []
    if not isinstance(values, list):
        raise SelectorError(f"`values` for {quoted(key)} is no list")
    if operator in ("In", "NotIn"):
        if not values:
            raise SelectorError(f"`{operator}` for {quoted(key)} has no values")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            raise SelectorError(f"`{operator}` for {quoted(key)} takes no values")
    else:
        raise SelectorError(
            f"the operator for {quoted(key)} is none of `In`, `NotIn`, `Exists`, `DoesNotExist`"
        )
    return key, operator, frozenset(_label_value(key, value) for value in values)


def _only(mapping: Mapping[Any, Any], known: set[str], what: str) -> None:
    for key in mapping:
        if key not in known:
            raise SelectorError(f"{what} has the unknown field {quoted(str(key))}")


def _label_key(key: object) -> str:
    if not isinstance(key, str):
        raise SelectorError("a label key is missing or no string")
    prefix, slash, name = key.rpartition("/")
    if not (len(name) <= 63 and _NAME.fullmatch(name)):
        raise SelectorError(f"{quoted(key)} is no label key")
    if slash and not (len(prefix) <= 253 and _PREFIX.fullmatch(prefix)):
        raise SelectorError(f"the prefix of the label key {quoted(key)} is no DNS name")
    return key


def _label_value(key: object, value: object) -> str:
    if not isinstance(value, str):
        raise SelectorError(f"the value of {quoted(str(key))} is no string")
    if value and not (len(value) <= 63 and _NAME.fullmatch(value)):
        raise SelectorError(f"{quoted(value)} is no label value")
    return value
