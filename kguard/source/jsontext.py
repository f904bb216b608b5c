"""JSON documents in a file: data as Go's encoding/json reads it, and nodes with positions.

kubectl tries JSON first where a file begins with `{` (apimachinery pkg/util/yaml/decoder.go,
YAMLOrJSONDecoder); JSON that is not quite YAML (`"b\\/c"`, long keys) is read like that only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kguard.record import record
from kguard.source.text import Unreadable
from kguard.source.tree import Tree

DecodeError = json.JSONDecodeError

_SPACE = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(r'[ \t\n\r,:]*([{}\[\]]|"(?:[^"\\]|\\.)*"|[^\s,:{}\[\]"]+)')
_SURROGATE = re.compile("[\ud800-\udfff]")
# The longest number that fits 64 bits has 20 characters; longer ones are floats.
_INT64_CHARACTERS = 20


@record
class Value:
    """One JSON value of a stream: data, the offsets of its text, whether a key is repeated."""

    data: Any
    start: int
    end: int
    repeats: bool


def values(text: str) -> Iterator[Value]:
    """The JSON values at the beginning of `text`, up to where it stops being JSON.

    Raises ValueError there (json.JSONDecodeError), RecursionError for very deep nesting and
    Unreadable for a number that no float can hold.
    """
    repeats = False

    def member(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeats
        data = dict(pairs)
        repeats = repeats or len(data) != len(pairs)
        return data

    decoder = json.JSONDecoder(
        object_pairs_hook=member,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=_refuse,
    )
    at = _skip(text, 0)
    while at < len(text):
        repeats = False
        data, end = decoder.raw_decode(text, at)
        yield Value(_repair(data) if "\\u" in text[at:end] else data, at, end, repeats)
        at = _skip(text, end)


def _mark(offset: int) -> Mark:
    return Mark("", offset, 0, 0, None, 0)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _integer(text: str) -> int | float:
    if len(text) <= _INT64_CHARACTERS:
        number = int(text)
        if -(2**63) <= number < 2**63:
            return number
    return _number(text)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise Unreadable(f"the number `{text[:40]}` is out of range")
    return number


def _refuse(text: str) -> float:
    raise ValueError(f"`{text}` is no JSON")


def _repair(data: Any) -> Any:
    """`data` with U+FFFD in place of lone surrogates, as Go decodes `\\ud800`."""
    if isinstance(data, str):
        return _SURROGATE.sub("\ufffd", data)
    if isinstance(data, list):
        return [_repair(item) for item in data]
    if isinstance(data, dict):
        return {_repair(key): _repair(value) for key, value in data.items()}
    return data


def compose(text: str) -> Tree:
    """The node tree of a text that `values` has read as one value. Uses no stack."""
    stack: list[tuple[Any, list[Node]]] = []
    root: Node | None = None
    for found in _TOKEN.finditer(text):
        token, start, end = found[1], found.start(1), found.end(1)
        if token in "}]":
            node, children = stack.pop()
            paired = isinstance(node, MappingNode)
            node.value = (
                list(zip(children[::2], children[1::2], strict=True)) if paired else children
            )
            node.end_mark = _mark(end)
            continue
        marks = (_mark(start), _mark(end))
        new: Node
        if token == "{":
            new = MappingNode("", [], *marks, True)
        elif token == "[":
            new = SequenceNode("", [], *marks, True)
        else:
            value = _repair(json.loads(token, parse_int=_integer)) if token[0] == '"' else token
            tag: Any = (value,)
            new = ScalarNode(tag, str(value), *marks, None)
        if stack:
            stack[-1][1].append(new)
        else:
            root = new
        if token in "{[":
            stack.append((new, []))
    if root is None:
        raise Unreadable("no JSON value")
    return Tree(root)
