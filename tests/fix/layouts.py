"""Random documents written in random layouts, with comments that know what they belong to."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

from kguard.model import Route
from kguard.record import field, record
from kguard.source.resolve import plain_value

WORDS = [
    "a",
    "web",
    "on",
    "12",
    "1.5",
    "a b",
    "x: y",
    "# no",
    "é",
    "-",
    "{{x}}",
    "~",
    "0x1f",
    "",
    "l\n",
    "l\n\n",
]
KEYS = ["spec", "name", "on", "8080", "a.b/c", "x y", "limits", "env", "replicas"]
scalars = st.one_of(
    st.sampled_from(WORDS), st.integers(-5, 10**6), st.booleans(), st.none(), st.just(2.5)
)


def collections(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mappings and lists of these values."""
    return st.one_of(
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4), st.lists(inner, max_size=3)
    )


values = st.recursive(scalars, collections, max_leaves=12)
documents = st.dictionaries(st.sampled_from(KEYS), values, min_size=1, max_size=5)


@record(frozen=False, eq=False)
class Written:
    """A document as text; `owners` are the routes that its comments belong to, in their order."""

    random: Random
    text: str = ""
    owners: list[Route] = field(default_factory=list)


def write(random: Random, data: Any) -> Written:
    """Write a document in block style, with parts of it in flow style."""
    out = Written(random)
    step = random.randint(1, 4)
    dash = random.choice([0, step])
    _mapping(out, data, 0, (), step, dash)
    return out


def _chance(out: Written, of: int) -> bool:
    return out.random.randrange(of) == 0


def _comment(out: Written, route: Route) -> str:
    out.owners.append(route)
    return f"# c{len(out.owners) - 1}"


def _lead(out: Written, column: int, route: Route) -> None:
    """Blank lines and comments above an entry."""
    if _chance(out, 6) and not out.text.endswith("\n\n"):  # What `|+` keeps.
        out.text += "\n"
    while _chance(out, 5):
        out.text += " " * column + _comment(out, route) + "\n"


def _end(out: Written, route: Route) -> None:
    if _chance(out, 5):
        out.text += "  " + _comment(out, route)
    out.text += " " * out.random.randint(0, 1) + "\n"


def _mapping(
    out: Written, data: Any, column: int, route: Route, step: int, dash: int, *, go_on: bool = False
) -> None:
    for key, value in data.items():
        here = (*route, key)
        if not go_on:
            _lead(out, column, here)
            out.text += " " * column
        go_on = False
        out.text += _key(out, key, column) + ":"
        _value(out, value, column, here, step, dash, column + step, column + dash)


def _key(out: Written, key: str, column: int) -> str:
    """A key, at times with an anchor, with a tag, or behind a `?`."""
    written = _scalar(out, key)
    if _chance(out, 12):
        written = f"{out.random.choice(['&k', '!!str', '&k !!str'])} {written}"
    return f"? {written}\n{' ' * column}" if _chance(out, 12) else written


def _list(out: Written, data: Any, column: int, route: Route, step: int, dash: int) -> None:
    for number, item in enumerate(data):
        here = (*route, number)
        _lead(out, column, here)
        out.text += " " * column + "-"
        if isinstance(item, dict) and item and _chance(out, 2):
            out.text += " "
            _mapping(out, item, column + 2, here, step, dash, go_on=True)
        else:
            _value(out, item, column, here, step, dash, column + 2, column + 2)


def _value(
    out: Written,
    value: Any,
    column: int,
    route: Route,
    step: int,
    dash: int,
    mapping: int,
    sequence: int,
) -> None:
    """What stands behind a colon or dash, to the end of its lines."""
    if isinstance(value, dict | list) and value and not _chance(out, 4):
        _end(out, route)
        if isinstance(value, dict):
            _mapping(out, value, mapping, route, step, dash)
        else:
            _list(out, value, sequence, route, step, dash)
        return
    if value is None and _chance(out, 2):
        _end(out, route)
        return
    if isinstance(value, str) and value.strip() and _chance(out, 6):
        chomping = {0: "-", 1: "", 2: "+"}[value.count("\n")]
        blank = "\n" * max(0, value.count("\n") - 1)
        indent = " " * max(mapping, column + 1)
        out.text += f" |{chomping}\n{indent}{value.rstrip()}\n{blank}"
        return
    out.text += " " + _flow(out, value, max(mapping, column + 1), route)
    _end(out, route)


def _flow(out: Written, value: Any, column: int, route: Route) -> str:
    if not isinstance(value, dict | list):
        return _scalar(out, value)
    pad = out.random.choice(["", " "])
    if isinstance(value, dict):
        opening, closing = "{", "}"
        pairs = [((*route, k), f"{_scalar(out, k)}: ", v) for k, v in value.items()]
    else:
        opening, closing = "[", "]"
        pairs = [((*route, number), "", item) for number, item in enumerate(value)]
    if pairs and _chance(out, 4):
        lines = ""
        for here, head, item in pairs:
            text = " " * (column + 1) + head + _flow(out, item, column + 1, here)
            comma = "," if here != pairs[-1][0] or _chance(out, 2) else ""
            comment = f" {_comment(out, here)}" if _chance(out, 4) else ""
            lines += f"{text}{comma}{comment}\n"
        return f"{opening}\n{lines}{' ' * column}{closing}"
    inner = [head + _flow(out, item, column + 1, here) for here, head, item in pairs]
    if inner and _chance(out, 6):
        return f"{opening}{pad}{', '.join(inner)},{pad}{closing}"
    return f"{opening}{pad}{', '.join(inner)}{pad}{closing}"


def _scalar(out: Written, value: Any) -> str:
    if not isinstance(value, str) or "\n" in value:
        return json.dumps(value)
    quote = out.random.choice(["", '"', "'"])
    special = set(value) & set(":#{}-~") or not value or value != value.strip()
    if quote == "" and not special and plain_value(value) == value:
        return value
    return "'" + value + "'" if quote == "'" else json.dumps(value, ensure_ascii=False)
