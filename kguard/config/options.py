"""Options as text, from the command line and the environment, into the format of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kguard.config.errors import ConfigError, Problem, Where
from kguard.config.layer import Layer, parse_yaml
from kguard.config.validate import load_schema
from kguard.model import Route

ROUTES: Mapping[str, Route] = {
    "profile": ("profile",),
    "select": ("select",),
    "extend-select": ("extend-select",),
    "ignore": ("deselect",),
    "deselect": ("deselect",),
    "fail-on": ("fail-on",),
    "min-severity": ("min-severity",),
    "min-confidence": ("min-confidence",),
    "kube-version": ("kube-version",),
    "exclude": ("exclude",),
    "context": ("context",),
    "complete": ("complete",),
    "baseline": ("baseline",),
    "image-map": ("image-map",),
    "helm": ("helm", "render"),
    "helm-values": ("helm", "values"),
    "helm-set": ("helm", "set"),
    "kustomize": ("kustomize", "render"),
    "argo-version": ("argo", "version"),
    "argo-controller-config": ("argo", "controller-config"),
}
"""Every option that is a setting: `--NAME`, and `KGUARD_NAME` in the environment.

`--ignore` takes away policies as `deselect` does; `ignore` in a file accepts single findings.
KGUARD_HELM and KGUARD_KUSTOMIZE are no settings: they name the programs.
"""

PROGRAMS = ("helm", "kustomize")
"""Options whose variable names a program."""

VARIABLES: Mapping[str, Route] = {
    f"KGUARD_{name.upper().replace('-', '_')}": route
    for name, route in ROUTES.items()
    if name not in PROGRAMS
}
"""Every variable of the environment that is a setting."""
_WHOLE = ("exclude", "context", "helm-values", "helm-set")
"""Options whose values are taken as they are: a comma is part of them."""

_KEY_VALUE = re.compile(r"([A-Za-z][\w-]*(?:\.[^=./\\]+)*)=(.*)", re.S)
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


def is_override(text: str) -> bool:
    """Whether the value of `--config` is a KEY=VALUE; else it is a file."""
    return _KEY_VALUE.fullmatch(text) is not None


def options_layer(given: Mapping[str, str | bool | Sequence[str]], folder: str) -> Layer:
    """The layer of the options on the command line, by name without dashes.

    Options that repeat come as sequences; each item may hold several selectors with commas
    between, but paths and globs are taken as they are. Raises ConfigError.
    """
    schema = load_schema() if given else {}
    data: dict[str, Any] = {}
    names: dict[Route, str] = {}
    problems: list[Problem] = []
    for option, value in given.items():
        where = f"--{option}"
        route = ROUTES[option]
        if isinstance(value, str):
            value = _value(value, fragment(schema, route) or {}, where, problems)
        elif not isinstance(value, bool):
            whole = option in _WHOLE
            value = [part for item in value for part in ([item] if whole else _parts(item))]
            # A shell variable that is not set would switch every policy off.
            if option == "select" and not value:
                problems.append(Problem(Where(where), "is empty"))
        _merge(data, route, value)
        names[route] = where
    return _layer(data, names, folder, problems)


def environment_layer(environment: Mapping[str, str], folder: str) -> Layer:
    """The layer of the variables `KGUARD_<OPTION>`; empty ones count as unset.

    Lists have commas between their items. Variables that are no option are left alone; see
    kguard.config.variables. Raises ConfigError.
    """
    given = {name: environment[name] for name in VARIABLES if environment.get(name)}
    schema = load_schema() if given else {}
    data: dict[str, Any] = {}
    names: dict[Route, str] = {}
    problems: list[Problem] = []
    for name, text in given.items():
        route = VARIABLES[name]
        _merge(data, route, _value(text, fragment(schema, route) or {}, name, problems))
        names[route] = name
    return _layer(data, names, folder, problems)


def flag(environment: Mapping[str, str], name: str) -> bool:
    """Whether a variable that is true or false is true; unset is false. Raises ConfigError."""
    word = environment.get(name, "").lower()
    if word and word not in _YES | _NO:
        raise ConfigError([Problem(Where(name), f"`{word}` is neither true nor false")])
    return word in _YES


def override_layer(pairs: Sequence[str], folder: str) -> tuple[Layer, list[Route]]:
    """The layer of `--config KEY=VALUE`, and the routes that were set; raises ConfigError."""
    schema = load_schema() if pairs else {}
    data: dict[str, Any] = {}
    names: dict[Route, str] = {}
    problems: list[Problem] = []
    for pair in pairs:
        match = _KEY_VALUE.fullmatch(pair)
        if match is None:
            raise ValueError(f"{pair!r} is no KEY=VALUE")
        where = f"--config {match[1]}"
        route = tuple(match[1].split("."))
        # A key that the schema does not know is kept, so that validation can name it.
        value = _value(match[2], fragment(schema, route) or {}, where, problems)
        if not _merge(data, route, value, replace=True):
            problems.append(Problem(Where(where), "contradicts another `--config`"))
        names[route] = where
    return _layer(data, names, folder, problems), list(names)


def _layer(
    data: Mapping[str, Any], names: Mapping[Route, str], folder: str, problems: Sequence[Problem]
) -> Layer:
    if problems:
        raise ConfigError(problems)

    def locate(route: Route, at_key: bool) -> Where:
        fitting = [r for r in names if r == route[: len(r)] or route == r[: len(route)]]
        return Where(names[max(fitting, key=len)] if fitting else "command line")

    return Layer(data, locate, folder)


def _value(text: str, schema: Mapping[str, Any], where: str, problems: list[Problem]) -> Any:
    """The value a text stands for where a schema's value is expected."""
    kind = schema.get("type", "string" if "enum" in schema else None)
    if kind == "string":
        return text
    if kind == "boolean":
        if text.lower() in _YES | _NO:
            return text.lower() in _YES
        problems.append(Problem(Where(where), f"`{text}` is neither true nor false"))
        return False
    if kind == "array" and text.lstrip()[:1] not in ("[", "{"):
        return _parts(text)
    if isinstance(kind, list) and "string" in kind and text.lstrip()[:1] not in ("[", "{"):
        return text
    try:
        return _yaml(text)
    except ConfigError as error:
        problems += [Problem(Where(where), p.message, p.help) for p in error.problems]
        return None


def _yaml(text: str) -> Any:
    # As the value of a key, so that scalars and lists can be read like a whole file.
    data, _ = parse_yaml("--config", b"value: " + text.encode("utf-8", "surrogateescape"))
    if set(data) != {"value"}:
        raise ConfigError([Problem(Where("--config"), "more than one value")])
    return data["value"]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def fragment(schema: Mapping[str, Any], route: Route) -> Mapping[str, Any] | None:
    """The part of the schema for a route, None where it knows no such key."""
    here: Any = schema
    for key in route:
        here = here.get("properties", {}).get(key, here.get("additionalProperties"))
        if not isinstance(here, Mapping):
            return None
        if "$ref" in here:
            here = {**schema["$defs"][here["$ref"].rpartition("/")[2]], **here}
    found: Mapping[str, Any] = here
    return found


def _merge(data: dict[str, Any], route: Route, value: Any, *, replace: bool = False) -> bool:
    """Set a value at a route, adding to a list there; False where a scalar is in the way."""
    for key in route[:-1]:
        data = data.setdefault(str(key), {})
        if not isinstance(data, dict):
            return False
    last = str(route[-1])
    if not replace and isinstance(value, list) and isinstance(data.get(last), list):
        value = data[last] + value
    data[last] = value
    return True
