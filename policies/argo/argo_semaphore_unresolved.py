"""See argo_semaphore_unresolved.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.locks import Lock, limit_of
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import Context
from kguard.words import closest

_HELP = "the workflow fails, or the step that asks for it ends in Error"


def check(lock: Lock, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a semaphore whose limit is not there, or is none."""
    limit = limit_of(ctx.facts, lock)
    if limit is None or lock.name is None:
        return
    _, _, name, key = lock.name
    if not limit.maps:
        if _may_be_elsewhere(lock, name, ctx):
            yield ctx.unknown("the ConfigMap of a semaphore was not seen")
            return
        yield lock.fault(
            ("configMapKeyRef", "name"), f"ConfigMap `{name}` does not exist", help=_HELP
        )
        return
    data = limit.maps[0].data.get("data")
    if len(limit.maps) > 1 or not isinstance(data, Mapping):
        yield ctx.unknown("which ConfigMap a semaphore refers to, or what is in it, is not known")
        return
    keys, message, help = ("configMapKeyRef", "key"), "", _HELP
    if limit.text is None:
        message = f"ConfigMap `{name}` has no key `{key}`"
        if meant := closest(key, [each for each in data if isinstance(each, str)]):
            help = f"{_HELP}; did you mean `{meant[0]}`?"
    elif not isinstance(limit.text, str) or is_placeholder(limit.text):
        return
    elif limit.number is None:
        message = f"the limit of {lock.called} is no whole number: `{limit.text}`"
    elif limit.number < 1:
        message = f"the limit of {lock.called} is {limit.number}, which lets nobody in"
    if message:
        related = [Related(limit.maps[0], ("data", key), "the limit")] if limit.text else []
        yield lock.fault(keys, message, help=help, related=related)


def _may_be_elsewhere(lock: Lock, name: str, ctx: Context) -> bool:
    """Whether there may be such a ConfigMap, though none was found."""
    near = lock.resource
    # Workflows of several charts share such a limit, so it is often in none of them.
    if not ctx.index.is_world(near):
        return True
    if ctx.index.named_elsewhere(near, "", "ConfigMap", name):
        return True
    return any(
        is_placeholder(other.name)
        # Who applies the files adds the namespace to one of them, for all that is known.
        or (other.name == name and (other.namespace is None) != (near.namespace is None))
        for other in ctx.index.in_unit(near, "", "ConfigMap")
    )
