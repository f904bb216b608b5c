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
    is_read,
    limit_of,
    locks,
    template_locks,
)
from kguard.facts.argo.templates import Template, named_template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.record import record


@record
class Deadlock:
    """A lock that is asked for below what holds it already, and is given back only after that."""

    lock: Lock
    held: Lock


@record
class _Node:
    """A template, its locks, and the ids of what runs below it."""

    locks: tuple[Lock, ...]
    below: tuple[int, ...]


_Graph = Mapping[int, _Node]


def deadlocks(facts: Facts, workflow: Workflow) -> list[Deadlock]:
    """The locks that wait for one that the same run holds already, further up.

    What holds it is the workflow or a template that the object writes; what waits is any template
    that runs below, the holder itself in a recursion. Locks that more than one may hold are left
    out, and so are those whose limit is not known.
    """
    templates = facts.argo_templates(workflow.resource)
    written = [*locks(facts, workflow), *_by_default(templates, workflow)]
    holders = [each for each in written if each.name and _alone(facts, each)]
    if not holders:
        return []
    roots = list(_roots(facts, workflow))
    graph = _graph(facts, [*templates, *roots], workflow)
    bits: dict[Name | None, int] = {held.name: 1 << n for n, held in enumerate(holders)}
    asked = _asked(facts, graph, bits)
    found: dict[int, Deadlock] = {}
    for held in holders:
        template = held.template
        start = graph[id(template.data)].below if template else [id(each.data) for each in roots]
        for lock in _waiting(graph, start, asked, bits[held.name]):
            if lock.name == held.name:
                found.setdefault(id(lock.data), Deadlock(lock, held))
    return list(found.values())


def _by_default(templates: Iterable[Template], workflow: Workflow) -> Iterator[Lock]:
    for template in templates:
        yield from default_locks(template, workflow)


def _alone(facts: Facts, lock: Lock) -> bool:
    """Whether only one may hold a lock at a time, as far as that is known."""
    if not is_read(facts, lock):
        return False
    limit = limit_of(facts, lock)
    return lock.kind == "mutex" or (limit is not None and limit.number == 1)


def _graph(facts: Facts, start: Iterable[Template], workflow: Workflow) -> dict[int, _Node]:
    """Templates and all that they come to."""
    found: dict[int, _Node] = {}
    pending = list(start)
    while pending:
        template = pending.pop()
        if id(template.data) not in found:
            facts.go_on()
            below = list(templates_below(facts, template))
            ids = tuple(id(each.data) for each in below)
            own = template_locks(template) or default_locks(template, workflow)
            taken = tuple(lock for lock in own if is_read(facts, lock))
            found[id(template.data)] = _Node(taken, ids)
            pending += below
    return found


def _asked(facts: Facts, graph: _Graph, bits: Mapping[Name | None, int]) -> dict[int, int]:
    """For each template the bits of the locks that it or anything below it asks for.

    Bits, because thousands of templates may lie below each other.
    """
    asked = {
        key: reduce(or_, (bits.get(lock.name, 0) for lock in node.locks), 0)
        for key, node in graph.items()
    }
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
    graph: _Graph, start: Iterable[int], asked: Mapping[int, int], bit: int
) -> Iterator[Lock]:
    """The locks of all templates below on a way to one that asks for the lock of this bit."""
    seen: set[int] = set()
    pending = list(start)
    while pending:
        key = pending.pop()
        if asked[key] & bit and key not in seen:
            seen.add(key)
            yield from graph[key].locks
            pending += graph[key].below


def _roots(facts: Facts, workflow: Workflow) -> Iterator[Template]:
    """The templates that start while the whole workflow holds its locks."""
    entrypoint = named_template(facts, workflow, workflow.value("entrypoint")).template
    if entrypoint is not None:
        yield entrypoint
    yield from run_handlers(facts, workflow).values()
