"""The locks that a workflow waits for while it holds them itself.

Sources: argo-workflows workflow/sync/sync_manager.go (getHolderKey: the workflow and each node hold
a lock on their own), workflow/sync/semaphore.go (checkAcquire) and workflow/controller/operator.go
(executeTemplate: a node gives its locks back when it is finished; persistUpdates: the workflow when
all of it is, exit handlers included).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_

from kguard.facts.argo.hooks import run_handlers, templates_below
from kguard.facts.argo.locks import (
    Lock,
    Name,
    default_locks,
    forms_left,
    is_read,
    limit_of,
    locks,
    template_locks,
    workflow_locks,
)
from kguard.facts.argo.templates import Template, named_template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.record import record, replace


@record
class Deadlock:
    """A lock that is asked for below what holds it already, and is given back only after that."""

    lock: Lock
    held: Lock


@record
class _Node:
    """A template, or the workflow as a whole, with its locks and the ids of what runs below it.

    `inherited` are locks of templateDefaults, which thousands of templates may share. `mask` has
    the bits of all names.
    """

    template: Template | None
    own: tuple[Lock, ...]
    inherited: Mapping[Name, Lock]
    mask: int
    below: tuple[int, ...]

    def lock(self, name: Name) -> Lock:
        """The lock of that name, which it has."""
        own = (each for each in self.own if each.in_run == name)
        return next(own, None) or replace(self.inherited[name], template=self.template)


_Graph = Mapping[int, _Node]
_Bits = Mapping[Name | None, int]


def deadlocks(facts: Facts, workflow: Workflow) -> list[Deadlock]:
    """The locks that wait for one that the same run holds already, further up.

    What holds it is the workflow or a template that the object writes, be it by its defaults; what
    waits is any template that runs below, the holder itself in a recursion. Locks that more than
    one may hold are left out, and so are those whose limit is not known.
    """
    defaults = [each for each in default_locks(workflow) if is_read(facts, each)]
    held = [each for each in locks(facts, workflow) if is_read(facts, each)] + defaults
    names = dict.fromkeys(each.in_run for each in held if each.in_run and _alone(facts, each))
    if not names:
        return []
    bits: _Bits = {name: 1 << number for number, name in enumerate(names)}
    templates, roots = facts.argo_templates(workflow.resource), list(_roots(facts, workflow))
    graph = _graph(facts, [*templates, *roots], defaults, bits)
    asked = _asked(facts, graph)
    own = tuple(each for each in workflow_locks(facts, workflow) if is_read(facts, each))
    below = tuple(id(root.data) for root in roots)
    whole = _Node(None, own, {}, _mask(own, bits), below)
    found: dict[int, Deadlock] = {}
    inherited = 0  # The bits of locks of templateDefaults that were found to wait.
    for holder in (whole, *(graph[id(template.data)] for template in templates)):
        facts.go_on()
        wanted = holder.mask & reduce(or_, (asked[each] for each in holder.below), 0)
        for node in _waiting(graph, holder.below, asked, wanted):
            for lock in node.own:
                name = lock.in_run
                if name and bits.get(name, 0) & wanted:
                    found.setdefault(id(lock.data), Deadlock(lock, holder.lock(name)))
            if node.mask & wanted & ~inherited:
                for name in node.inherited:
                    if bits.get(name, 0) & wanted & ~inherited:
                        lock = node.lock(name)
                        found.setdefault(id(lock.data), Deadlock(lock, holder.lock(name)))
                        inherited |= bits[name]
    return list(found.values())


def _alone(facts: Facts, lock: Lock) -> bool:
    """Whether only one may hold a lock at a time, as far as that is known."""
    limit = limit_of(facts, lock)
    return lock.kind == "mutex" or (limit is not None and limit.number == 1)


def _mask(taken: Iterable[Lock], bits: _Bits) -> int:
    """The bits of some locks: thousands of templates may lie below each other."""
    return reduce(or_, (bits.get(lock.in_run, 0) for lock in taken), 0)


def _graph(
    facts: Facts, start: Iterable[Template], defaults: Iterable[Lock], bits: _Bits
) -> dict[int, _Node]:
    """Templates and all that they come to."""
    by_forms: dict[tuple[str, ...], tuple[dict[Name, Lock], int]] = {}
    found: dict[int, _Node] = {}
    pending = list(start)
    while pending:
        template = pending.pop()
        if id(template.data) in found:
            continue
        facts.go_on()
        forms = forms_left(template)
        if forms not in by_forms:
            given = {each.in_run: each for each in defaults if each.in_run and each.form in forms}
            by_forms[forms] = given, _mask(given.values(), bits)
        own = tuple(lock for lock in template_locks(template) if is_read(facts, lock))
        inherited, mask = by_forms[forms]
        below = list(templates_below(facts, template))
        ids = tuple(id(each.data) for each in below)
        found[id(template.data)] = _Node(template, own, inherited, mask | _mask(own, bits), ids)
        pending += below
    return found


def _asked(facts: Facts, graph: _Graph) -> dict[int, int]:
    """For each template the bits of the locks that it or anything below it asks for."""
    asked = {key: node.mask for key, node in graph.items()}
    order = list(_leaves_first(graph))
    changed = True
    while changed:  # Again only where there are recursions.
        changed = False
        for key in order:
            facts.go_on()
            joined = reduce(or_, (asked[each] for each in graph[key].below), asked[key])
            changed |= joined != asked[key]
            asked[key] = joined
    return asked


def _leaves_first(graph: _Graph) -> Iterator[int]:
    seen: set[int] = set()
    for start in graph:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(graph[start].below))]
        while path:
            key, below = path[-1]
            following = next((each for each in below if each not in seen), None)
            if following is None:
                path.pop()
                yield key
            else:
                seen.add(following)
                path.append((following, iter(graph[following].below)))


def _waiting(
    graph: _Graph, start: Iterable[int], asked: Mapping[int, int], wanted: int
) -> Iterator[_Node]:
    """All templates below on a way to one that asks for a lock of these bits."""
    seen: set[int] = set()
    pending = list(start)
    while pending:
        key = pending.pop()
        if asked[key] & wanted and key not in seen:
            seen.add(key)
            yield graph[key]
            pending += graph[key].below


def _roots(facts: Facts, workflow: Workflow) -> Iterator[Template]:
    """The templates that start while the whole workflow holds its locks."""
    entrypoint = named_template(facts, workflow, workflow.value("entrypoint")).template
    if entrypoint is not None:
        yield entrypoint
    yield from run_handlers(facts, workflow).values()
