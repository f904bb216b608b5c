"""For what Argo refuses the steps and tasks of a template, and arguments wherever they stand.

Sources: argo-workflows workflow/validate/validate.go (validateSteps, validateDAG,
validateArguments, validateTemplateHolder, addItemsToScope), workflow/common/util.go
(ProcessArgs) and workflow/controller/steps.go (expandSequence, shouldExecute: what fails a run);
pkg/apis/workflow/v1alpha1/workflow_types.go (LifecycleHook.WithArgs).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from itertools import islice
from typing import Any

from kguard.facts.argo.hooks import Hook, bare_exits
from kguard.facts.argo.references import without_tags
from kguard.facts.argo.template_rules import artifact_place
from kguard.facts.argo.templates import Call, Template, calls_of, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.argo.wrong import (
    Wrong,
    given,
    items_of,
    no_number,
    wrong_names,
    wrong_names_of,
)
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.model import Related, Resource, Route, Scope
from kguard.record import record, replace

_LOOPS = ("withItems", "withParam", "withSequence")
_CALLED = ("template", "templateRef", "inline")


def of_calls(facts: Facts, template: Template) -> Iterator[Wrong]:
    """What is wrong with the steps or tasks of a template, apart from their dependencies."""
    calls = calls_of(facts, template)
    if not calls:
        return
    size = len(template.route)
    items = [(call.route[size:], call.data) for call in calls]
    # Tasks of one name are argo-dag-invalid's: they also make dependencies uncertain.
    task = calls[0].task
    what = "task" if task else "step"
    yield from wrong_names_of(template, items, what, unique=not task)
    for call in calls:
        facts.go_on()  # Each is compared with all inputs of its template.
        yield from _called(call)
        yield from _loop(call)
        yield from _condition(call)
        yield from arguments(call)
        target = target_of(facts, call).template
        if target is not None:
            written = [item for kind in _KINDS for _, item in items_of(call, "arguments", kind)]
            yield from missing_inputs(facts, call, ("arguments",), call.called, target, written)


def of_hook(facts: Facts, hook: Hook) -> Iterator[Wrong]:
    """A hook that calls nothing, or does not give what is needed; `argo lint` looks at neither."""
    facts.go_on()
    if not given(hook.get("template")) and not given(hook.get("templateRef")):
        yield Wrong(hook, ("template",), f"{hook.called} calls no template")
    target = hook.target(facts).template
    written = [item for kind in _KINDS for _, item in items_of(hook, "arguments", kind)]
    # One that runs at the end and has no arguments gets those of the workflow (of_exits).
    if target is not None and (written or not hook.is_exit):
        yield from missing_inputs(facts, hook, ("arguments",), hook.called, target, written)


_OF_WORKFLOW = "an exit handler without arguments gets those of the workflow, which has none such"


def of_exits(facts: Facts, workflow: Workflow, written: list[Mapping[str, Any]]) -> Iterator[Wrong]:
    """Exit handlers that need more than the arguments of the workflow, which are `written`."""
    names = _names(written)
    lacking: dict[int, _Lacking] = {}  # Thousands of steps may have the same one.
    for each in bare_exits(facts, workflow):
        facts.go_on()
        target = each.target.template
        if target is None:
            continue
        if id(target.data) not in lacking:
            lacking[id(target.data)] = _lacking(facts, target, names)
        lacked = lacking[id(target.data)]
        for wrong in _without(each.scope, each.keys, each.called, target, lacked, submitted=True):
            yield replace(wrong, help=_OF_WORKFLOW)


def _called(call: Call) -> Iterator[Wrong]:
    written = [key for key in _CALLED if given(call.get(key))]
    if not written:
        yield Wrong(call, ("template",), f"{call.called} calls no template")
    elif len(written) > 1:
        text = f"{call.called} has `{written[0]}` and `{written[1]}`"
        yield Wrong(call, (written[1],), text, "it calls one template", at_key=True)
    reference = call.get("templateRef")
    if isinstance(reference, Mapping):
        for key in ("name", "template"):
            if not given(reference.get(key)):
                yield Wrong(
                    call, ("templateRef", key), f"`templateRef` of {call.called} has no `{key}`"
                )


def _loop(call: Call) -> Iterator[Wrong]:
    items, parameter, sequence = map(call.get, _LOOPS)
    present = (bool(items), given(parameter), sequence is not None)
    written = [key for key, is_there in zip(_LOOPS, present, strict=True) if is_there]
    if len(written) > 1:
        text = f"{call.called} has `{written[0]}` and `{written[1]}`"
        yield Wrong(call, (written[1],), text, "a step or task has one loop", at_key=True)
    for number, item in enumerate(items if isinstance(items, list) else ()):
        if item is None:
            yield Wrong(call, ("withItems", number), f"an item of {call.called} is null")
    if isinstance(sequence, Mapping):
        for key in ("count", "start", "end"):
            if said := no_number(sequence.get(key)):
                message = f"`{key}` of the sequence of {call.called} is `{said}`, no whole number"
                yield Wrong(call, ("withSequence", key), message, "the node ends in Error")
        counted, ended = given(sequence.get("count")), given(sequence.get("end"))
        if counted and ended:
            text = f"`withSequence` of {call.called} has `count` and `end`"
            yield Wrong(call, ("withSequence", "end"), text, "it has one or the other", at_key=True)
        elif not counted and not ended:
            text = f"`withSequence` of {call.called} has neither `count` nor `end`"
            yield Wrong(call, ("withSequence",), text, "the node ends in Error")


_QUOTED = re.compile("'[^']*'|\"[^\"]*\"")
_ASSIGNED = re.compile(r"(?<![=!<>~])=(?![=~])")


def _condition(call: Call) -> Iterator[Wrong]:
    """What govaluate cannot read of `when`, as far as the text alone tells."""
    when = call.get("when")
    if not isinstance(when, str) or "${" in when:
        return
    bare = _QUOTED.sub("x", without_tags(when, "x"))
    if _ASSIGNED.search(bare):
        text = f"`when` of {call.called} compares with `=`"
        yield Wrong(call, ("when",), text, "equality is `==`; the node ends in Error")
    elif bare.count("(") != bare.count(")") and "'" not in bare and '"' not in bare:
        text = f"`when` of {call.called} leaves a parenthesis open"
        yield Wrong(call, ("when",), text, "the node ends in Error")


_KINDS = ("parameters", "artifacts")
_NO_ARTIFACTS = "Argo refuses the workflow; `argo submit` gives values to parameters only"


def missing_inputs(
    facts: Facts,
    scope: Scope,
    keys: Route,
    called: str,
    target: Template,
    written: list[Mapping[str, Any]],
    *,
    submitted: bool = False,
) -> Iterator[Wrong]:
    """The inputs that a template needs and its caller does not give.

    `written` are the caller's arguments, parameters and artifacts. `submitted` says that values of
    parameters may still come with `argo submit`, which takes none of artifacts (argo-workflows
    pkg/apis/workflow/v1alpha1/common.go, SubmitOpts).
    """
    lacked = _lacking(facts, target, _names(written))
    yield from _without(scope, keys, called, target, lacked, submitted=submitted)


_MOST_NAMED = 10
"""Inputs that one caller lacks and that are named: thousands may call what needs thousands."""

_Input = tuple[str, int, str]
"""An input of a template: its kind, its place among those, its name."""


@record
class _Lacking:
    """The inputs that a caller lacks: the first of them, and how many there are besides."""

    inputs: list[_Input]
    others: int


def _names(written: list[Mapping[str, Any]]) -> Set[str] | None:
    """The names of arguments; None where one is filled in later."""
    names = {name for item in written if isinstance(name := item.get("name"), str)}
    return None if any(map(is_placeholder, names)) else names


def _lacking(facts: Facts, target: Template, names: Set[str] | None) -> _Lacking:
    """What a template needs that is not among those names."""
    if names is None:
        return _Lacking([], 0)
    # By the workflow too, whose `templateDefaults` may have inputs.
    known = facts.remember(_none_known, target.workflow.resource)
    if id(target.data) not in known:
        known[id(target.data)] = _needed(target)
    needed, times = known[id(target.data)]
    first = list(islice((each for each in needed if each[2] not in names), _MOST_NAMED))
    # By the names that are given: the inputs may be many more.
    return _Lacking(first, len(needed) - sum(times[name] for name in names) - len(first))


_Needed = tuple[list[_Input], Counter[str]]
"""The inputs that a template cannot do without, and how often each name is among them."""


def _none_known(facts: Facts, resource: Resource) -> dict[int, _Needed]:
    """What templates need in a workflow, by the id() of their data: filled as callers are seen."""
    return {}


def _needed(target: Template) -> _Needed:
    needed: list[_Input] = []
    for kind in _KINDS:
        items = target.value("inputs", kind)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            if not isinstance(item, Mapping) or not isinstance(name := item.get("name"), str):
                continue
            lacks = _needs_value(item) if kind == "parameters" else _needs_place(item)
            if lacks and not is_placeholder(name):
                needed.append((kind, number, name))
    return needed, Counter(name for _, _, name in needed)


def _without(
    scope: Scope, keys: Route, called: str, target: Template, lacked: _Lacking, *, submitted: bool
) -> Iterator[Wrong]:
    for place, (kind, number, name) in enumerate(lacked.inputs, 1):
        last = place == len(lacked.inputs)
        more = f", nor {lacked.others:,} more" if last and lacked.others else ""
        text = f"{called} gives no {kind[:-1]} `{name}`, which {target.called} needs{more}"
        related = (Related(target.resource, target.at("inputs", kind, number), "needed here"),)
        if submitted and kind == "artifacts":
            yield Wrong(scope, (*keys, kind), text, _NO_ARTIFACTS, related)
        else:
            yield Wrong(scope, (*keys, kind), text, related=related, submitted=submitted)


def _needs_value(item: Mapping[str, Any]) -> bool:
    source = item.get("valueFrom")
    mapped = isinstance(source, Mapping) and source.get("configMapKeyRef") is not None
    return item.get("value") is None and item.get("default") is None and not mapped


def _needs_place(item: Mapping[str, Any]) -> bool:
    return item.get("optional") is not True and not artifact_place(item)


def arguments(scope: Scope, valued: Set[str] | None = frozenset()) -> Iterator[Wrong]:
    """What is wrong with the arguments of a workflow, a step or a task.

    Each needs a value here but those of the names that are `valued` elsewhere; None where values
    may come when the workflow is submitted.
    """
    yield from wrong_names(scope, ("arguments", "parameters"), "argument", parameters=True)
    yield from wrong_names(scope, ("arguments", "artifacts"), "artifact", parameters=True)
    for keys, item in items_of(scope, "arguments", "parameters"):
        yield from _argument(scope, keys, item, valued)
    for keys, item in items_of(scope, "arguments", "artifacts"):
        yield from _artifact(scope, keys, item)


def _argument(
    scope: Scope, keys: Route, item: Mapping[str, Any], valued: Set[str] | None
) -> Iterator[Wrong]:
    called = f"argument `{item.get('name', '')}`"
    value, source, choices = item.get("value"), item.get("valueFrom"), item.get("enum")
    needed = value is None and valued is not None and str(item.get("name")) not in valued
    if needed and source is None:
        yield Wrong(scope, (*keys, "value"), f"{called} has no `value` and no `valueFrom`")
    if isinstance(source, Mapping):
        known = ("configMapKeyRef", "event", "supplied")
        help = f"`valueFrom` of an argument has one of {_list(known)}"
        of_outputs = ("path", "jsonPath", "parameter", "expression")
        foreign = [key for key in of_outputs if given(source.get(key))]
        if not foreign and all(source.get(key) in (None, "") for key in known):
            text = f"{called} takes its value from nowhere"
            yield Wrong(scope, (*keys, "valueFrom"), text, help)
        for key in foreign:
            text = f"{called} has `valueFrom.{key}`: that is for outputs"
            yield Wrong(scope, (*keys, "valueFrom", key), text, help, at_key=True)
    if isinstance(choices, list) and not any(map(is_placeholder, choices)):
        if not choices:
            yield Wrong(scope, (*keys, "enum"), f"{called} has an empty `enum`")
        elif value is None:
            if needed and source is not None:
                yield Wrong(scope, (*keys, "value"), f"{called} has an `enum` and no `value`")
        elif not is_placeholder(value) and _text(value) not in map(_text, choices):
            text = f"`{_text(value)}` is none of the `enum` of {called}"
            yield Wrong(scope, (*keys, "value"), text, f"it has {_list(map(_text, choices))}")


def _artifact(scope: Scope, keys: tuple[Any, ...], item: Mapping[str, Any]) -> Iterator[Wrong]:
    called = f"artifact `{item.get('name', '')}`"
    if not given(item.get("from")) and not artifact_place(item):
        text = f"{called} is given from nowhere"
        yield Wrong(scope, keys, text, "write `from` or a location")
    if given(item.get("from")) and given(item.get("fromExpression")):
        yield Wrong(
            scope,
            (*keys, "fromExpression"),
            f"{called} has `from` and `fromExpression`",
            at_key=True,
        )


def _list(words: Any) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _text(value: Any) -> str:
    """A value as Argo's AnyString reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
