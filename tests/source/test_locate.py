"""Routes to places. Marks in the inputs: the text between `⟦` and `⟧` is where the caret goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kguard.model import Route, Span
from kguard.source import Document, read


def marked(text: str) -> tuple[str, Span]:
    """The text without its marks, and the span between them."""
    before, rest = text.split("⟦")
    inner, after = rest.split("⟧")
    plain = before + inner + after
    start, end = len(before), len(before) + len(inner)
    return plain, Span(*_position(plain, start), *_position(plain, end))


def _position(text: str, offset: int) -> tuple[int, int]:
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def only_document(text: str) -> Document:
    source = read("x.yaml", text.encode())
    assert source.errors == ()
    (document,) = source.documents
    return document


PLACES: list[tuple[str, str, Route, Route]] = [
    ("plain scalar", "a: ⟦b c⟧  # d\n", ("a",), ()),
    ("quoted scalar", 'a: ⟦"b c"⟧\n', ("a",), ()),
    ("anchor and tag stay outside", "a: &x !!str ⟦b⟧\n", ("a",), ()),
    ("flow scalar", "a: {b: [1, ⟦2⟧]}\n", ("a", "b", 1), ()),
    ("mapping", "⟦a⟧:\n  b: 1\n", ("a",), ()),
    ("flow mapping", "⟦a⟧: {b: 1}\n", ("a",), ()),
    ("list", "⟦a⟧:\n- b\n", ("a",), ()),
    ("empty collection", "⟦a⟧: {}\n", ("a",), ()),
    ("block scalar", "⟦a⟧: |\n  x\n  y\n", ("a",), ()),
    ("multi-line plain scalar", "⟦a⟧: x\n  y\n", ("a",), ()),
    ("multi-line quoted scalar", '⟦a⟧: "x\n  y"\n', ("a",), ()),
    ("null without text", "⟦a⟧:\nb: 1\n", ("a",), ()),
    ("null with text", "a: ⟦~⟧\n", ("a",), ()),
    ("list item mapping", "a:\n- ⟦name⟧: b\n  image: c\n", ("a", 0), ()),
    ("second item, comment between", "a:\n- b: 1\n# - c\n- ⟦name⟧: d\n", ("a", 1), ()),
    ("list item scalar", "a:\n- b\n- ⟦c⟧\n", ("a", 1), ()),
    ("list item list", "a:\n- - ⟦b⟧\n  - c\n", ("a", 0), ()),
    ("null item", "a:\n⟦-⟧\n- b\n", ("a", 0), ()),
    ("null item at the end of the file", "- a\n⟦-⟧", (1,), ()),
    ("block scalar item", "a:\n- ⟦|⟧\n  x\n", ("a", 0), ()),
    ("empty route", "⟦a⟧: 1\nb: 2\n", (), ()),
    ("missing in the root", "# c\n⟦a⟧: 1\n", ("b", "c"), ("b", "c")),
    ("missing in a mapping", "a:\n  ⟦b⟧:\n    c: 1\n", ("a", "b", "d"), ("d",)),
    ("missing in an item", "a:\n- x: 1\n- ⟦name⟧: b\n", ("a", 1, "r", "l"), ("r", "l")),
    ("missing item", "⟦a⟧:\n- b\n", ("a", 1), (1,)),
    ("negative index", "⟦a⟧:\n- b\n", ("a", -1), (-1,)),
    ("missing in null", "⟦a⟧:\n", ("a", "b"), ("b",)),
    ("missing in a written null", "⟦a⟧: null\n", ("a", "b"), ("b",)),
    ("missing in a scalar", "⟦a⟧: 5\n", ("a", "b"), ("b",)),
    ("missing in an empty mapping", "⟦a⟧: {}\n", ("a", "b"), ("b",)),
    ("integer key", "1: ⟦a⟧\n", ("1",), ()),
    ("boolean key", "y: ⟦a⟧\n", ("true",), ()),
    ("float key", "1e7: ⟦a⟧\n", ("1e+07",), ()),
    ("quoted key", "'a b': ⟦a⟧\n", ("a b",), ()),
    ("explicit key", "? a\n: ⟦b⟧\n", ("a",), ()),
    ("last of duplicates", "a: 1\na: ⟦2⟧\n", ("a",), ()),
    ("explicit key after a merge", "x: &x {a: 1}\nw:\n  <<: *x\n  a: ⟦2⟧\n", ("w", "a"), ()),
    ("inline merge", "w:\n  <<: {a: ⟦1⟧}\n", ("w", "a"), ()),
    ("merge list, first wins", "<<: [{a: ⟦1⟧}, {a: 2}]\n", ("a",), ()),
    ("merge list, later key", "<<: [{a: 1}, {b: ⟦2⟧}]\n", ("b",), ()),
    ("after two-byte letters", "é: {ü: ⟦ß⟧}\n", ("é", "ü"), ()),
    ("after astral characters", "😀: ['😀😀', ⟦x⟧]\n", ("😀", 1), ()),
    ("after U+2028, which ends lines in YAML only", "a: 'x\u2028y'\nb: ⟦c⟧\n", ("b",), ()),
    ("in a later line after U+0085", "# x\u0085b: ⟦c⟧\n", ("b",), ()),
    ("after a separator", "---\n# c\na: ⟦b⟧\n", ("a",), ()),
    ("no newline at the end", "a: ⟦b⟧", ("a",), ()),
    ("tag on a mapping", "a: !foo\n  b: ⟦c⟧\n", ("a", "b"), ()),
    ("JSON scalar", '{"a":\n\t{"b": ⟦"c\\/d"⟧}}', ("a", "b"), ()),
    ("JSON number", '{"a": [1, ⟦-2.5e3⟧]}', ("a", 1), ()),
    ("JSON key", '{"a": 1, ⟦"b"⟧: {"c": 1}}', ("b",), ()),
    ("JSON missing", '{⟦"a"⟧: {"c": 1}}', ("a", "d"), ("d",)),
    ("JSON item", '[{"a": 1}, {⟦"b"⟧: 1}]', (1,), ()),
    ("JSON escaped key", '{"\\u0061": ⟦1⟧}', ("a",), ()),
    ("JSON long key", '{"' + "k" * 2000 + '": ⟦1⟧}', ("k" * 2000,), ()),
]


@pytest.mark.parametrize(
    ("text", "route", "missing"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_locate(text: str, route: Route, missing: Route) -> None:
    plain, span = marked(text)
    place = only_document(plain).locate(route)
    assert (span, missing, ()) == (place.span, place.missing, place.via)


KEYS: list[tuple[str, str, Route, Route]] = [
    ("scalar", "a:\n  ⟦b⟧: 1\n", ("a", "b"), ()),
    ("long text", "⟦a⟧: |\n  b\n", ("a",), ()),
    ("mapping", "⟦a⟧: {b: 1}\n", ("a",), ()),
    ("mapping with an empty key", "⟦a⟧: {'': 1}\n", ("a",), ()),
    ("in flow style", 'a: [{b: 1, ⟦"c d"⟧: 2}]\n', ("a", 0, "c d"), ()),
    ("the last of two", "a: 1\n⟦a⟧: 2\n", ("a",), ()),
    ("aliased value", "x: &x 1\n⟦a⟧: *x\n", ("a",), ()),
    ("merged", "x: &x {⟦a⟧: 1}\nw: {<<: *x}\n", ("w", "a"), ()),
    ("missing", "⟦a⟧: 1\n", ("a", "b"), ("b",)),
    ("item", "a:\n  - ⟦b⟧: 1\n", ("a", 0), ()),
    ("JSON", '{"a": [{⟦"b"⟧: 1}]}', ("a", 0, "b"), ()),
    ("in a text", "podSpecPatch: |\n  a:\n    ⟦b⟧: 1\n", ("podSpecPatch", 0, "a", "b"), ()),
]


@pytest.mark.parametrize(
    ("text", "route", "missing"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS]
)
def test_locate_a_key(text: str, route: Route, missing: Route) -> None:
    plain, span = marked(text)
    place = only_document(plain).locate(route, at_key=True)
    assert (span, missing) == (place.span, place.missing)


ALIASES: list[tuple[str, str, Route, list[tuple[int, int]]]] = [
    ("aliased scalar", "a: &x ⟦b⟧\nc: *x\n", ("c",), [(2, 4)]),
    ("below an alias", "a: &x {b: ⟦1⟧}\nc: *x\n", ("c", "b"), [(2, 4)]),
    ("aliased item", "a: &x {⟦b⟧: 1}\nc:\n- *x\n", ("c", 0), [(3, 3)]),
    ("aliased mapping keeps its key", "a: &x {b: 1}\n⟦c⟧: *x\n", ("c",), [(2, 4)]),
    ("alias in an alias", "a: &x ⟦1⟧\nb: &y {k: *x}\nc: *y\n", ("c", "k"), [(3, 4), (2, 11)]),
    ("anchor set twice", "a: &x 1\nb: &x ⟦2⟧\nc: *x\n", ("c",), [(3, 4)]),
    ("merged", "x: &x {a: ⟦1⟧}\nw:\n  <<: *x\n", ("w", "a"), [(3, 7)]),
    (
        "later merge overrides",
        "x: &x {a: ⟦1⟧}\nw: {a: 2, <<: *x}\n",
        ("w", "a"),
        [(2, 15)],
    ),
    (
        "merge list",
        "x: &x {a: ⟦1⟧}\nw: &y {a: 2}\nz: {<<: [*x, *y]}\n",
        ("z", "a"),
        [(3, 10)],
    ),
    (
        "merge of a merge",
        "x: &x {a: ⟦1⟧}\nw: &y {<<: *x, b: 2}\nz: {<<: *y}\n",
        ("z", "a"),
        [(3, 9), (2, 12)],
    ),
    ("alias as key", "&a k: v\nb: {*a : ⟦w⟧}\n", ("b", "k"), []),
]


@pytest.mark.parametrize(
    ("text", "route", "via"), [row[1:] for row in ALIASES], ids=[row[0] for row in ALIASES]
)
def test_locate_through_aliases(text: str, route: Route, via: list[tuple[int, int]]) -> None:
    plain, span = marked(text)
    place = only_document(plain).locate(route)
    assert (span, via) == (place.span, [(each.line, each.column) for each in place.via])


def test_places_count_lines_of_the_whole_file_and_columns_without_the_mark() -> None:
    source = read("x.yaml", "\ufeffa: 1\r\n---\r\n\r\nb: é😀\r\nc: 2\r\n".encode())
    first, second = source.documents
    assert Span(1, 4, 1, 5) == first.locate(("a",)).span
    assert Span(4, 4, 4, 6) == second.locate(("b",)).span
    assert second.extent(("c",)) == (5, 5)


POD = """\
apiVersion: v1
metadata:
  name: x

spec:
  containers:
  # first
  - name: a
    command:
    - sh
    args: |
      # no comment
      exit

  # second
  -
    name: b
    env: []
  volumes:
"""


@pytest.mark.parametrize(
    ("route", "lines"),
    [
        ((), (1, 19)),
        (("metadata",), (2, 3)),
        (("metadata", "labels"), (2, 3)),
        (("spec",), (5, 19)),
        (("spec", "containers"), (6, 18)),
        (("spec", "containers", 0), (8, 13)),
        (("spec", "containers", 0, "args"), (11, 13)),
        (("spec", "containers", 1), (16, 18)),
        (("spec", "containers", 1, "env"), (18, 18)),
        (("spec", "volumes"), (19, 19)),
    ],
)
def test_extent(route: Route, lines: tuple[int, int]) -> None:
    assert lines == only_document(POD).extent(route)


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        (1, (1, 1)),
        (3, (3, 3)),
        (4, (5, 19)),
        (7, (8, 13)),
        (8, (8, 13)),
        (9, (9, 10)),
        (10, (10, 10)),
        (12, (16, 18)),
        (15, (16, 18)),
        (17, (17, 17)),
        (19, (19, 19)),
        (20, None),
    ],
)
def test_following(line: int, lines: tuple[int, int] | None) -> None:
    assert lines == only_document(POD).following(line)


def test_following_does_not_enter_aliases() -> None:
    document = only_document("a: &x\n  b: 1\nc:\n- *x\n- d\n")
    assert [document.following(line) for line in (3, 4, 5)] == [(3, 5), (4, 4), (5, 5)]


def test_extent_in_the_second_document() -> None:
    _, second = read("x.yaml", b"a: 1\n---\nb:\n  c: 1\n").documents
    assert second.extent(("b",)) == (3, 4)
    assert second.following(2) == (3, 4)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(
        ["12:30", "y", "1e3", "0x1F", "<<", "=", "null", "~", "#", "a: b", "- a", "é😀"]
    ),
)
data = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=6), inner, max_size=4),
    ),
    max_leaves=12,
)


def routes(value: Any, route: Route = ()) -> Iterator[tuple[Route, Any]]:
    """Every scalar of some data with its route."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from routes(item, (*route, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from routes(item, (*route, index))
    else:
        yield route, value


def span_text(text: str, span: Span) -> str:
    lines = text.split("\n")
    assert span.line == span.end_line
    return lines[span.line - 1][span.column - 1 : span.end_column - 1]


class Quoted(yaml.SafeDumper):
    """Strings in double quotes: PyYAML leaves plain what Kubernetes reads as a number."""


Quoted.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def dump_yaml(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=Quoted, allow_unicode=True, width=10**6)
    return text


@settings(max_examples=150)
@given(value=st.dictionaries(st.text("abcé", min_size=1), data, min_size=1, max_size=4))
@pytest.mark.parametrize(
    ("dump", "wrap"), [(dump_yaml, "v: %s"), (json.dumps, '{"v": %s}')], ids=["yaml", "json"]
)
def test_data_survives_and_every_span_is_its_scalar(
    dump: Any, wrap: str, value: dict[str, Any]
) -> None:
    text = dump(value)
    document = only_document(text)
    assert value == document.data
    for route, scalar in routes(value):
        place = document.locate(route)
        assert place.missing == ()
        shown = span_text(text, place.span)
        again = only_document(wrap % shown)
        assert again.data == {"v": scalar}
