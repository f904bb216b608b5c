"""What the inputs of templates hold in a run, as far as the specification tells.

A node keeps its inputs as they are handed over, so a tag there is as long as what it stands for.
Known are values of the workflow's arguments, which `{{workflow.parameters.x}}` reads, and inputs of
the calling template, `{{inputs.parameters.x}}`; so are expressions that are nothing but such a
name. Any other tag counts nothing.

Sources: argo-workflows workflow/common/util.go (ProcessArgs, SubstituteParams: tags are filled
once with what the workflow provides and once with inputs), workflow/controller/operator.go
(initializeExecutableNode stores the inputs; setGlobalParameters: an argument of the workflow has no
default), util/template (parseTag).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kguard.facts.argo.templates import Call, Template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.copies import MOST_BYTES, Copies, Text, Value, joined
from kguard.facts.forecast.given import Argument, arguments_of
from kguard.facts.sizes import as_text, json_bytes, packed_bytes, without_placeholders
from kguard.model import Route, Scope, dig

LONG = 256
"""Longer texts are told apart: what a copy costs once packed depends on where the next one is."""

_TAG = re.compile(
    r"\{\{(?:\s*(workflow|inputs)\.parameters\.([\w-]+)"
    r"|=\s*(workflow|inputs)\.parameters(?:\.([A-Za-z_]\w*)|\[\s*['\"]([\w-]+)['\"]\s*\]))\s*\}\}"
)
# A tag in a tag is part of a name that only a run puts together.
_NESTED = re.compile(r"\{\{[^}]*\{\{")


class Values:
    """Reads the values of parameters; a place is read once and stays the same Text.

    Texts longer than `long` are told apart.
    """

    def __init__(self, workflow: Workflow, long: int = LONG) -> None:
        self._long = long
        self._arguments: Mapping[str, Argument] = arguments_of(workflow)
        self._read: dict[tuple[int, Route], Value] = {}

    def of_run(self, template: Template) -> dict[str, Value]:
        """The inputs of a template that gets the workflow's arguments, as the entrypoint does."""
        given = {name: self._argument(name) for name in self._arguments}
        return self._with_own(template, given)

    def of_call(self, call: Call, target: Template | None, item: int) -> dict[str, Value]:
        """The inputs that a step or task hands to its template, its items being so long.

        A template that was not seen is taken to have those inputs.
        """
        given = {
            name: self._value(call, ("arguments", "parameters", number, "value"), item)
            for name, number in _parameters(call, "arguments").items()
        }
        return self._with_own(target, given) if target else given

    def _with_own(self, template: Template, given: Mapping[str, Value]) -> dict[str, Value]:
        """The inputs of a template: what is given, and its own values of those that are not."""
        found, own = {}, {}
        for name, number in _parameters(template, "inputs").items():
            keys: Route = ("inputs", "parameters", number)
            if name in given:
                found[name] = given[name]
            else:
                key = "default" if template.get(*keys, "value") is None else "value"
                value = self._value(template, (*keys, key))
                # It stands in the template alone, and is no more unlike in one call than in others.
                found[name] = own[name] = Value(value.size, value.copies)
        # A value may hold other inputs. They are filled once: what comes in so is not read again.
        plain = {name: v.filled({}) if name in own else v for name, v in found.items()}
        return found | {name: value.filled(plain) for name, value in own.items()}

    def _argument(self, name: str) -> Value:
        """The value of an argument of the workflow; nothing where it is not written."""
        argument = self._arguments.get(name)
        if argument is None:
            return Value()
        # A value's own tags are not followed: nothing says in which order they would be filled.
        return self._value(argument.scope, argument.keys, tags=False)

    def _value(self, scope: Scope, keys: Route, item: int = 0, *, tags: bool = True) -> Value:
        written = scope.get(*keys)
        key = (id(scope.data), keys)
        if key not in self._read:
            self._read[key] = self._parsed(scope, keys, written, tags)
        found = self._read[key]
        if item and isinstance(written, str) and "{{item" in written:
            return Value(found.size + item, found.copies, found.unlike)
        return found

    def _parsed(self, scope: Scope, keys: Route, written: Any, tags: bool) -> Value:
        if written is None:
            return Value()
        text = as_text(written)
        own = without_placeholders(text)
        size = json_bytes(own) - 2
        if size > self._long:
            copies: Copies = {Text(scope, keys, own, size): 1}
            unlike = 0
        else:
            copies, unlike = {}, packed_bytes(text)
        for name, of_workflow in names_in(text) if tags else ():
            if of_workflow:
                argument = self._argument(name)
                size = min(size + argument.size, MOST_BYTES)
                copies = joined(copies, argument.copies)
            else:
                copies = joined(copies, {name: 1})
        return Value(size, copies, unlike)


def names_in(text: str) -> list[tuple[str, bool]]:
    """The parameters that the tags of a text read, and whether each is the workflow's."""
    if "{{" not in text or _NESTED.search(text):
        return []
    return [
        (found[2] or found[4] or found[5], (found[1] or found[3]) == "workflow")
        for found in _TAG.finditer(text)
    ]


def _parameters(scope: Scope, key: str) -> dict[str, int]:
    """Where the parameters of `arguments` or `inputs` stand; the first of a name counts."""
    written = scope.get(key, "parameters")
    found: dict[str, int] = {}
    for number, each in enumerate(written if isinstance(written, list) else ()):
        found.setdefault(str(dig(each, "name")), number)
    return found
