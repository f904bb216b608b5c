"""The length of loops over an argument of the workflow, whose value stands in the specification.

A run may be submitted with another value; the one that is written is what happens without.
"""

from __future__ import annotations

import json
import re

from kguard.facts.argo import Workflow
from kguard.facts.argo_templates import Call, whole_number
from kguard.model import dig

_ARGUMENT = re.compile(r"\s*\{\{\s*workflow\.parameters\.([\w-]+)\s*\}\}\s*")


def given_length(workflow: Workflow, call: Call) -> int | None:
    """How many items a loop has by the arguments that are written; None where they do not say."""
    text = _value(workflow, call.get("withParam"))
    if isinstance(text, str):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return len(items) if isinstance(items, list) else None
    number = whole_number(_value(workflow, call.get("withSequence", "count")))
    return None if number is None else max(number, 0)


def _value(workflow: Workflow, text: object) -> object:
    """The value of the argument that a text hands on; the strongest specification's."""
    name = _ARGUMENT.fullmatch(text) if isinstance(text, str) else None
    for layer in workflow.layers if name else ():
        parameters = dig(layer.data, "arguments", "parameters")
        for each in parameters if isinstance(parameters, list) else ():
            if name and dig(each, "name") == name[1] and dig(each, "value") is not None:
                return each["value"]
    return None
