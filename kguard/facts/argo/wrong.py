"""What several rules on the shape of Argo objects share: names, lists, choices, numbers.

Sources: argo-workflows workflow/validate/validate.go (validateWorkflowFieldNames,
isValidWorkflowFieldName, isValidParamOrArtifactName) and pkg/apis/workflow/v1alpha1
workflow_types.go (PodGCStrategy, RetryPolicy).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.quantities import is_placeholder, literal
from kguard.facts.schema.values import is_filled_in
from kguard.model import Key, Related, Route, Scope
from kguard.record import record
from kguard.words import with_article

MOST_CHARACTERS = 128
"""How long the name of a template, a step or a task may be."""

POD_GC_STRATEGIES = (
    "OnPodCompletion",
    "OnPodSuccess",
    "OnWorkflowCompletion",
    "OnWorkflowSuccess",
)
RETRY_POLICIES = ("Always", "OnFailure", "OnError", "OnTransientError")

_FIELD_NAME = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_PARAMETER_NAME = re.compile(r"[-a-zA-Z0-9_]+")


@record
class Wrong:
    """One thing for which Argo refuses an object: at `keys` below `scope`.

    `unless_default` marks what a default of the controller could make good, `submitted` what an
    option of `argo submit` could. `at_key` says that the key is wrong, whatever its value.
    """

    scope: Scope
    keys: Route
    message: str
    help: str = ""
    related: tuple[Related, ...] = ()
    unless_default: bool = False
    submitted: bool = False
    at_key: bool = False


def items_of(scope: Scope, *keys: Key) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    """The mappings in a list below a scope, each with the keys that lead to it."""
    items = scope.get(*keys)
    for number, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield (*keys, number), item


def named(scope: Scope, *keys: str) -> list[Any]:
    """The names in a list below a scope."""
    return [item.get("name") for _, item in items_of(scope, *keys)]


def wrong_names(
    scope: Scope, keys: tuple[str, ...], what: str, *, parameters: bool = False
) -> Iterator[Wrong]:
    """Names in a list that are missing, malformed or there twice."""
    yield from wrong_names_of(scope, list(items_of(scope, *keys)), what, parameters=parameters)


def wrong_names_of(
    scope: Scope,
    items: list[tuple[Route, Mapping[str, Any]]],
    what: str,
    *,
    parameters: bool = False,
    unique: bool = True,
) -> Iterator[Wrong]:
    """As `wrong_names`, of items that are at hand with the keys that lead to each."""
    first: dict[str, Route] = {}
    for route, item in items:
        name, at = item.get("name"), (*route, "name")
        if name is None or name == "":
            yield Wrong(scope, at, f"{what} without a name")
        elif not isinstance(name, str) or is_placeholder(name):
            continue
        elif reason := malformed(name, parameters=parameters):
            yield Wrong(scope, at, f"`{name}` is no name of {with_article(what)}", reason)
        elif unique and name in first:
            there = Related(scope.resource, scope.at(*first[name], "name"), "first used here")
            yield Wrong(scope, at, f"two {what}s are called `{name}`", related=(there,))
        first.setdefault(name, route) if isinstance(name, str) else None


def malformed(name: str, *, parameters: bool = False) -> str:
    """Why a text is no name, empty where it is one."""
    if parameters:
        right = _PARAMETER_NAME.fullmatch(name)
        return "" if right else "letters, digits, `-` and `_` are allowed"
    if len(name) > MOST_CHARACTERS:
        return f"{len(name)} characters, {MOST_CHARACTERS} are allowed"
    right = _FIELD_NAME.fullmatch(name)
    return "" if right else "letters and digits are allowed, and `-` behind the first character"


def given(value: Any) -> bool:
    """Whether a text is written: Go takes an empty one for none."""
    return value is not None and value != ""


def no_number(value: Any) -> str | None:
    """A text that Go's strconv.Atoi cannot read and that nothing fills in later, else None."""
    text = literal(value)
    known = text and not re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII) and not is_filled_in(text)
    return text if known else None
