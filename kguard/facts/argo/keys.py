"""Which keys the Argo controller's configuration may have, by version.

The controller parses its ConfigMap strictly (argo-workflows config/controller.go, parseConfigMap:
UnmarshalStrict) and exits on a key it does not know. The table beside this module is made by
tools/argo_keys.py from the structs of argo-workflows at one git tag per minor version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kguard.model import Route
from kguard.quantity.versions import major_minor
from kguard.record import record
from kguard.words import closest

Version = tuple[int, int]


@record
class UnknownKey:
    """A key no listed version has, or not the one asked for: the route of keys that leads to it.

    `since` and `until` say which versions have it, empty where none does. `meant` is the key it
    was likely meant to be, `home` the mapping that it belongs into.
    """

    keys: Route
    since: str = ""
    until: str = ""
    meant: str = ""
    home: str = ""


@cache
def _table() -> Mapping[str, Any]:
    path = Path(__file__).with_name("keys.json")
    table: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return table


def listed_versions() -> tuple[Version, Version]:
    """The oldest and the newest version the table knows."""
    versions = _table()["versions"]
    return major_minor(versions[0]), major_minor(versions[-1])


def knows_any(settings: Mapping[str, Any]) -> bool:
    """Whether any of the top-level keys is a setting of the controller, in any version."""
    return any(_field("Config", key) is not None for key in settings)


def unknown_keys(settings: Mapping[str, Any], version: Version | None) -> Iterator[UnknownKey]:
    """The keys the controller refuses, at every depth of its own structs.

    Without a `version` a key is unknown where no listed version has it. Case does not matter, as
    in Go's encoding/json. Keys that hold placeholders are left out.
    """
    yield from _unknown("Config", settings, (), version)


def _unknown(struct: str, data: Any, route: Route, version: Version | None) -> Iterator[UnknownKey]:
    if not isinstance(data, Mapping):
        return
    for key, value in data.items():
        if not isinstance(key, str) or "{{" in key or "${" in key:
            continue
        here = (*route, key)
        field = _field(struct, key)
        if field is None:
            yield UnknownKey(here, meant=_meant(struct, key, version))
        elif version and not _has(field, version):
            yield UnknownKey(here, field.get("since", ""), field.get("until", ""))
        elif "type" in field:
            for deeper, item in _items(field["type"], value):
                target = field["type"].removeprefix("[]").removeprefix("map[string]")
                yield from _unknown(target, item, (*here, *deeper), version)


def _items(leads_to: str, value: Any) -> Iterator[tuple[Route, Any]]:
    """The values that have the struct's keys: the value itself, or its items."""
    if leads_to.startswith("[]"):
        for number, item in enumerate(value if isinstance(value, list) else ()):
            yield (number,), item
    elif leads_to.startswith("map["):
        for key, item in value.items() if isinstance(value, Mapping) else ():
            yield (key,), item
    else:
        yield (), value


@cache
def _lowered(struct: str) -> Mapping[str, str]:
    return {key.lower(): key for key in _table()["structs"][struct]}


def _field(struct: str, key: Any) -> Mapping[str, str] | None:
    name = _lowered(struct).get(key.lower()) if isinstance(key, str) else None
    return None if name is None else _table()["structs"][struct][name]


def _has(field: Mapping[str, str], version: Version) -> bool:
    since, until = field.get("since"), field.get("until")
    return not (since and version < major_minor(since)) and not (
        until and version > major_minor(until)
    )


def _meant(struct: str, key: str, version: Version | None) -> str:
    known: str | None = _table()["meant"].get(struct, {}).get(key)
    if known:
        return known
    fields = _table()["structs"][struct].items()
    close = closest(key, [n for n, field in fields if version is None or _has(field, version)])
    return close[0] if close else ""
