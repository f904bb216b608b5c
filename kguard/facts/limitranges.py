"""The LimitRanges of a namespace: what they fill in, what they allow, whether they make sense.

Sources: kubernetes pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem),
pkg/apis/core/validation/validation.go (ValidateLimitRange), plugin/pkg/admission/limitranger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kguard.facts.podresources import is_overcommitted
from kguard.facts.pods import FILLED, Amount, quantity
from kguard.model import Key, Related, Resource, Scope, dig
from kguard.quantity.quantities import rough
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.run import Facts

TYPES = ("Container", "Pod", "PersistentVolumeClaim")
"""The types of Kubernetes itself; others must be names with a domain."""

AMOUNTS = ("min", "max", "default", "defaultRequest")

# What must not be above what, in the order in which the API server says so.
_ORDER = (
    ("min", "max"),
    ("min", "defaultRequest"),
    ("defaultRequest", "max"),
    ("defaultRequest", "default"),
    ("min", "default"),
    ("default", "max"),
)


@record
class Clash:
    """Why the API server refuses an item: what is wrong at `keys`, and the keys it clashes with."""

    keys: tuple[Key, ...]
    message: str
    other: tuple[Key, ...] | None = None


@record(eq=False)
class LimitItem(Scope):
    """One entry of spec.limits of a LimitRange."""

    type: Any

    def amounts(self, key: str) -> Mapping[str, Any]:
        """What is written under `min`, `max` and the like, by resource."""
        found = self.get(key)
        return found if isinstance(found, Mapping) else {}

    def amount(self, key: str, resource: str) -> Amount | None:
        """What is written under `key` for a resource."""
        text = self.get(key, resource)
        return None if text is None else Amount(text, quantity(text), "LimitRange")

    def value(self, key: str, resource: str) -> Fraction | None:
        """The same as a number; None also for a placeholder."""
        amount = self.amount(key, resource)
        return amount.value if amount else None

    def filled(self, key: str, resource: str) -> Amount | None:
        """What a container gets that says nothing: `default` as limit, `defaultRequest`."""
        for each in FILLED[key]:
            amount = self.amount(each, resource)
            if amount is not None:
                return amount
        return None

    def related(self, key: str, resource: str) -> Related:
        """The place of an amount, for a finding about a pod."""
        return Related(self.resource, self.at(key, resource), "the LimitRange")


def limit_items(facts: Facts, resource: Resource) -> list[LimitItem]:
    """The entries of a LimitRange; those that are no mappings are left out."""
    limits = dig(resource.data, "spec", "limits")
    return [
        LimitItem(resource, ("spec", "limits", number), item, type=item.get("type"))
        for number, item in enumerate(limits if isinstance(limits, list) else ())
        if isinstance(item, Mapping)
    ]


def limits_beside(facts: Facts, near: Resource, type: str) -> list[LimitItem]:
    """The entries of that type in force in the namespace of `near`.

    A LimitRange that the API server refuses is not in force.
    """
    return [
        item
        for limit_range in facts.index.of_kind(near, "", "LimitRange")
        if facts.remember(_accepted, limit_range)
        for item in facts.remember(limit_items, limit_range)
        if item.type == type
    ]


def _accepted(facts: Facts, limit_range: Resource) -> bool:
    return not any(any(clashes(i)) for i in facts.remember(limit_items, limit_range))


def clashes(item: LimitItem) -> Iterator[Clash]:
    """What the API server refuses in an entry of a LimitRange."""
    before = _before(item)
    if isinstance(item.type, str) and item.type not in TYPES and "/" not in item.type:
        yield Clash(("type",), f"`{item.type}` is no type of limits, which are {_listed(TYPES)}")
        return
    if isinstance(item.type, str) and any(dig(each, "type") == item.type for each in before):
        yield Clash(("type",), f"a second entry has the type `{item.type}`")
    if item.type == "Pod":
        for key in ("default", "defaultRequest"):
            if item.amounts(key):
                yield Clash((key,), f"`{key}` is not allowed for the type `Pod`")
    if item.type == "PersistentVolumeClaim" and not _bounds_storage(item):
        yield Clash(("min",), "limits for `PersistentVolumeClaim` bound no `storage`")
    keys = AMOUNTS[:2] if item.type == "Pod" else AMOUNTS
    named = (name for key in (*keys, "maxLimitRequestRatio") for name in item.amounts(key))
    for resource in dict.fromkeys(named):
        yield from _of_resource(item, keys, resource)


def _before(item: LimitItem) -> list[Any]:
    limits, number = dig(item.resource.data, "spec", "limits"), item.route[-1]
    return limits[:number] if isinstance(limits, list) and isinstance(number, int) else []


def _bounds_storage(item: LimitItem) -> bool:
    return any(item.amount(key, "storage") is not None for key in ("min", "max"))


def _of_resource(item: LimitItem, keys: tuple[str, ...], resource: str) -> Iterator[Clash]:
    values = {key: item.value(key, resource) for key in keys}
    for low, high in _ORDER:
        below, above = values.get(low), values.get(high)
        if below is not None and above is not None and below > above:
            yield Clash(
                (low, resource),
                f"{resource} `{low}` `{item.get(low, resource)}` is above `{high}` "
                f"`{item.get(high, resource)}`",
                (high, resource),
            )
    # The default limit of a container is the most it may have, where none is written.
    filled = item.type == "Container" and item.get("default", resource) is None
    key = "max" if filled else "default"
    limit, request = values.get(key), values.get("defaultRequest")
    if None not in (limit, request) and limit != request and not is_overcommitted(resource):
        yield Clash(
            ("defaultRequest", resource),
            f"{resource} cannot be overcommitted, and `defaultRequest` is not `{key}`",
            (key, resource),
        )
    yield from _of_ratio(item, values, resource)


def _of_ratio(
    item: LimitItem, values: Mapping[str, Fraction | None], resource: str
) -> Iterator[Clash]:
    ratio = item.value("maxLimitRequestRatio", resource)
    if ratio is None:
        return
    keys = ("maxLimitRequestRatio", resource)
    text = item.get(*keys)
    low, high = values.get("min"), values.get("max")
    if ratio < 1:
        yield Clash(keys, f"{resource} `maxLimitRequestRatio` `{text}` is below 1")
    elif low and high is not None and ratio > high / low:
        yield Clash(
            keys,
            f"{resource} `maxLimitRequestRatio` `{text}` is above `max` divided by `min`, "
            f"{rough(high / low):g}",
            ("max", resource),
        )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)
