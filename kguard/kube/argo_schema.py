"""The fields of Argo's workflow objects in every listed version: the table argo_schema.json.

It is made by tools/argo_schema.py from the published specifications and read on first use. A field
is `[]` and `{}` around for lists and maps, then a struct's name (Argo's, else one of Kubernetes) or
a letter of kguard.kube.schema, `*` for anything, then `@3.6` or `@-3.7` for the first and the last
version that have it, where those are not all that are listed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from kguard.kube import schema
from kguard.quantity.versions import major_minor
from kguard.record import record

Version = tuple[int, int]

# Structs that are a container of Kubernetes with more fields (tools/argo_schema.py).
_CONTAINERS = ("ContainerNode", "ScriptTemplate", "UserContainer")

_FIELD = re.compile(r"((?:\[\]|\{\})*)([^@]+)(?:@([\d.]*)-?([\d.]*))?")


@record
class ArgoField:
    """A field of a struct: what is `around` it (`[]`, `{}`), a letter or a struct, its versions."""

    around: str
    inner: str
    since: Version | None = None
    until: Version | None = None

    def holds(self, version: Version) -> bool:
        """Whether a version of Argo has it."""
        early = self.since is not None and version < self.since
        return not early and (self.until is None or version <= self.until)


@cache
def _table() -> Mapping[str, Any]:
    path = os.path.join(os.path.dirname(__file__), "argo_schema.json")
    with open(path, encoding="utf-8") as file:
        table: Mapping[str, Any] = json.load(file)
    return table


def newest() -> Version:
    """The newest version that the table knows."""
    return major_minor(_table()["newest"])


def oldest() -> Version:
    """The oldest version whose fields the table knows."""
    return major_minor(_table()["oldest"])


@cache
def struct(name: str) -> Mapping[str, ArgoField]:
    """The fields of a struct of Argo or of Kubernetes; empty for a name that is none."""
    own = _table()["structs"].get(name)
    if own is None:
        return {key: ArgoField(f.around, f.inner) for key, f in schema.struct(name).items()}
    base = struct("Container") if name in _CONTAINERS else {}
    return {**base, **{key: _field(text) for key, text in own.items()}}


def is_argo(name: str) -> bool:
    """Whether a struct is Argo's own."""
    return name in _table()["structs"]


def _field(text: str) -> ArgoField:
    match = _FIELD.fullmatch(text)
    assert match is not None, text
    around, inner, since, until = match.groups()
    return ArgoField(
        around, inner, major_minor(since) if since else None, major_minor(until) if until else None
    )
