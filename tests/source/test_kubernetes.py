"""What is read against what Kubernetes reads.

`kubernetes.json` holds inputs and what apimachinery v0.34.1 (YAMLOrJSONDecoder, YAMLReader) with
sigs.k8s.io/yaml v1.6.0 made of them: the documents that hold something, and whether any was
refused. Recorded, because Go is not everywhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kguard.source import parser, read

TABLE = json.loads(Path(__file__).with_name("kubernetes.json").read_text("utf-8"))

# Where kguard answers otherwise: the documents it reads and whether it reports an error.
OTHERWISE: dict[str, tuple[list[Any], bool, str]] = {
    "a: ! 12": ([{"a": 12}], False, "libyaml drops the tag `!`"),
    'a: ! "12"': ([{"a": 12}], False, "libyaml drops the tag `!`"),
    "---\n%YAML 1.1\n---\na: 1": (
        [{"a": 1}],
        True,
        "a directive between two separators: null for Kubernetes, reported here",
    ),
    "a: 1\n----\nb: 2": ([{"a": 1}], True, "the document after a bad separator is the broken one"),
    "a: 1\n--- {b: 2}\n": ([{"a": 1}], True, "the document before a bad separator is whole"),
    '{"a": 1} # c': ([{"a": 1}], False, "kubectl stops at the comment"),
    '[1, "b\\/c"]': ([[1, "b/c"]], False, "a JSON list; kubectl takes objects only as JSON"),
}


def typed(data: Any) -> Any:
    """Data in which 1, 1.0 and True differ. Integers beyond 64 bits are floats, as in Go."""
    if isinstance(data, list):
        return [typed(item) for item in data]
    if isinstance(data, dict):
        return {key: typed(value) for key, value in data.items()}
    if isinstance(data, int) and not -(2**63) <= data < 2**63:
        data = float(data)
    return type(data).__name__, data


@pytest.mark.parametrize("row", TABLE, ids=[ascii(row["text"]) for row in TABLE])
def test_reads_what_kubernetes_reads(row: dict[str, Any]) -> None:
    expected = row["documents"], row.get("error", False)
    if row["text"] in OTHERWISE:
        expected = OTHERWISE[row["text"]][:2]
    source = read("x.yaml", row["text"].encode("utf-8"))
    actual = [document.data for document in source.documents], bool(source.errors)
    assert (typed(expected[0]), expected[1]) == (typed(actual[0]), actual[1])


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": 3.0, "b": 12345678901234567890}', {"a": 3.0, "b": 1.2345678901234567e19}),
        ('{"a": "\\ud800", "b": "\\ud83d\\ude00"}', {"a": "\ufffd", "b": "\U0001f600"}),
        ('{"a": "\x7f"}', {"a": "\x7f"}),
        ('{"' + "k" * 2000 + '": 1}', {"k" * 2000: 1}),
    ],
    ids=["numbers keep their form", "lone surrogate", "delete character", "long key"],
)
def test_json_is_not_read_as_yaml(text: str, data: dict[str, Any]) -> None:
    (document,) = read("x.json", text.encode()).documents
    assert typed(data) == typed(document.data)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a: 1\nb: {c: 1, c: 2}\n", [(("b", "c"), (2, 11), (2, 5))]),
        ("1: a\n'1': b\n", [(("1",), (2, 1), (1, 1))]),
        ("y: a\ntrue: b\n", [(("true",), (2, 1), (1, 1))]),
        ("- a: 1\n  a: 2\n  a: 3\n", [((0, "a"), (2, 3), (1, 3)), ((0, "a"), (3, 3), (2, 3))]),
        ('{"a": 1,\n "a": 2}', [(("a",), (2, 2), (1, 2))]),
        ("x: &x {a: 1}\ny: {a: 2, <<: *x}\n", []),
        ("x: &x {a: 1}\ny: {<<: *x, a: 2, b: 1}\n", []),
        ("x: &x {a: 1}\nw: {<<: *x, a: 2, a: 3}\n", [(("w", "a"), (2, 19), (2, 13))]),
        ("x: &x {a: 1, a: 2}\ny: *x\n", [(("x", "a"), (1, 14), (1, 8))]),
        ("---\na: 1\n---\nb: 1\nb: 2\n", [(("b",), (5, 1), (4, 1))]),
    ],
)
def test_duplicate_keys(text: str, keys: list[Any]) -> None:
    found = [
        (each.route, (each.span.line, each.span.column), (each.first.line, each.first.column))
        for document in read("x.yaml", text.encode()).documents
        for each in document.duplicates
    ]
    assert keys == found


def test_of_duplicate_keys_the_last_is_kept_and_found() -> None:
    (document,) = read("x.yaml", b"a: 1\na: 22\n").documents
    assert document.data == {"a": 22}
    assert _tuple(document.locate(("a",)).span) == (2, 4, 2, 6)


def _tuple(span: Any) -> tuple[int, int, int, int]:
    return span.line, span.column, span.end_line, span.end_column


def test_a_broken_document_costs_only_itself() -> None:
    text = b"# head\n---\na: 1\n---\nb: [1\n---\n# nothing\n---\nc: 3\n--- d: 4\n---\ne: 5\n"
    source = read("x.yaml", text)
    assert [(each.index, each.line) for each in source.documents] == [(0, 3), (2, 9), (4, 12)]
    assert [each.data for each in source.documents] == [{"a": 1}, {"c": 3}, {"e": 5}]
    assert [error.line for error in source.errors] == [6, 10]


def test_text_after_the_end_mark_is_reported() -> None:
    source = read("x.yaml", b"a: 1\n...\nb: 2\n---\nc: 3\n")
    assert [each.data for each in source.documents] == [{"a": 1}, {"c": 3}]
    assert [(error.line, error.column) for error in source.errors] == [(3, 1)]
    assert "`...`" in source.errors[0].message


def test_line_ends_and_byte_order_mark() -> None:
    source = read("x.yaml", "\ufeffa: |\r\n  x\r\n  y\r\nb: é\r\n".encode())
    assert (source.bom, source.crlf) == (True, True)
    assert source.text == "a: |\n  x\n  y\nb: é\n"
    assert source.documents[0].data == {"a": "x\ny\n", "b": "é"}
    assert source.line(2) == "  x"
    assert source.line(99) == ""


def test_carriage_returns_alone_end_lines() -> None:
    source = read("x.yaml", b"a: 1\rb: 2\r---\rc: 3\r")
    assert [each.data for each in source.documents] == [{"a": 1, "b": 2}, {"c": 3}]
    assert not source.crlf
    assert source.documents[1].line == 4


# What PyYAML's own parser reads otherwise than libyaml.
PYTHON_PARSER_DIFFERS = {'a: "\\ud83d\\ude00"', "a:\tb", "a: b\t"}


@pytest.mark.parametrize("row", TABLE, ids=[ascii(row["text"]) for row in TABLE])
def test_without_libyaml(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    text = row["text"].encode("utf-8")
    fast = [document.data for document in read("x.yaml", text).documents]
    monkeypatch.setattr(parser, "open_parser", parser.python_parser)
    slow = [document.data for document in read("x.yaml", text).documents]
    assert (typed(fast) != typed(slow)) == (row["text"] in PYTHON_PARSER_DIFFERS)
