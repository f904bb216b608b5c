"""What is kept of everything, and whose objects go first where there is too much."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from kguard.model import Resource
from kguard.webhook.cluster.kept import Kept, Key, kept
from kguard.webhook.cluster.sources import KINDS, Source
from kguard.webhook.cluster.store import Store

SOURCES = {each.kind: each for each in KINDS}
RANGES, BUDGETS = SOURCES["LimitRange"], SOURCES["PodDisruptionBudget"]
SHARED = SOURCES["ClusterWorkflowTemplate"]


class Seen:
    """What the store says, put together; never an object missing that is said to be known."""

    def __init__(self) -> None:
        self.objects: dict[Key, Resource] = {}
        self.left: dict[Source, frozenset[str | None]] = {}
        self.gone: set[Key] = set()
        """Deleted by whoever tests: nothing else may be missing."""
        self.wrong: list[Key] = []

    def put(self, changes: Mapping[Key, Resource | None]) -> None:
        for key, resource in changes.items():
            if resource is not None:
                self.objects[key] = resource
                continue
            del self.objects[key]
            left = {(s.group, s.kind, n) for s, names in self.left.items() for n in names}
            if key not in self.gone and key[:3] not in left:
                self.wrong.append(key)

    def state(self, source: Source, reason: str) -> None:
        raise AssertionError

    def left_out(self, source: Source, namespaces: frozenset[str | None]) -> None:
        self.left[source] = namespaces

    def names(self) -> set[str]:
        return {key[3] for key in self.objects}

    def lacks(self) -> dict[str, set[str | None]]:
        return {source.kind: {*names} for source, names in self.left.items() if names}


def an(source: Source, name: str, namespace: str | None, size: int, spec: Any = None) -> Kept:
    item = {"metadata": {"name": name, "namespace": namespace}, "spec": spec}
    made = kept(source, item)
    return Kept(made.key, "1", made.resource, size)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def store(seen: Seen) -> Store:
    return Store(seen, 100)


def test_the_namespace_with_the_most_loses_its_largest_kind(store: Store, seen: Seen) -> None:
    store.put(RANGES, an(RANGES, "a", "small", 30))
    store.put(RANGES, an(RANGES, "b", "large", 25))
    store.put(BUDGETS, an(BUDGETS, "c", "large", 20))
    store.put(BUDGETS, an(BUDGETS, "d", "new", 26))
    assert (seen.names(), seen.lacks()) == ({"a", "c", "d"}, {"LimitRange": {"large"}})
    store.put(RANGES, an(RANGES, "e", "large", 1))
    assert seen.names() == {"a", "c", "d"}
    assert (store.lacks(RANGES), store.lacks(BUDGETS)) == (True, False)
    assert seen.wrong == []


def test_what_is_in_no_namespace_goes_last(store: Store, seen: Seen) -> None:
    store.put(SHARED, an(SHARED, "a", None, 60))
    store.put(RANGES, an(RANGES, "b", "shop", 41))
    assert (seen.names(), seen.lacks()) == ({"a"}, {"LimitRange": {"shop"}})
    store.put(SHARED, an(SHARED, "c", None, 41))
    assert seen.names() == set()
    assert seen.lacks() == {"LimitRange": {"shop"}, "ClusterWorkflowTemplate": {None}}


def test_what_does_not_change_stays_the_same(store: Store, seen: Seen) -> None:
    store.put(RANGES, an(RANGES, "a", "shop", 30, {"x": 1}))
    (first,) = seen.objects.values()
    store.put(RANGES, an(RANGES, "a", "shop", 30, {"x": 1}))
    assert list(seen.objects.values()) == [first]
    store.put(RANGES, an(RANGES, "a", "shop", 90, {"x": 2}))
    assert seen.objects[first.group, first.kind, "shop", "a"].data["spec"] == {"x": 2}
    store.put(RANGES, an(RANGES, "a", "shop", 30, {"x": 3}))
    store.put(RANGES, an(RANGES, "b", "shop", 70))
    assert seen.lacks() == {}


def test_there_is_room_again(store: Store, seen: Seen) -> None:
    def listed(*sizes: int) -> bool:
        listing = store.listing(RANGES)
        for number, size in enumerate(sizes):
            listing.add(an(RANGES, f"r{number}", "full", size))
        listing.add(an(RANGES, "other", "shop", 10))
        return listing.done()

    assert not listed(60, 60)
    assert (seen.names(), seen.lacks()) == ({"other"}, {"LimitRange": {"full"}})
    assert not listed(50, 45)
    assert (seen.names(), seen.lacks()) == ({"other"}, {"LimitRange": {"full"}})
    assert listed(40, 40)
    # It is unknown until it was listed: nothing of it is there yet.
    assert (seen.names(), seen.lacks()) == ({"other"}, {"LimitRange": {"full"}})
    assert store.lacks(RANGES)
    assert not listed(40, 40)
    assert (seen.names(), seen.lacks()) == ({"r0", "r1", "other"}, {})
    assert not store.lacks(RANGES)


def test_what_was_left_out_and_is_empty_is_known(store: Store, seen: Seen) -> None:
    store.put(RANGES, an(RANGES, "a", "full", 101))
    assert seen.lacks() == {"LimitRange": {"full"}}
    assert not store.listing(RANGES).done()
    assert seen.lacks() == {}


def test_a_collection_that_is_forgotten(store: Store, seen: Seen) -> None:
    store.put(BUDGETS, an(BUDGETS, "a", "shop", 10))
    store.put(RANGES, an(RANGES, "b", "shop", 10))
    store.put(RANGES, an(RANGES, "c", "full", 90))
    seen.gone = set(seen.objects)
    store.clear(RANGES)
    assert (seen.names(), seen.lacks()) == ({"a"}, {})
    store.put(RANGES, an(RANGES, "c", "full", 90))
    assert seen.names() == {"a", "c"}


@pytest.mark.parametrize("seed", range(20))
def test_the_sum_is_right_whatever_happens(seed: int) -> None:
    dice, seen = random.Random(seed), Seen()
    store = Store(seen, 300)
    for _ in range(400):
        source = dice.choice((RANGES, BUDGETS))
        each = an(
            source,
            f"o{dice.randrange(9)}",
            dice.choice("abc"),
            dice.randrange(1, 60),
            dice.random(),
        )
        what = dice.randrange(20)
        if what < 13:
            store.put(source, each)
        elif what < 19:
            seen.gone.add(each.key)
            store.remove(source, each.key)
            seen.gone.discard(each.key)
        else:
            seen.gone |= set(seen.objects)
            listing = store.listing(source)
            for _ in range(5):
                listing.add(an(source, f"o{dice.randrange(9)}", dice.choice("abc"), 20))
            listing.done()
            seen.gone.clear()
        held = [k for s in store._objects.values() for h in s.values() for k in h.values()]
        assert {k.key for k in held} == set(seen.objects)
        assert sum(k.size for k in held) == store._total <= 300
        assert sum(sum(sizes.values()) for sizes in store._sizes.values()) == store._total
    assert seen.wrong == []
