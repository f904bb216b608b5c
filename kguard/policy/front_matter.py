"""Whether the front matter of a page can be used: the user's own pages are checked on every run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.scopes import EACH
from kguard.kube import schema
from kguard.kube.workloads import TEMPLATES
from kguard.model import Route
from kguard.policy.page import PageError
from kguard.words import choices_hint, closest, nearest

_Fault = tuple[Route, bool, str]
"""Where something is wrong, whether the key is, and what."""


def validate(path: str, meta: Mapping[str, Any], document: Any) -> None:
    """Raise PageError for the first thing that is wrong; `document` locates routes in the page."""
    for faults in (_of_schema, _of_each, _of_beside, _of_fields, _of_params):
        for route, at_key, cause in faults(meta):
            raise PageError(path, document.locate(route, at_key=at_key).span.line + 1, cause)


def _of_schema(meta: Mapping[str, Any]) -> Iterator[_Fault]:
    import jsonschema

    with open(_beside_this("front_matter.schema.json"), encoding="utf-8") as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    for error in sorted(validator.iter_errors(meta), key=lambda e: list(map(str, e.absolute_path))):
        route = tuple(error.absolute_path)
        yield from _in_words(error, route, f"`{route[0]}`" if route else "the front matter")


def _in_words(error: Any, route: Route, name: str) -> Iterator[_Fault]:
    wanted, given = error.validator_value, error.instance
    match error.validator:
        case "additionalProperties" if isinstance(wanted, bool):
            known = error.schema["properties"]
            for key in given:
                if key not in known:
                    yield (*route, key), True, f"unknown key `{key}`{nearest(key, known)}"
        case "required":
            missing = ", ".join(f"`{key}`" for key in wanted if key not in given)
            yield route, False, f"{name} lacks {missing}"
        case "enum":
            yield route, False, f"{name} cannot be `{given}`{choices_hint(given, wanted)}"
        case "type" if wanted == "array":
            yield route, False, f"{name} takes a list, as in `[a, b]`"
        case "minItems":
            yield route, False, f"{name} is empty"
        case "minLength" | "maxLength":
            bound = "least" if error.validator == "minLength" else "most"
            cause = f"{name} has {len(given)} characters; {wanted} are the {bound}"
            yield route, False, cause
        case _:
            yield route, False, f"{name}: {error.message[:200]}"


def _of_each(meta: Mapping[str, Any]) -> Iterator[_Fault]:
    each = meta["each"]
    if each not in EACH:
        hint = nearest(each, EACH) or f" {', '.join(sorted(EACH))}"
        yield ("each",), False, f"`each: {each}` is none of the parts there are{hint}"
        return
    pairs = EACH[each].kinds
    names = {kind for _, kind in pairs or ()}
    for number, kind in enumerate(meta.get("kinds", ())):
        if pairs is not None and kind not in names:
            hint = nearest(kind, names)
            yield ("kinds", number), False, f"no `{kind}` has what `each: {each}` stands for{hint}"


def _of_beside(meta: Mapping[str, Any]) -> Iterator[_Fault]:
    for number, name in enumerate(meta.get("beside", ())):
        group, _, kind = name.rpartition("/")
        route = ("beside", number)
        if "/" in group:
            yield route, False, f"`{name}`: write `group/Kind`, without a version"
        elif group not in schema.known_groups() or kind in schema.kinds_in(group):
            continue  # Kinds of other groups are the user's own.
        elif homes := schema.groups_of(kind):
            meant = " or ".join(f"`{home}/{kind}`" for home in homes)
            yield route, False, f"`{name}`: no such kind; did you mean {meant}?"
        else:
            hint = nearest(kind, schema.kinds_in(group))
            yield route, False, f"`{name}`: Kubernetes has no such kind{hint}"


def _of_fields(meta: Mapping[str, Any]) -> Iterator[_Fault]:
    kinds = {f"{kind}Spec" for _, kind in TEMPLATES}
    known = {f for each in (*kinds, "PodSpec", "Container") for f in schema.struct(each)}
    for number, name in enumerate(meta.get("fields", ())):
        where = "a field of `spec`, of the pod's or of a container"
        if not name.isidentifier():
            yield ("fields", number), False, f"`{name}` is not the name of {where}"
        elif name not in known and (close := closest(name, known)):  # Others may be a Rollout's.
            yield ("fields", number), False, f"`{name}` is not {where}; did you mean `{close[0]}`?"


def _of_params(meta: Mapping[str, Any]) -> Iterator[_Fault]:
    import jsonschema

    for name, parameter in meta.get("params", {}).items():
        try:
            jsonschema.Draft202012Validator.check_schema(parameter)
            jsonschema.Draft202012Validator(parameter).validate(parameter["default"])
        except jsonschema.SchemaError as error:
            yield ("params", name), False, f"schema of `{name}`: {error.message}"
        except jsonschema.ValidationError as error:
            yield ("params", name, "default"), False, f"default of `{name}`: {error.message}"


def _beside_this(name: str) -> str:
    return os.path.join(os.path.dirname(__file__), name)
