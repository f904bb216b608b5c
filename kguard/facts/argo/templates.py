"""The templates of an Argo workflow as a graph: who calls whom, how often, and what is missing.

Source: argo-workflows workflow/templateresolution/context.go, pkg/apis/workflow/v1alpha1
(Template.GetType, WorkflowStep, DAGTask, Sequence), workflow/controller/operator.go
(mergedTemplateDefaultsInto, retryStrategy, processItem, expandSequence,
processAggregateNodeOutputs).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from kguard.facts.argo.workflow import Workflow, find_templates, merged
from kguard.facts.quantities import is_placeholder, literal
from kguard.facts.run import Facts
from kguard.facts.sizes import literal_bytes
from kguard.kube import argo
from kguard.model import Key, Resource, Route, Scope
from kguard.record import field, record

TYPES = (
    "container",
    "containerSet",
    "steps",
    "script",
    "resource",
    "dag",
    "suspend",
    "data",
    "http",
    "plugin",
)
"""The keys of which a template has exactly one; what it runs."""

POD_TYPES = frozenset({"container", "containerSet", "script", "resource", "data"})
"""Types that run as a pod of their own (Template.IsPodType)."""


class Found(Enum):
    """What became of a name that a call, an entrypoint or an exit handler uses."""

    HERE = "resolved"
    MISSING = "no such template where it has to be"
    OUTSIDE = "in a WorkflowTemplate that was not seen"
    UNKNOWN = "a placeholder, or several objects of that name"


@record(eq=False)
class Template(Scope):
    """One template, named or inline, as it is written in the object of `workflow`."""

    name: str
    workflow: Workflow
    kind: str = field(init=False)
    """What the template runs, one of TYPES; empty where it says nothing of the kind."""

    def __post_init__(self) -> None:
        kind = next((key for key in TYPES if self.data.get(key) is not None), "")
        object.__setattr__(self, "kind", kind)

    @property
    def runs_pod(self) -> bool:
        """Whether a call of the template is a pod."""
        return self.kind in POD_TYPES

    @property
    def called(self) -> str:
        """How messages name it."""
        if self.name:
            return f"template `{self.name}`"
        return "inline template" if self.route[-1:] == ("inline",) else "unnamed template"

    def value(self, *keys: Key, of: Workflow | None = None) -> Any:
        """The value in force under the `templateDefaults` of the workflow that runs it.

        `of` is that workflow where it is not the template's own. Defaults for another type of
        template do not reach this one.
        """
        found, workflow = [self.get(*keys)], of or self.workflow
        if workflow.has_template_defaults and (keys[0] == self.kind or keys[0] not in TYPES):
            found.append(workflow.value("templateDefaults", *keys))
        present = [value for value in found if value is not None and value != ""]
        return merged(present) if present else None

    def retry(self, of: Workflow | None = None) -> Any:
        """The retryStrategy in force: the template's, else that of the whole workflow."""
        own = self.value("retryStrategy", of=of)
        return own if own is not None else (of or self.workflow).value("retryStrategy")


@record
class Loop:
    """How often a call is made: `count`, None where the text does not say.

    `dynamic` says that only a run can tell; a text that is no list has neither. `literal_bytes`
    is the length of all items together as they stand in the text. `at_most` marks a count that
    items may fall out of: they are what another loop of that count has left.
    """

    key: str
    count: int | None
    dynamic: bool = False
    literal_bytes: int = 0
    at_most: bool = False


@record(eq=False)
class Call(Scope):
    """One step or DAG task of a template."""

    template: Template
    name: str
    task: bool
    loop: Loop | None

    @property
    def called(self) -> str:
        """How messages name it."""
        word = "task" if self.task else "step"
        return f"{word} `{self.name}`" if self.name else f"unnamed {word}"


@record
class Target:
    """The template a name leads to, or why there is none."""

    found: Found
    template: Template | None = None


def build_templates(workflow: Workflow) -> list[Template]:
    """The templates written in an object itself, inline ones included."""
    return [_template(workflow, *found) for found in argo.templates(workflow.resource)]


def _template(workflow: Workflow, route: Route, data: Mapping[str, Any]) -> Template:
    name = data.get("name")
    return Template(workflow.resource, route, data, name if isinstance(name, str) else "", workflow)


def calls_of(facts: Facts, template: Template) -> list[Call]:
    """The steps and tasks of a template in the order in which they are written."""
    return facts.remember_part(_calls_of, template)


def _calls_of(template: Template) -> list[Call]:
    return list(_calls(template, list(argo.calls(template.data))))


def _calls(template: Template, written: list[tuple[Route, Mapping[str, Any]]]) -> Iterator[Call]:
    by_name = {data["name"]: data for _, data in written if isinstance(data.get("name"), str)}
    left: dict[int, int | None] = {}
    for keys, data in written:
        name = data.get("name")
        yield Call(
            resource=template.resource,
            route=(*template.route, *keys),
            data=data,
            template=template,
            name=name if isinstance(name, str) else "",
            task=keys[0] == "dag",
            loop=loop_of(data, by_name, left),
        )


def target_of(facts: Facts, call: Call) -> Target:
    """The template a step or task runs: inline, by `template` or by `templateRef`."""
    inline = call.get("inline")
    if isinstance(inline, dict):
        route = (*call.route, "inline")
        return Target(Found.HERE, _template(call.template.workflow, route, inline))
    return referenced_template(facts, call.template.workflow, call.data)


def referenced_template(facts: Facts, workflow: Workflow, holder: Mapping[str, Any]) -> Target:
    """The template that a step, task or hook names, by `template` or `templateRef`."""
    reference = holder.get("templateRef")
    if isinstance(reference, dict):
        return _by_reference(facts, workflow, reference)
    return named_template(facts, workflow, holder.get("template"))


def named_template(facts: Facts, workflow: Workflow, name: Any) -> Target:
    """The template of that name in a workflow's effective specification."""
    written = literal(name)
    if written is None:
        return Target(Found.UNKNOWN)
    by_name = facts.remember(_by_name, workflow.resource)
    template = by_name.get(written)
    if template is not None:
        return Target(Found.HERE, template)
    if facts.remember(_open, workflow.resource):
        return Target(Found.UNKNOWN)
    return Target(Found.MISSING if workflow.complete else Found.OUTSIDE)


def _by_name(facts: Facts, resource: Resource) -> dict[str, Template]:
    """The named templates in force, those of stronger layers before others of their name."""
    found: dict[str, Template] = {}
    workflow = facts.argo_workflow(resource)
    for layer in workflow.layers if workflow else ():
        items = layer.data.get("templates")
        for number, item in enumerate(items if isinstance(items, list) else ()):
            name = item.get("name") if isinstance(item, dict) else None
            if workflow and isinstance(name, str):
                route = layer.at("templates", number)
                found.setdefault(name, Template(layer.resource, route, item, name, workflow))
    return found


def _open(facts: Facts, resource: Resource) -> bool:
    """Whether the name of a template is a placeholder, which may become any."""
    return any(is_placeholder(each) for each in facts.remember(_by_name, resource))


def _by_reference(facts: Facts, near: Workflow, reference: Mapping[str, Any]) -> Target:
    name, template = reference.get("name"), reference.get("template")
    if not isinstance(name, str) or is_placeholder(name):
        return Target(Found.UNKNOWN)
    cluster = reference.get("clusterScope") is True
    found = find_templates(facts, near.resource, name, cluster=cluster)
    if not found:
        return Target(Found.OUTSIDE)
    workflow = facts.argo_workflow(found[0]) if len(found) == 1 else None
    return named_template(facts, workflow, template) if workflow else Target(Found.UNKNOWN)


# What a loop has left, as the list another loop takes: all results, or a parameter of each.
_LEFT = re.compile(
    r"\s*\{\{\s*(?:steps|tasks)\.([\w-]+)\.outputs\.(?:result|parameters(?:\.[\w-]+)?)\s*\}\}\s*"
)


def loop_of(
    call: Mapping[str, Any],
    others: Mapping[str, Mapping[str, Any]] | None = None,
    left: dict[int, int | None] | None = None,
) -> Loop | None:
    """The loop of a step or task; None where it runs once.

    `others` are the steps and tasks of the same template by name: a loop over what one of them has
    left is as long as that one is. `left` remembers the lengths for all of them.
    """
    number = _left(call, others, {} if left is None else left) if others is not None else None
    return _written_loop(call) if number is None else Loop("withParam", number, at_most=True)


def _left(
    call: Mapping[str, Any],
    others: Mapping[str, Mapping[str, Any]],
    known: dict[int, int | None],
) -> int | None:
    """How many items the first loop of known length has that a call takes its own from.

    Every call on the way there has as many: each is looked at once.
    """
    way: dict[int, None] = {}
    number: int | None = None
    source = call
    while id(source) not in known:
        way[id(source)] = None
        parameter = source.get("withParam")
        found = _LEFT.fullmatch(parameter) if isinstance(parameter, str) else None
        before = others.get(found[1]) if found else None
        if before is None:
            break
        first = _written_loop(before)
        if first is not None and first.count is not None:
            number = first.count
            break
        if id(before) in way:
            break
        source = before
    else:
        number = known[id(source)]
    known.update(dict.fromkeys(way, number))
    return number


def _written_loop(call: Mapping[str, Any]) -> Loop | None:
    items = call.get("withItems")
    if items is not None:
        if not isinstance(items, list):
            return Loop("withItems", None, dynamic=is_placeholder(items))
        return Loop("withItems", len(items), literal_bytes=sum(map(literal_bytes, items)))
    parameter = call.get("withParam")
    if parameter is not None:
        return _of_parameter(parameter)
    sequence = call.get("withSequence")
    if isinstance(sequence, dict):
        count = _sequence(sequence)
        dynamic = any(is_placeholder(sequence.get(key)) for key in ("count", "start", "end"))
        return Loop("withSequence", count, dynamic)
    return None


def _of_parameter(parameter: Any) -> Loop:
    if not isinstance(parameter, str) or is_placeholder(parameter):
        return Loop("withParam", None, dynamic=isinstance(parameter, str))
    try:
        listed = json.loads(parameter)
    except (ValueError, RecursionError):
        listed = None
    count = len(listed) if isinstance(listed, list) else None
    return Loop("withParam", count, literal_bytes=literal_bytes(parameter))


def _sequence(sequence: Mapping[str, Any]) -> int | None:
    """How many numbers a sequence has: `count`, or from `start` (0) to `end`, both included."""
    count, end = sequence.get("count"), sequence.get("end")
    if count is not None:
        number = whole_number(count)
        return None if number is None else max(number, 0)
    first, last = whole_number(sequence.get("start", 0)), whole_number(end)
    return None if first is None or last is None else abs(last - first) + 1


def whole_number(value: Any) -> int | None:
    """A whole number written as one or as a text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) < 20:
        digits = value.removeprefix("-")
        return int(value) if digits.isascii() and digits.isdigit() else None
    return None


@record
class Reach:
    """The templates a workflow can come to, and whether every call of it could be followed."""

    templates: tuple[Template, ...]
    whole: bool


def reach(facts: Facts, workflow: Workflow) -> Reach:
    """All templates that the entrypoint leads to; exit handlers and hooks are left out."""
    start = named_template(facts, workflow, workflow.value("entrypoint"))
    found: dict[int, Template] = {}
    whole = start.template is not None
    pending = [start.template] if start.template else []
    while pending:
        template = pending.pop()
        if id(template.data) in found:
            continue
        found[id(template.data)] = template
        for call in calls_of(facts, template):
            target = target_of(facts, call)
            if target.template is not None:
                pending.append(target.template)
            else:
                whole = False
    return Reach(tuple(found.values()), whole)


def below(facts: Facts, call: Call) -> Iterator[Template]:
    """The templates that a step or task leads to, each once."""
    seen: set[int] = set()
    pending = [target_of(facts, call).template]
    while pending:
        template = pending.pop()
        if template is None or id(template.data) in seen:
            continue
        seen.add(id(template.data))
        yield template
        pending += [target_of(facts, each).template for each in calls_of(facts, template)]
