from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.quantity.selectors import SelectorError, matches, matches_equality

LABELS = {"app": "web", "tier": "front"}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": None, "matchExpressions": None}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "api"}}, False),
        ({"matchLabels": {"app": "web", "zone": "a"}}, False),
        ({"matchLabels": {"zone": ""}}, False),
        (expression("app", "In", "api", "web"), True),
        (expression("zone", "In", "a"), False),
        (expression("app", "NotIn", "web"), False),
        (expression("zone", "NotIn", "a"), True),
        (expression("app", "Exists"), True),
        (expression("zone", "Exists"), False),
        (expression("app", "DoesNotExist"), False),
        (expression("zone", "DoesNotExist"), True),
        ({"matchLabels": {"app": "web"}} | expression("tier", "NotIn", "front"), False),
    ],
    ids=repr,
)
def test_matches(selector: dict[str, Any] | None, expected: bool) -> None:
    assert expected == matches(selector, LABELS)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ([], "a label selector is no mapping"),
        ({"app": "web"}, "a label selector has the unknown field `app`"),
        ({"matchLabels": ["app"]}, "`matchLabels` is no mapping"),
        ({"matchLabels": {"app": 1}}, "the value of `app` is no string"),
        ({"matchLabels": {"app": "a b"}}, "`a b` is no label value"),
        ({"matchLabels": {"app": "a\n"}}, "`a\\n` is no label value"),
        ({"matchLabels": {"-a": "b"}}, "`-a` is no label key"),
        ({"matchLabels": {"A_b/c": "d"}}, "the prefix of the label key `A_b/c` is no DNS name"),
        ({"matchLabels": {"a" * 64: "d"}}, "`" + "a" * 60 + "…` is no label key"),
        ({"matchLabels": {1: "d"}}, "a label key is missing or no string"),
        ({"matchExpressions": {}}, "`matchExpressions` is no list"),
        ({"matchExpressions": ["a"]}, "an entry of `matchExpressions` is no mapping"),
        ({"matchExpressions": [{"operator": "In"}]}, "a label key is missing or no string"),
        (expression("a", "In"), "`In` for `a` has no values"),
        (expression("a", "Exists", "x"), "`Exists` for `a` takes no values"),
        (
            expression("a", "in", "x"),
            "the operator for `a` is none of `In`, `NotIn`, `Exists`, `DoesNotExist`",
        ),
        (
            {"matchExpressions": [{"key": "a", "operator": "In", "values": "x"}]},
            "`values` for `a` is no list",
        ),
        (
            {"matchExpressions": [{"key": "a", "operator": "Exists", "value": "x"}]},
            "an entry of `matchExpressions` has the unknown field `value`",
        ),
        # A fault counts although the first requirement already decides.
        ({"matchLabels": {"app": "api"}} | expression("a", "In"), "`In` for `a` has no values"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_malformed(selector: Any, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        matches(selector, LABELS)
    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [(None, False), ({}, False), ({"app": "web"}, True), ({"app": "web", "x": "y"}, False)],
)
def test_service_selector(selector: dict[str, str] | None, expected: bool) -> None:
    assert expected == matches_equality(selector, LABELS)


NAMES = st.sampled_from(["a", "b", "c"])
LABEL_SETS = st.dictionaries(NAMES, NAMES)
VALUES = st.lists(NAMES, min_size=1)


@given(NAMES, VALUES, LABEL_SETS)
def test_operators_negate_each_other(key: str, values: list[str], labels: dict[str, str]) -> None:
    included = matches(expression(key, "In", *values), labels)
    assert included is not matches(expression(key, "NotIn", *values), labels)
    exists = matches(expression(key, "Exists"), labels)
    assert exists is not matches(expression(key, "DoesNotExist"), labels)
    assert exists or not included


@given(LABEL_SETS, LABEL_SETS)
def test_match_labels_is_inclusion(wanted: dict[str, str], labels: dict[str, str]) -> None:
    included = wanted.items() <= labels.items()
    assert included is matches({"matchLabels": wanted}, labels)
    assert (included and bool(wanted)) is matches_equality(wanted, labels)


@given(LABEL_SETS, NAMES, VALUES, LABEL_SETS)
def test_requirements_are_joined_by_and(
    wanted: dict[str, str], key: str, values: list[str], labels: dict[str, str]
) -> None:
    both = {"matchLabels": wanted} | expression(key, "NotIn", *values)
    expected = matches({"matchLabels": wanted}, labels) and matches(
        expression(key, "NotIn", *values), labels
    )
    assert expected is matches(both, labels)


def requirement_matches(key: str, operator: str, values: list[str], labels: dict[str, str]) -> bool:
    """Requirement.Matches of apimachinery pkg/labels/selector.go, case by case."""
    has = key in labels
    if operator == "In":
        return labels[key] in values if has else False
    if operator == "NotIn":
        return labels[key] not in values if has else True
    if operator == "Exists":
        return has
    return not has


OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
REQUIREMENTS = st.lists(st.tuples(NAMES, st.sampled_from(OPERATORS), VALUES), max_size=4)


@given(LABEL_SETS, REQUIREMENTS, LABEL_SETS)
def test_agrees_with_the_plain_model(
    wanted: dict[str, str], written: list[tuple[str, str, list[str]]], labels: dict[str, str]
) -> None:
    requirements = [
        (key, operator, values if operator in ("In", "NotIn") else [])
        for key, operator, values in written
    ]
    selector = {
        "matchLabels": wanted,
        "matchExpressions": [
            {"key": key, "operator": operator, "values": values}
            for key, operator, values in requirements
        ],
    }
    expected = all(labels.get(key) == value for key, value in wanted.items()) and all(
        requirement_matches(*requirement, labels) for requirement in requirements
    )
    assert expected is matches(selector, labels)
