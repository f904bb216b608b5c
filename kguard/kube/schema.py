"""The kinds of Kubernetes and their fields in every listed release: the table kube_schema.json.

It is made by tools/kube_schema.py from the published specifications and read on first use.

- `kinds`: `apps/v1 Deployment` leads to a struct; `@28`, `@28-31` or `@-31` behind it are the
  releases (1.28, 1.28 to 1.31, up to 1.31) that have it, where those are not all that are listed.
- `apis`: versions that are or were to go: introduced, deprecated, removed in 1.x (0: nobody said),
  and what replaces them.
- `structs`: fields of an object. A field is `!` where it is required, `[]` and `{}` around for
  lists and maps, then a struct's name or a letter of SCALARS, `<A|B@30>` for the values that are
  allowed, and releases as above.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from kguard.model import Resource
from kguard.record import record

STRING, INT32, INT64, BOOLEAN, NUMBER = "s", "i", "l", "b", "n"
BYTES, QUANTITY, TIME, MICRO_TIME, INT_OR_STRING, ANYTHING = "y", "q", "t", "m", "x", "*"
SCALARS = frozenset({STRING, INT32, INT64, BOOLEAN, NUMBER, BYTES, QUANTITY, TIME, MICRO_TIME})

_FIELD = re.compile(r"(!?)((?:\[\]|\{\})*)([^<@]+)(?:<(.*)>)?(?:@(.*))?")

_ALWAYS = (0, 999)


@record
class Span:
    """The minor releases, first and last, that have something; see `_ALWAYS`."""

    since: int
    until: int

    def holds(self, minor: int) -> bool:
        """Whether a release has it."""
        return self.since <= minor <= self.until


@record(eq=False)
class Field:
    """A field of a struct: what is `around` it (`[]`, `{}`), and a letter or a struct's name.

    `choices` are the only values a string may have, with the releases that know them.
    """

    required: bool
    around: str
    inner: str
    choices: Mapping[str, Span]
    span: Span


@record
class Lifecycle:
    """When a version of an API came and goes, in minor releases of 1 (0: not said)."""

    introduced: int
    deprecated: int
    removed: int
    replacement: str


@record
class Kind:
    """A kind under one apiVersion: its struct and the releases that have it."""

    struct: str
    span: Span


@cache
def _table() -> Mapping[str, Any]:
    path = os.path.join(os.path.dirname(__file__), "kube_schema.json")
    with open(path, encoding="utf-8") as file:
        table: Mapping[str, Any] = json.load(file)
    return table


def releases() -> tuple[int, int]:
    """The first and the last minor release of 1 that the table knows."""
    first, last = _table()["releases"]
    return first, last


def said(api_version: str, kind: str) -> str:
    """How the table names a kind: `apps/v1 Deployment`."""
    return f"{api_version} {kind}"


@cache
def kind(name: str) -> Kind | None:
    """A kind by its name in the table, None for what no listed release has."""
    written = _table()["kinds"].get(name)
    if written is None:
        return None
    struct, _, span = written.partition("@")
    return Kind(struct, _span(span))


@cache
def lifecycle(name: str) -> Lifecycle | None:
    """What was announced about a kind under one apiVersion, None for nothing."""
    found = _table()["apis"].get(name)
    return Lifecycle(*found) if found else None


@cache
def struct(name: str) -> Mapping[str, Field]:
    """The fields of a struct; empty for a name that is none."""
    fields = _table()["structs"].get(name, {})
    return {key: _field(text) for key, text in fields.items()}


@cache
def required(name: str) -> tuple[str, ...]:
    """The fields that a struct cannot do without."""
    return tuple(key for key, field in struct(name).items() if field.required)


@cache
def is_struct(name: str) -> bool:
    """Whether a field's `inner` is a struct."""
    return name in _table()["structs"]


@cache
def versions_of(group: str, kind_name: str) -> tuple[str, ...]:
    """The apiVersions of a group under which listed releases have a kind, stable ones first."""
    found = []
    for name in _table()["kinds"]:
        api_version, _, known = name.partition(" ")
        if known == kind_name and api_version.rpartition("/")[0] == group:
            found.append(api_version)
    return tuple(sorted(found, key=lambda version: ("alpha" in version, "beta" in version)))


@cache
def groups_of(kind_name: str) -> tuple[str, ...]:
    """The groups in which listed releases have a kind."""
    names = (name.partition(" ") for name in _table()["kinds"])
    found = (api.rpartition("/")[0] for api, _, known in names if known == kind_name)
    return tuple(dict.fromkeys(found))


@cache
def kinds_in(group: str) -> tuple[str, ...]:
    """The kinds that listed releases have in a group."""
    names = (name.partition(" ") for name in _table()["kinds"])
    found = (known for api, _, known in names if api.rpartition("/")[0] == group)
    return tuple(dict.fromkeys(found))


@cache
def known_groups() -> frozenset[str]:
    """All groups that Kubernetes itself serves or served."""
    names = (*_table()["kinds"], *_table()["apis"])
    return frozenset(name.partition(" ")[0].rpartition("/")[0] for name in names)


def kind_of(resource: Resource) -> Kind | None:
    """The kind of an object in the table; None for custom resources and what came and went."""
    return kind(said(resource.api_version, resource.kind))


def _field(text: str) -> Field:
    match = _FIELD.fullmatch(text)
    assert match is not None, text
    required, around, inner, choices, span = match.groups()
    allowed: dict[str, Span] = {}
    for choice in choices.split("|") if choices else ():
        word, _, during = choice.partition("@")
        allowed[word] = _span(during)
    return Field(bool(required), around, inner, allowed, _span(span or ""))


def _span(text: str) -> Span:
    since, _, until = text.partition("-")
    return Span(int(since or _ALWAYS[0]), int(until or _ALWAYS[1]))
