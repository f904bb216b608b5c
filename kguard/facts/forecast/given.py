"""Arguments of the workflow whose value stands in the specification, and loops over them.

A run may be submitted with another value; the one that is written is what happens without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kguard.facts.argo.templates import Call, whole_number
from kguard.facts.argo.workflow import Workflow
from kguard.model import Route, Scope, dig
from kguard.record import record

_ARGUMENT = re.compile(r"\s*\{\{\s*(workflow|inputs)\.parameters\.([\w-]+)\s*\}\}\s*")


@record(eq=False)
class Argument:
    """An argument of a workflow: its value, None where none is written, and the keys to it."""

    scope: Scope
    keys: Route
    value: object


def arguments_of(workflow: Workflow) -> Mapping[str, Argument]:
    """The arguments in force by name; of the values written for one the strongest."""
    found: dict[str, Argument] = {}
    for layer in workflow.layers:
        own = layer is workflow.layers[0]
        scope = workflow if own else Scope(layer.resource, layer.at(), layer.data)
        parameters = dig(layer.data, "arguments", "parameters")
        for number, each in enumerate(parameters if isinstance(parameters, list) else ()):
            name, value = dig(each, "name"), dig(each, "value")
            keys: Route = ("arguments", "parameters", number, "value")
            if isinstance(name, str) and (name not in found or found[name].value is None):
                found[name] = Argument(scope, keys, value)
    return found


def given_length(workflow: Workflow, call: Call) -> int | None:
    """How many items a loop has by the arguments that are written; None where they do not say."""
    if call.get("withParam") is not None:
        items = given_list(workflow, call)
        return None if items is None else len(items)
    number = whole_number(_value(workflow, call, call.get("withSequence", "count")))
    return None if number is None else max(number, 0)


def given_list(workflow: Workflow, call: Call) -> list[Any] | None:
    """The argument that a loop goes over; None where it is not written, or no list."""
    text = _value(workflow, call, call.get("withParam"))
    try:
        items = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) else None


def _value(workflow: Workflow, call: Call, text: object) -> object:
    """The value of the argument that a text hands on.

    The inputs of the entrypoint are the workflow's arguments.
    """
    found = _ARGUMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    if found[1] == "inputs" and call.template.name != workflow.value("entrypoint"):
        return None  # Whoever calls it decides.
    argument = arguments_of(workflow).get(found[2])
    return argument.value if argument else None
