"""The names that tags of an Argo object can read: inputs, outputs, arguments, labels, items.

Each list is made once: an object may ask for the same thousand names from ten thousand tags.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from kguard.facts.argo.templates import Call, Template, calls_of, reach, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.model import Resource, Route, dig
from kguard.record import record


@record
class Names:
    """Names in the order in which they are written; `filled_in` marks one that is not known yet."""

    listed: tuple[str, ...]
    known: frozenset[str]
    filled_in: bool

    def may_be(self, name: str) -> bool:
        """Whether a name is one of them, or may become one."""
        return self.filled_in or name in self.known


def _names(listed: Iterable[str]) -> Names:
    written = tuple(listed)
    return Names(written, frozenset(written), any(map(is_placeholder, written)))


def names_of(items: Any) -> list[str]:
    """The names in a list of parameters, artifacts or the like."""
    found = (dig(item, "name") for item in (items if isinstance(items, list) else ()))
    return [name for name in found if isinstance(name, str)]


def _cache(facts: Facts, resource: Resource) -> dict[Hashable, Names]:
    return {}


def _once(
    facts: Facts, resource: Resource, key: Hashable, make: Callable[[], Iterable[str]]
) -> Names:
    cache = facts.remember(_cache, resource)
    if key not in cache:
        cache[key] = _names(make())
    return cache[key]


def inputs(facts: Facts, template: Template, kind: str) -> Names:
    """The `parameters` or `artifacts` that go into a template, and into those it stands in.

    What stands inside of a template is filled in together with it.
    """

    def make() -> list[str]:
        own = names_of(template.value("inputs", kind))
        around = _around(facts, template)
        return own if around is None else [*own, *inputs(facts, around, kind).listed]

    return _once(facts, template.resource, ("inputs", kind, template.route), make)


def _by_route(facts: Facts, resource: Resource) -> dict[Route, Template]:
    return {each.route: each for each in facts.argo_templates(resource)}


def _around(facts: Facts, template: Template) -> Template | None:
    """The template in whose step or task an inline one stands."""
    if template.route[-1:] != ("inline",):
        return None
    by_route = facts.remember(_by_route, template.resource)
    sizes = range(len(template.route) - 1, 0, -1)
    return next((found for n in sizes if (found := by_route.get(template.route[:n]))), None)


def outputs(facts: Facts, template: Template, kind: str) -> Names:
    """The `parameters` or `artifacts` that come out of a template."""

    def make() -> list[str]:
        return names_of(template.value("outputs", kind))

    return _once(facts, template.resource, ("outputs", kind, template.route), make)


def arguments(facts: Facts, workflow: Workflow) -> Names:
    """The parameters in the arguments of a workflow, whichever layer writes them."""

    def make() -> list[str]:
        written = [dig(layer.data, "arguments", "parameters") for layer in workflow.layers]
        return [name for items in written for name in names_of(items)]

    return _once(facts, workflow.resource, "arguments", make)


def metadata(facts: Facts, workflow: Workflow, kind: str) -> Names:
    """The `labels` or `annotations` that a workflow is known to get."""

    def make() -> list[str]:
        cron = workflow.resource.kind == "CronWorkflow"
        where = ("spec", "workflowMetadata") if cron else ("metadata",)
        mappings = [dig(workflow.resource.data, *where, kind)]
        if workflow.config is not None:
            mappings.append(dig(workflow.config.workflow_defaults, "metadata", kind))
        for layer in workflow.layers:
            for key in (kind, f"{kind}From"):
                mappings.append(dig(layer.data, "workflowMetadata", key))
        if workflow.template is not None:
            mappings.append(dig(workflow.template.resource.data, "metadata", kind))
        return [str(key) for each in mappings if isinstance(each, dict) for key in each]

    return _once(facts, workflow.resource, kind, make)


def items(facts: Facts, call: Call) -> Names:
    """What of an item of `withItems` has a name of its own: keys, and `[0]` in lists."""

    def make() -> list[str]:
        written = call.get("withItems")
        found: dict[str, None] = {}
        for item in written if isinstance(written, list) else ():
            if isinstance(item, dict):
                found.update(dict.fromkeys(map(str, item)))
            elif isinstance(item, list):
                found.update(dict.fromkeys(f"[{number}]" for number in range(len(item))))
            elif is_placeholder(item):
                found[item] = None
        return list(found)

    return _once(facts, call.resource, ("items", call.route), make)


def global_names(facts: Facts, workflow: Workflow, kind: str) -> Names | None:
    """The global names of all templates that a workflow can come to; None where some are unseen."""
    whole, templates = facts.remember(_templates_in_reach, workflow.resource)
    if not whole:
        return None

    def make() -> list[str]:
        written = [each.get("outputs", kind) for each in templates]
        found = [item for each in written if isinstance(each, list) for item in each]
        return [name for item in found if isinstance(name := dig(item, "globalName"), str)]

    return _once(facts, workflow.resource, ("global", kind), make)


def _templates_in_reach(facts: Facts, resource: Resource) -> tuple[bool, list[Template]]:
    workflow = facts.argo_workflow(resource)
    if workflow is None:
        return False, []
    reached = reach(facts, workflow)
    own = [each for layer in workflow.layers for each in facts.argo_templates(layer.resource)]
    beyond = [target_of(facts, call) for each in own for call in calls_of(facts, each)]
    whole = reached.whole and all(target.template is not None for target in beyond)
    found = {id(each.data): each for each in (*reached.templates, *own)}
    found |= {id(t.template.data): t.template for t in beyond if t.template is not None}
    return whole, list(found.values())
