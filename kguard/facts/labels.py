"""Where a label selector and the labels of a pod template disagree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard import quantity
from kguard.facts.quantities import is_placeholder
from kguard.model import Route
from kguard.record import record


@record
class Mismatch:
    """The first requirement that fails: the keys to it, what it wants, and what there is.

    `key` is the label it is about.
    """

    keys: Route
    key: str
    wants: str
    has: str


def mismatch(selector: Any, labels: Any) -> Mismatch | None:
    """The first requirement of a LabelSelector that labels do not meet.

    None where all are met, and where placeholders or malformed values leave that open.
    """
    labels = {} if labels is None else labels
    wanted = selector.get("matchLabels") if isinstance(selector, dict) else None
    if not isinstance(labels, dict) or any(is_placeholder(key) for key in labels):
        return None
    for key, value in wanted.items() if isinstance(wanted, dict) else ():
        if _clear(value) and labels.get(key) != value and _clear(labels.get(key, "")):
            return Mismatch(("matchLabels", key), key, f"`{key}: {value}`", _has(labels, key))
    expressions = selector.get("matchExpressions") if isinstance(selector, dict) else None
    for number, expression in enumerate(expressions if isinstance(expressions, list) else ()):
        key = expression.get("key") if isinstance(expression, dict) else None
        if not isinstance(key, str) or not _clear(labels.get(key, "")):
            continue
        texts = {name: value for name, value in labels.items() if isinstance(value, str)}
        try:
            met = quantity.matches({"matchExpressions": [expression]}, texts)
        except quantity.SelectorError:
            continue
        if not met:
            wants = f"`{key}` {expression['operator']}" + _values(expression.get("values"))
            return Mismatch(("matchExpressions", number), key, wants, _has(labels, key))
    return None


def _clear(value: Any) -> bool:
    return isinstance(value, str) and not is_placeholder(value)


def _has(labels: Mapping[str, Any], key: str) -> str:
    return f"`{key}: {labels[key]}`" if labels.get(key) is not None else f"no `{key}`"


def _values(values: Any) -> str:
    return " " + ", ".join(f"`{value}`" for value in values) if values else ""
