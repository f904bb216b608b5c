"""What touches lines, held against looking at everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from ignore_world import REGISTRY, Loaded, load

from kguard.ignore import gather
from kguard.ignore.spans import Spans
from kguard.model import Resource, Route

STRETCHES = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 8)), max_size=12)


@given(STRETCHES, st.integers(1, 40), st.integers(0, 5))
def test_touching(stretches: list[tuple[int, int]], first: int, more: int) -> None:
    items = [(begin, begin + length, at) for at, (begin, length) in enumerate(stretches)]
    last = first + more
    expected = [at for begin, end, at in items if begin <= last and first <= end]
    assert expected == Spans(items).touching(first, last)


def test_each_object_is_looked_for_once_however_many_comments_there_are() -> None:
    pod = "# kguard: ignore[missing-memory-request] why\nkind: Pod\napiVersion: v1\n---\n"
    loaded = load({"a.yaml": pod * 50})
    asked: list[int] = []

    def extent(resource: Resource, route: Route) -> tuple[int, int]:
        asked.append(id(resource))
        return Loaded.extent(loaded, resource, route)

    loaded.extent = extent  # type: ignore[method-assign]
    found = gather(loaded.resources, loaded, REGISTRY)
    assert len(found.by_path["a.yaml"]) == 50
    assert sorted(asked) == sorted(map(id, loaded.resources))
