"""Nothing nested too deep gets through, and nothing else is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kguard.webhook.cluster.decode import MAX_DEPTH, decode


def nested(levels: int, inner: str = "1", *, lists: bool = False) -> str:
    begin, end = ("[", "]") if lists else ('{"x": ', "}")
    return begin * levels + inner + end * levels


def depth(value: Any) -> int:
    """How many levels of containers there are, without recursion."""
    level, count = [value], 0
    while level := [each for each in level if isinstance(each, (dict, list))]:
        count += 1
        level = [x for each in level for x in (each.values() if isinstance(each, dict) else each)]
    return count


@pytest.mark.parametrize(
    "text",
    [
        "1",
        '"text"',
        "null",
        '{"a": [1, {"b": "}]{[\\" \\\\"}], "é": "\\ud83d\\ude00"}',
        nested(MAX_DEPTH),
        nested(MAX_DEPTH, lists=True),
        json.dumps({str(n): [n, {"x": "["}] for n in range(MAX_DEPTH)}),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_not_too_deep_is_itself(text: str) -> None:
    assert decode(text.encode()) == json.loads(text)


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 500, 990, 1100, 5000, 100_000])
@pytest.mark.parametrize("lists", [False, True], ids=["mappings", "lists"])
def test_what_is_too_deep_is_cut(levels: int, lists: bool) -> None:
    inner = nested(levels, '"a \\" ] } {"', lists=lists)
    found = decode(f'{{"before": [1, "{{"], "deep": {inner}, "after": {{"y": []}}}}'.encode())
    assert depth(found) == MAX_DEPTH
    assert (found["before"], found["after"]) == ([1, "{"], {"y": []})


def test_several_deep_ones_in_one_text() -> None:
    one = f'{{"name": "a", "deep": {nested(3000)}}}'
    found = decode(f"[{one}, 1, {one}, {{}}, {one}]".encode())
    assert [each if isinstance(each, int) else each.get("name") for each in found] == [
        "a",
        1,
        "a",
        None,
        "a",
    ]
    assert depth(found) == MAX_DEPTH


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nonsense",
        b'{"a": }',
        b'{"a": "\xff"}',
        b'{"a": 1} {"b": 2}',
        b"[" * 5000,
        b"]" * 5000,
        b"[" * 5000 + b"]" * 4999,
        b'["' + b"[" * 5000,
        nested(5000).encode() + b"nonsense",
    ],
    ids=lambda text: repr(text[:12] + text[-5:]),
)
def test_what_is_no_json(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Extra data|decode byte|Unterminated|brackets"):
        decode(text)
