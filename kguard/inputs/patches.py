"""What a patch of Kustomize is: an object in part, or a list of operations (RFC 6902)."""

from __future__ import annotations

from typing import Any

UNNAMED_PATCH = "Kustomize patch that no kustomization found here names: not rendered"
_OPERATIONS = frozenset({"add", "copy", "move", "remove", "replace", "test"})


def holds_directive(data: Any) -> bool:
    """Whether a strategic merge directive stands anywhere in a document.

    Source: kustomize's and kubectl's `$patch` key (apimachinery pkg/util/strategicpatch).
    """
    pending, seen = [data], {id(data)}
    while pending:
        item = pending.pop()
        if isinstance(item, dict) and "$patch" in item:
            return True
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        for value in inner:
            if isinstance(value, dict | list) and id(value) not in seen:
                seen.add(id(value))
                pending.append(value)
    return False


def is_operations(data: Any) -> bool:
    """Whether a document is a list of operations on an object."""
    return (
        isinstance(data, list)
        and bool(data)
        and all(
            isinstance(each, dict)
            and isinstance(each.get("path"), str)
            and each.get("op") in _OPERATIONS
            for each in data
        )
    )
