"""`[tool.kguard]` of a TOML file, and the lines its keys are on."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.config.errors import ConfigError, Problem, Where
from kguard.config.layer import Locate
from kguard.model import Route

TABLE = ("tool", "kguard")

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
# tomllib takes quadratic time for these; so would a search that begins inside of a word.
_DEEP = re.compile(rb"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){100}")
_HEADER = re.compile(rf"[ \t]*\[(\[?)[ \t]*({_DOTTED})[ \t]*\]")
_ENTRY = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")


def declares(content: bytes) -> bool:
    """Whether a TOML file has a `[tool.kguard]`; True for a broken one, so that it is reported."""
    if _DEEP.search(content):
        return True
    try:
        tool = tomllib.loads(content.decode("utf-8-sig")).get("tool")
    except (ValueError, RecursionError):
        return True
    return isinstance(tool, Mapping) and "kguard" in tool


def parse(name: str, content: bytes) -> tuple[Mapping[str, Any], Locate]:
    """The table and the places in it; raises ConfigError for broken TOML or a missing table."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(Where(name, line), "not UTF-8 text")]) from None
    lines = text.replace("\r\n", "\n").split("\n")
    if _DEEP.search(content):
        raise ConfigError([Problem(Where(name), "nested too deeply")])
    try:
        data: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_broken(name, str(error), lines)]) from None
    except RecursionError:
        raise ConfigError([Problem(Where(name), "nested too deeply")]) from None
    for key in TABLE:
        data = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping):
        raise ConfigError([Problem(Where(name), "no table `[tool.kguard]`")])
    entries = list(_entries(lines))

    def locate(route: Route, at_key: bool) -> Where:
        return _nearest(name, entries, lines, (*TABLE, *route))

    return _plain(data), locate


def _broken(name: str, message: str, lines: list[str]) -> Problem:
    """tomllib says where in the text of its message (and only there before Python 3.14)."""
    match = _POSITION.search(message)
    line = column = 0
    if match:
        message = message[: match.start()]
        # "at end of document" is the end of the last line.
        line = int(match[1] or len(lines))
        column = int(match[2] or len(lines[-1]) + 1)
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return Problem(Where(name, line, column, 0, text), f"{message[:1].lower()}{message[1:]}")


def _plain(value: Any) -> Any:
    """The value with dates as YAML and JSON would give them: text."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value


def _entries(lines: list[str]) -> Iterator[tuple[Route, int]]:
    """Every table header and `key =` with its route and line number.

    A search line by line, not a parser: inside a string of several lines it may see keys that are
    none. It only serves to point at a line, and the deepest match wins.
    """
    table: Route = ()
    counts: dict[Route, int] = {}
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            table = _keys(header[2])
            if header[1]:
                index = counts[table] = counts.get(table, -1) + 1
                table = (*table, index)
            else:
                # `[a.b]` after `[[a]]` belongs to the last item of `a`.
                table = _inside_last(table, counts)
            yield table, number
        elif entry := _ENTRY.match(line):
            yield (*table, *_keys(entry[1])), number


def _keys(dotted: str) -> Route:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


def _inside_last(table: Route, counts: Mapping[Route, int]) -> Route:
    for length in range(len(table), 0, -1):
        if (index := counts.get(table[:length])) is not None:
            return (*table[:length], index, *table[length:])
    return table


def _nearest(name: str, entries: list[tuple[Route, int]], lines: list[str], route: Route) -> Where:
    """The line whose key shares the longest beginning with the route, under its key."""
    fitting = [(len(r), -number) for r, number in entries if route[: len(r)] == r]
    if not fitting:
        return Where(name)
    number = -max(fitting)[1]
    text = lines[number - 1]
    start = len(text) - len(text.lstrip())
    match = _ENTRY.match(text)
    end = match.end(1) if match else len(text.rstrip())
    return Where(name, number, start + 1, end + 1, text)
