"""Shape of a configuration: schema.json, and the parameters' schemas of the policies it names.

jsonschema takes longer to import than a small check takes to run, so what it found valid is
remembered in the user's cache and not judged again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kguard import cache
from kguard.config.errors import Problem
from kguard.config.layer import Layer
from kguard.model import Route, dig, named_route
from kguard.policy.registry import Registry
from kguard.record import replace
from kguard.words import choices_hint

SCHEMA = os.path.join(os.path.dirname(__file__), "schema.json")

NEVER_CODE = "a configuration never names code: use `--policies DIR` or `KGUARD_POLICIES`"
_CODE_KEYS = frozenset(
    f"{first}{separator}{second}"
    for first in ("policies", "policy", "rules", "rule", "custom-policies", "checks", "plugin")
    for separator in ("-", "_")
    for second in ("dir", "dirs", "folder", "folders", "path", "paths", "file", "files")
) | {"plugins", "plugin", "custom-policies", "external-checks", "python", "entry-points", "load"}

_GIVEN = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}
_WANTED = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}


def load_schema() -> dict[str, Any]:
    """The JSON Schema of the format."""
    schema: dict[str, Any] = json.loads(_schema_text())
    return schema


def check_shape(layer: Layer, registry: Registry) -> list[Problem]:
    """Every fault in a layer's shape and in the parameters it gives to policies; none is valid.

    Names of policies are not looked at here, only the parameters under those that exist.
    """
    if not layer.data:
        return []
    parameters = list(_parameters(layer.data, registry))
    stamp = _stamp(layer.data, parameters)
    if cache.load(stamp) is not None:
        return []
    problems = list(judge(layer, layer.data, load_schema(), ()))
    for route, value, schema in parameters:
        problems += judge(layer, value, schema, route)
    if not problems:
        cache.store(stamp, b"")
    return problems


def judge(layer: Layer, value: Any, schema: Mapping[str, Any], base: Route) -> Iterator[Problem]:
    """The problems that a JSON Schema finds in one value, which stands at `base` in the layer."""
    import jsonschema

    incomplete = set()
    for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
        if error.validator == "required":  # There is one for each key, which are named at once.
            said = (*error.absolute_path, *error.validator_value)
            if said in incomplete:
                continue
            incomplete.add(said)
        yield from _explain(layer, error, (*base, *error.absolute_path))


def _explain(layer: Layer, error: Any, route: Route) -> Iterator[Problem]:
    """What a jsonschema error means, in the words of whoever wrote the value."""
    name = f"`{named_route(layer.data, route)}`" if route else "the configuration"
    match error.validator:
        case "additionalProperties":
            known = error.schema.get("properties", {})
            for key in error.instance:
                if key not in known:
                    yield _unknown_key(layer, (*route, key), known)
            return
        case "type":
            yield _wrong_type(layer, route, name, error)
            return
        case "enum" if error.instance is None:
            message = f"{name} is empty"
        case "enum":
            hint = choices_hint(error.instance, _choices(error.validator_value))
            message = f"{name} cannot be {_quoted(error.instance)}{hint}"
        case "minLength" | "minItems" | "minProperties":
            message = f"{name} is empty"
        case "required":
            missing = [f"`{key}`" for key in error.validator_value if key not in error.instance]
            message = f"{name} lacks {', '.join(missing)}"
        case "pattern" if "errorMessage" in error.schema:
            message = f"{_quoted(error.instance)} {error.schema['errorMessage']}"
            if layer.locate(route, False).line:  # An option or a variable has said its name.
                message = f"{name}: {message}"
        case _ if "errorMessage" in error.schema:
            message = f"{name} {error.schema['errorMessage']}"
        case _:  # Whatever else a policy's page asks of its parameters.
            message = f"{name}: {error.message[:200]}"
    yield layer.problem(route, message)


def _unknown_key(layer: Layer, route: Route, known: Iterable[str]) -> Problem:
    key = str(route[-1])
    if key.lower() in _CODE_KEYS:
        return layer.problem(route, f"`{key}` cannot be set here", NEVER_CODE, at_key=True)
    inside = f" in `{named_route(layer.data, route[:-1])}`" if route[:-1] else ""
    hint = choices_hint(key, known)
    return layer.problem(route, f"unknown key `{key}`{inside}{hint}", at_key=True)


def _wrong_type(layer: Layer, route: Route, name: str, error: Any) -> Problem:
    wanted = error.validator_value
    wanted = [wanted] if isinstance(wanted, str) else wanted
    given = _GIVEN.get(type(error.instance)) or _quoted(error.instance)
    message = f"{name} takes {' or '.join(_WANTED[w] for w in wanted)}; {given} was given"
    help = ""
    if wanted == ["string"] and isinstance(error.instance, int | float):
        where = layer.locate(route, False)
        # The text itself, because 1.30 has become 1.3 by now.
        text = where.text[where.column - 1 : where.end_column - 1] if where.end_column else ""
        if not text or text[0] in "[{&*!":
            text = str(error.instance)
        help = f'write it in quotes: "{text}"'
    elif wanted == ["array"] and isinstance(error.instance, str):
        help = f"write it as a list: [{error.instance}]"
    elif wanted == ["object"] and isinstance(error.instance, bool) and route[:-1] == ():
        if "render" in error.schema.get("properties", {}):
            help = f"write `{route[-1]}: {{render: {json.dumps(error.instance)}}}`"
    elif wanted == ["object"] and route == ("policies",):
        help = NEVER_CODE
    return layer.problem(route, message, help)


def _choices(values: Iterable[Any]) -> Iterator[str]:
    """The words users choose from; beside `off` false is what YAML makes of it, and no other."""
    listed = list(values)
    for value in listed:
        if value is not False or "off" not in listed:
            yield value if isinstance(value, str) else json.dumps(value)


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"`{text if len(text) <= 60 else text[:59] + '…'}`"


def usable(layer: Layer, problems: Iterable[Problem]) -> Layer:
    """The layer without the values that have the wrong shape, so that the rest can be judged."""
    data: Any = layer.data
    for problem in problems:
        if (route := _unusable(data, problem.route)) is not None:
            data = without(data, route)
    return replace(layer, data=data)


def _unusable(data: Any, route: Route) -> Route | None:
    """How much has to go because of a problem at a route; None where nothing has to."""
    match route:
        case ("policies", _, "params", _, *_):
            return route[:4]
        case ("policies", _, _, *_):
            return route[:3]
        case ("overrides", int(), "policies", _, "params", _, *_):
            return route[:6]
        case ("overrides", int(), "policies", _, _, *_):
            return route[:5]
        case ("overrides", int(), "policies", *_):
            return route[:4]
        case ("overrides" | "ignore", int(), _, *_):
            return route[:3]
        case ("overrides" | "ignore" | "policies", _):
            # A condition or key that it lacks does not make the others unusable.
            return route if not isinstance(dig(data, *route), Mapping) else None
    return route[:1]


def without(data: Any, route: Route) -> Any:
    """The data without what is at a route; an item of a list becomes empty, to keep its place."""
    key, rest = route[0], route[1:]
    if isinstance(data, list) and isinstance(key, int):
        item = without(data[key], rest) if rest else {}
        return [*data[:key], item, *data[key + 1 :]]
    if not isinstance(data, Mapping) or key not in data:
        return data
    if rest:
        return {**data, key: without(data[key], rest)}
    return {name: value for name, value in data.items() if name != key}


def policy_tables(data: Mapping[str, Any]) -> Iterator[tuple[Route, str, Mapping[str, Any]]]:
    """Every entry under a `policies` mapping: the route to it, the name used, and the entry.

    Entries of another shape are left out: the schema complains of them.
    """
    overrides = data.get("overrides")
    places: list[tuple[Route, Any]] = [(("policies",), data.get("policies"))]
    for index, override in enumerate(overrides if isinstance(overrides, list) else ()):
        if isinstance(override, Mapping):
            places.append((("overrides", index, "policies"), override.get("policies")))
    for route, table in places:
        if isinstance(table, Mapping):
            for name, entry in table.items():
                if isinstance(entry, Mapping):
                    yield (*route, name), name, entry


def _parameters(
    data: Mapping[str, Any], registry: Registry
) -> Iterator[tuple[Route, Any, Mapping[str, Any]]]:
    """Every parameter that is given and exists: route, value, and its schema from the page."""
    for route, name, entry in policy_tables(data):
        policy = registry.resolve(name)
        given = entry.get("params")
        if policy is None or not isinstance(given, Mapping):
            continue
        schemas = registry.policies[policy].params
        for parameter, value in given.items():
            if parameter in schemas:
                yield (*route, "params", parameter), value, schemas[parameter]


def _stamp(
    data: Mapping[str, Any], parameters: Iterable[tuple[Route, Any, Mapping[str, Any]]]
) -> str:
    """The name under which the cache knows that these schemas found this data valid."""
    from kguard.digest import blake2b

    digest = blake2b(_schema_text(), digest_size=16)
    schemas = [schema for _, _, schema in parameters]
    digest.update(json.dumps([data, schemas], sort_keys=True, default=str).encode())
    return f"config-{digest.hexdigest()}"


def _schema_text() -> bytes:
    with open(SCHEMA, "rb") as file:
        return file.read()
