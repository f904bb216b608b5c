"""See argo_removed_field.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.controller import argo_version, version_text
from kguard.facts.argo.shape import ArgoDatedField
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policy.context import ERROR, NOTE, Context

_SEVERAL = {"schedule": "schedules", "mutex": "mutexes", "semaphore": "semaphores"}
_OLDEST = (3, 4)
_LEFT_OUT = ("podPriority", "priority", "resubmitPendingPods")


def check(dated: ArgoDatedField, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a field that the version of Argo in use no longer has."""
    until, key = dated.field.until, dated.key
    if until is None:
        return
    version = argo_version(ctx.facts, dated.resource)
    if version is not None and version <= until:
        return
    gone = version is not None or until < _OLDEST
    now = f"Argo {version_text(version)}" if version else "Argo"
    last = version_text(until)
    text = f"{now} has no `{key}` any more" if gone else f"`{key}` is gone after Argo {last}"
    help = f"write `{_SEVERAL[key]}`" if key in _SEVERAL else f"Argo {last} was the last to read it"
    severity = ERROR if gone else NOTE
    fix = _fix(dated, version)
    yield dated.fault((key,), text, severity=severity, help=help, fix=fix, at_key=True)


def _fix(dated: ArgoDatedField, version: tuple[int, int] | None) -> Fix | None:
    """What `argo convert` does."""
    key, value = dated.key, dated.get(dated.key)
    removal = Edit(dated.at(key), REMOVE)
    # An unknown version may be one before 3.6, in which the lists do nothing.
    safe = version is not None
    if key in _LEFT_OUT:
        return Fix((removal,), safe=safe, title=f"remove `{key}`")
    if key == "schedule" and value and dated.get("schedules") is None:
        edits = (removal, Edit(dated.at("schedules"), [value]))
        return Fix(edits, safe=safe, title="write `schedules`")
    if key in ("mutex", "semaphore") and (joined := _joined(dated.data)):
        return Fix((Edit(dated.route, joined),), safe=safe, title=f"write `{_SEVERAL[key]}`")
    return None


def _joined(synchronization: Mapping[str, Any]) -> dict[str, Any] | None:
    """A synchronization with the single locks behind those of the lists; None where none can be."""
    joined = dict(synchronization)
    for key in ("mutex", "semaphore"):
        lock, locks = joined.pop(key, None), joined.get(_SEVERAL[key], [])
        if not isinstance(lock, Mapping | type(None)) or not isinstance(locks, list):
            return None
        if lock:
            joined[_SEVERAL[key]] = [*locks, lock]
    return joined if len(joined) else None
