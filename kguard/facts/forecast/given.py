"""The length of loops over an argument of the workflow, whose value stands in the specification.

A run may be submitted with another value; the one that is written is what happens without.
"""

from __future__ import annotations

import json
import re

from kguard.facts.argo.templates import Call, whole_number
from kguard.facts.argo.workflow import Workflow
from kguard.model import dig

_ARGUMENT = re.compile(r"\s*\{\{\s*(workflow|inputs)\.parameters\.([\w-]+)\s*\}\}\s*")


def given_length(workflow: Workflow, call: Call) -> int | None:
    """How many items a loop has by the arguments that are written; None where they do not say."""
    text = _value(workflow, call, call.get("withParam"))
    if isinstance(text, str):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return len(items) if isinstance(items, list) else None
    number = whole_number(_value(workflow, call, call.get("withSequence", "count")))
    return None if number is None else max(number, 0)


def _value(workflow: Workflow, call: Call, text: object) -> object:
    """The value of the argument that a text hands on; the strongest specification's.

    The inputs of the entrypoint are the workflow's arguments.
    """
    found = _ARGUMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    if found[1] == "inputs" and call.template.name != workflow.value("entrypoint"):
        return None  # Whoever calls it decides.
    for layer in workflow.layers:
        parameters = dig(layer.data, "arguments", "parameters")
        for each in parameters if isinstance(parameters, list) else ():
            if dig(each, "name") == found[2] and dig(each, "value") is not None:
                return dig(each, "value")
    return None
