"""Arguments of the workflow whose value stands in the specification, and loops over them.

A run may be submitted with another value; the one that is written is what happens without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from kguard.facts.argo.templates import Call, whole_number
from kguard.facts.argo.workflow import Workflow
from kguard.facts.sizes import literal_bytes, packed_bytes
from kguard.model import Route, Scope, dig
from kguard.record import record

_ARGUMENT = re.compile(r"\s*\{\{\s*(workflow|inputs)\.parameters\.([\w-]+)\s*\}\}\s*")


@record(eq=False)
class Argument:
    """An argument of a workflow: its value, None where none is written, and the keys to it."""

    scope: Scope
    keys: Route
    value: object


def scopes_of(workflow: Workflow) -> list[Scope]:
    """The specifications that are merged, the strongest first; the first is the workflow itself."""
    others = workflow.layers[1:]
    return [workflow, *(Scope(each.resource, each.at(), each.data) for each in others)]


def arguments_of(workflow: Workflow) -> Mapping[str, Argument]:
    """The arguments in force by name; of the values written for one the strongest."""
    found: dict[str, Argument] = {}
    for scope in scopes_of(workflow):
        parameters = scope.get("arguments", "parameters")
        for number, each in enumerate(parameters if isinstance(parameters, list) else ()):
            name, value = dig(each, "name"), dig(each, "value")
            keys: Route = ("arguments", "parameters", number, "value")
            if isinstance(name, str) and (name not in found or found[name].value is None):
                found[name] = Argument(scope, keys, value)
    return found


@record(eq=False)
class Items:
    """A list that is written as an argument: how many items it has, and its bytes."""

    number: int
    size: int
    packed: int
    """About how many of them compression leaves."""


class Given:
    """The arguments of a workflow and the loops over them; each is read once."""

    def __init__(self, workflow: Workflow) -> None:
        self.arguments = arguments_of(workflow)
        self.scopes = scopes_of(workflow)
        """The specifications in force, the strongest first."""
        self._entrypoint = workflow.value("entrypoint")
        self._objects = [layer.resource for layer in workflow.layers]
        self._read: dict[str, Items | None] = {}

    def length(self, call: Call) -> int | None:
        """How many items a loop has by the arguments that are written; None if they do not say."""
        if call.get("withParam") is not None:
            items = self.items(call)
            return None if items is None else items.number
        argument = self._argument(call, call.get("withSequence", "count"))
        number = whole_number(argument.value) if argument else None
        return None if number is None else max(number, 0)

    def items(self, call: Call) -> Items | None:
        """The argument that a loop goes over; None where it is not written, or no list."""
        argument = self._argument(call, call.get("withParam"))
        if argument is None or not isinstance(argument.value, str):
            return None
        if argument.value not in self._read:
            self._read[argument.value] = _items(argument.value)
        return self._read[argument.value]

    def _argument(self, call: Call, text: object) -> Argument | None:
        """The argument that a text hands on.

        The inputs of the entrypoint are the workflow's arguments.
        """
        found = _ARGUMENT.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            return None
        start = call.template.name == self._entrypoint and call.resource in self._objects
        if found[1] == "inputs" and not start:
            return None  # Whoever calls it decides.
        return self.arguments.get(found[2])


def _items(text: str) -> Items | None:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(items, list):
        return None
    return Items(len(items), literal_bytes(items), packed_bytes(items))
