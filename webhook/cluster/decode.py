"""JSON from the API server, with what is nested too deep cut out.

Anybody who may create a WorkflowTemplate may nest it thousands of levels deep: the schema leaves
its templates open. One such object must not keep the others from being read.
"""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 200
"""Levels of mappings and lists. A real object has 30; the decoder gives up at some 1,000."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{\]}]', re.DOTALL)


def decode(text: bytes) -> Any:
    """The value of a JSON text; mappings and lists below MAX_DEPTH levels are null.

    Raises ValueError for what is no JSON in UTF-8.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        return json.loads(_cut(text))
    may_be_deep = text.count(b"{") + text.count(b"[") > MAX_DEPTH
    return json.loads(_cut(text)) if may_be_deep and _deeper(value, MAX_DEPTH) else value


def _deeper(value: Any, levels: int) -> bool:
    """Whether containers are nested in more than so many levels."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(levels):
        if not level:
            return False
        level = [
            child
            for each in level
            for child in (each.values() if type(each) is dict else each)
            if type(child) is dict or type(child) is list
        ]
    return bool(level)


def _cut(text: bytes) -> bytes:
    """The text with null for every mapping and list below MAX_DEPTH levels."""
    kept: list[bytes] = []
    depth = begun = 0
    for token in _TOKEN.finditer(text):
        character = text[token.start()]
        if character in b"[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                kept += (text[begun : token.start()], b"null")
        elif character in b"]}":
            if depth == MAX_DEPTH + 1:
                begun = token.end()
            depth -= 1
    if depth:
        raise ValueError("brackets without their ends")
    return b"".join((*kept, text[begun:]))
