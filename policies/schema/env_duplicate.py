"""See env_duplicate.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.pods import Container
from kguard.facts.quantities import literal
from kguard.model import Fault, Related
from kguard.policy.context import Context
from kguard.quantity._quote import quoted


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each entry of `env` that hides an earlier one of its name."""
    entries = container.get("env")
    first: dict[str, int] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = literal(entry.get("name")) if isinstance(entry, dict) else None
        if name is None:
            continue
        if name not in first:
            first[name] = number
        elif not _builds_on(entry, name):
            hidden = container.at("env", first[name], "name")
            yield container.fault(
                ("env", number, "name"),
                f"{container.called} sets {quoted(name)} twice",
                help="the last one holds",
                related=[Related(container.resource, hidden, "hidden by it")],
            )


def _builds_on(entry: dict[str, Any], name: str) -> bool:
    """Whether the value holds the earlier one and more, as the API server asks it."""
    value, reference = entry.get("value"), f"$({name})"
    if entry.get("valueFrom") is not None or value == reference:
        return False
    return isinstance(value, str) and reference in value
