"""What the inputs of templates hold in a run, as far as the specification tells.

A node keeps its inputs as they are handed over, so a tag there is as long as what it stands for.
Known are values of the workflow's arguments, which `{{workflow.parameters.x}}` reads, and inputs of
the calling template, `{{inputs.parameters.x}}`; so are expressions that are nothing but such a
name. Any other tag counts nothing. A node keeps raw artifacts as well, and `from` hands them on.

Sources: argo-workflows workflow/common/util.go (ProcessArgs, SubstituteParams: tags are filled
once with what the workflow provides and once with inputs), workflow/controller/operator.go
(initializeExecutableNode stores the inputs; setGlobalParameters: an argument of the workflow has no
default), util/template (parseTag).
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from kguard.facts.argo.templates import Call, Template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.copies import MOST_BYTES, Copies, Text, Value, tallied_up
from kguard.facts.forecast.given import Given
from kguard.facts.sizes import (
    as_text,
    json_bytes,
    literal_bytes,
    packed_bytes,
    without_placeholders,
)
from kguard.model import Route, Scope, dig
from kguard.record import record

LONG = 256
"""Longer texts are told apart: what a copy costs once packed depends on where the next one is."""

_TAG = re.compile(
    r"\{\{(?:\s*(workflow|inputs)\.parameters\.([\w-]+)"
    r"|=\s*(workflow|inputs)\.parameters(?:\.([A-Za-z_]\w*)|\[\s*['\"]([\w-]+)['\"]\s*\]))\s*\}\}"
)
_INPUT_ARTIFACT = re.compile(r"\{\{=?\s*inputs\.artifacts\.([\w-]+)\s*\}\}")
# Before the name of an artifact: a parameter may have the same one, and has no such character.
_ARTIFACT = "artifacts/"
# A tag in a tag is part of a name that only a run puts together.
_NESTED = re.compile(r"\{\{[^}]*\{\{")


# Of so many parameters or tags it costs less to go through all than to look at the clock.
_MANY = 256

T = TypeVar("T")
Ask = Callable[[], None]
"""Raises where there is no time left."""


@record(eq=False)
class _Own:
    """The inputs of a template as they are where nothing is handed over."""

    written: Mapping[str, Value]
    """What each holds itself; with the names of others that it reads, where there are any."""
    alone: Mapping[str, Value]
    """The same without what the others hold."""
    held: Mapping[str, Value]
    """The same with what they hold."""
    readers: Mapping[str, Sequence[str]]
    """The inputs that read one, by its name."""
    size: int
    copies: Copies


class Inputs(Mapping[str, Value]):
    """What the inputs of a template hold in one call, and all of it together.

    What is not handed over was added up before: a call costs as much as it hands over.
    """

    def __init__(self, own: _Own, given: Mapping[str, Value], ask: Ask) -> None:
        changed = {name: value for name, value in given.items() if name in own.held}
        # They are filled once: what comes in so is not read again.
        filling = ChainMap(dict(changed), cast("dict[str, Value]", own.alone))
        size, unlike = own.size, 0
        for name in paced(list(changed), ask):
            for reader in paced(own.readers.get(name, ()), ask):
                if reader not in changed:
                    changed[reader] = own.written[reader].filled(filling)
        tallied: list[tuple[Copies, int]] = [(own.copies, 1)]
        for name, value in paced(changed.items(), ask):
            before = own.held[name]
            size += value.size - before.size
            unlike += value.unlike
            tallied += [(before.copies, -1), (value.copies, 1)]
        self._own, self._changed = own, changed
        self.size = size
        """Bytes of the values and of their names."""
        self.copies = tallied_up(tallied)
        """The long texts in them."""
        self.unlike = unlike
        """Bytes of short texts that are handed over, after compression."""

    def __getitem__(self, name: str) -> Value:
        found = self._changed.get(name)
        return self._own.held[name] if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._own.held)

    def __len__(self) -> int:
        return len(self._own.held)


class Values:
    """Reads the values of parameters; a place is read once and stays the same Text.

    Texts longer than `long` are told apart. `ask` is called again and again where there is much.
    """

    def __init__(self, workflow: Workflow, long: int, ask: Ask) -> None:
        self._long = long
        self._ask = ask
        self.given = Given(workflow)
        self._read: dict[tuple[int, Route], Value] = {}
        self._owned: dict[int, _Own] = {}

    def of_run(self, template: Template) -> Inputs:
        """The inputs of a template that gets the workflow's arguments, as the entrypoint does."""
        given = {name: self._argument(name) for name in paced(self.given.arguments, self._ask)}
        for scope in self.given.scopes[::-1]:
            given |= self._artifacts(scope, "arguments")
        return Inputs(self._own(template), given, self._ask)

    def of_call(self, call: Call, target: Template | None, item: int) -> Inputs:
        """The inputs that a step or task hands to its template, its items being so long.

        A template that was not seen is taken to have those inputs.
        """
        given = {
            name: self._value(call, ("arguments", "parameters", number, "value"), item)
            for name, number in paced(self._parameters(call, "arguments").items(), self._ask)
        }
        given |= self._artifacts(call, "arguments")
        if target is not None:
            return Inputs(self._own(target), given, self._ask)
        nothing = dict.fromkeys(given, Value())
        own = _Own(nothing, nothing, nothing, {}, self._names(given), {})
        return Inputs(own, given, self._ask)

    def _own(self, template: Template) -> _Own:
        """A template's own values of its inputs, worked out once: many calls have the same."""
        key = id(template.data)
        if key not in self._owned:
            self._owned[key] = self._worked_out(template)
        return self._owned[key]

    def _worked_out(self, template: Template) -> _Own:
        written: dict[str, Value] = {}
        readers: dict[str, list[str]] = {}
        for name, number in paced(self._parameters(template, "inputs").items(), self._ask):
            keys: Route = ("inputs", "parameters", number)
            key = "default" if template.get(*keys, "value") is None else "value"
            value = self._value(template, (*keys, key))
            # It stands in the template alone, and is no more unlike in one call than in others.
            written[name] = Value(value.size, value.copies)
            for read in paced(value.copies, self._ask):
                if isinstance(read, str):
                    readers.setdefault(read, []).append(name)
        written |= self._artifacts(template, "inputs")
        alone = {name: value.filled({}) for name, value in paced(written.items(), self._ask)}
        held = {name: value.filled(alone) for name, value in paced(written.items(), self._ask)}
        copies = tallied_up(paced([(value.copies, 1) for value in held.values()], self._ask))
        size = self._names(held)
        for value in held.values():
            size += value.size
        return _Own(written, alone, held, readers, size, copies)

    def _names(self, inputs: Iterable[str]) -> int:
        """The bytes of the names of inputs."""
        return sum(map(literal_bytes, paced(inputs, self._ask)))

    def _argument(self, name: str) -> Value:
        """The value of an argument of the workflow; nothing where it is not written."""
        argument = self.given.arguments.get(name)
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
        copies: Copies = {}
        unlike = 0
        if size > self._long:
            copies = {Text(scope, keys, own, size): 1}
        else:
            unlike = packed_bytes(text)
        tallied: list[tuple[Copies, int]] = [(copies, 1)]
        for name, of_workflow in paced(names_in(text) if tags else (), self._ask):
            if of_workflow:
                argument = self._argument(name)
                size = min(size + argument.size, MOST_BYTES)
                tallied.append((argument.copies, 1))
            else:
                tallied.append(({name: 1}, 1))
        return Value(size, tallied_up(tallied), unlike)

    def _artifacts(self, scope: Scope, key: str) -> dict[str, Value]:
        """What the artifacts of `arguments` or `inputs` hold: raw ones, and those handed on."""
        listed = scope.get(key, "artifacts")
        found: dict[str, Value] = {}
        for number, each in paced(enumerate(listed if isinstance(listed, list) else ()), self._ask):
            keys: Route = (key, "artifacts", number, "raw", "data")
            value = self._value(scope, keys, tags=False)
            handed = _INPUT_ARTIFACT.fullmatch(str(dig(each, "from", default="")))
            if handed and key == "arguments":
                value = Value(copies={_ARTIFACT + handed[1]: 1})
            found.setdefault(_ARTIFACT + str(dig(each, "name")), value)
        return found

    def _parameters(self, scope: Scope, key: str) -> dict[str, int]:
        """Where the parameters of `arguments` or `inputs` stand; the first of a name counts."""
        written = scope.get(key, "parameters")
        listed = written if isinstance(written, list) else ()
        found: dict[str, int] = {}
        for number, each in paced(enumerate(listed), self._ask):
            found.setdefault(str(dig(each, "name")), number)
        return found


def names_in(text: str) -> list[tuple[str, bool]]:
    """The parameters that the tags of a text read, and whether each is the workflow's."""
    if "{{" not in text or _NESTED.search(text):
        return []
    return [
        (found[2] or found[4] or found[5], (found[1] or found[3]) == "workflow")
        for found in _TAG.finditer(text)
    ]


def paced(items: Iterable[T], ask: Ask) -> Iterator[T]:
    """The items, with a look at the clock every few hundred of them."""
    for number, each in enumerate(items, 1):
        if not number % _MANY:
            ask()
        yield each
