"""Both ways to compose a document for its places: libyaml's own where no alias can be, and ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kguard.model import Route
from kguard.source import tree
from kguard.source.locate import Locator
from kguard.source.text import Lines

TEXTS = [
    "a: 1\nb: [x, {c: 'd'}]\n",
    "a:\n- b: 1\n  c: |\n    text\n- - x\n  - y\n",
    "a: !!str 1\nb: ! 2\nc: {}\nd: []\ne:\nf: ~\n",
    'a: "x\n  y"\nb: >-\n  z\n# end\n',
    "{a: {b: [1,\n 2]}, c: 3}\n",
    "- 1\n-\n- a:\n    b: c\n",
    "a: [sh, -c, make && run & wait]\n",
    "<<: {a: 1}\nb: 2\n",
    "é: ü\n\N{PILE OF POO}: [a, b]\n",
]


def routes(node: Any, route: Route = ()) -> Iterator[Route]:
    """The routes to everything in a tree, and to one thing beside each."""
    yield route
    if node.id == "mapping":
        yield (*route, "absent")
        for key, value in node.value:
            yield from routes(value, (*route, key.value))
    elif node.id == "sequence":
        yield (*route, len(node.value))
        for position, value in enumerate(node.value):
            yield from routes(value, (*route, position))


@pytest.mark.parametrize("text", TEXTS)
def test_places_are_the_same(text: str) -> None:
    ours, libyaml = tree.compose(text), tree.compose_read(text)
    one, other = (Locator(each, text, 0, Lines(text)) for each in (ours, libyaml))
    every = list(routes(ours.root))
    assert len(every) > 3
    assert [other.locate(route) for route in every] == [one.locate(route) for route in every]
    assert [other.extent(route) for route in every] == [one.extent(route) for route in every]
    lines = range(1, text.count("\n") + 1)
    assert [other.following(line) for line in lines] == [one.following(line) for line in lines]


@pytest.mark.parametrize("name", ["x", "-x", "_", "0"])
def test_aliases_keep_their_places(name: str) -> None:
    text = f"a: [{{b: &{name} 1}}, *{name} ]\n"
    assert len(tree.compose_read(text).aliases) == 1


class Copied(str):
    """A text that counts the characters that are copied from it."""

    copied = 0

    def __getitem__(self, place: Any) -> str:
        part = super().__getitem__(place)
        self.copied += len(part)
        return part


def test_a_place_does_not_copy_all_that_is_around_it() -> None:
    text = Copied("{a: [" + "{b: c}, " * 1000 + "]}")
    locator = Locator(tree.compose(str(text)), text, 0, Lines(str(text)))
    span = locator.locate(("a", 500, "b")).span
    assert (span.column, span.end_column) == (4010, 4011)
    assert text.copied < 100
