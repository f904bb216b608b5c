"""Single-field mutations of the good examples, written as rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kguard.engine import Engine
from kguard.facts import Assumptions, Facts
from kguard.index import Index
from kguard.kube.dockerfile import as_resource, parse
from kguard.kube.images import SHELL_NAMES, ImageFacts
from kguard.kube.recognise import resources
from kguard.model import Key, Resource, Route
from kguard.policy.registry import builtin
from kguard.rules import as_written
from kguard.source import read

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"

Change = Callable[[Any], Any]
GONE = object()
"""What a change returns for a field that is to go."""


def drop(value: Any) -> Any:
    """The field goes."""
    return GONE


def to(new: Any) -> Change:
    """The field gets another value."""
    return lambda value: deepcopy(new)


def plus(**fields: Any) -> Change:
    """A mapping gets another field; `_` in its name stands for `-`."""
    return lambda value: {**value, **deepcopy(fields)}


def misspelt(value: Any) -> Any:
    """A name gets a letter too many."""
    return f"{value}x"


def swap(old: str, new: str) -> Change:
    """A text says something else; a text without `old` stays and is no mutation."""
    return lambda value: value.replace(old, new) if isinstance(value, str) else value


def renamed(old: str) -> Change:
    """A key of a mapping gets a letter too many; a mapping without it stays."""
    return lambda value: {f"{key}x" if key == old else key: each for key, each in value.items()}


def quoted(value: Any) -> Any:
    """A number stands in quotes."""
    return str(value)


class Row(NamedTuple):
    """Fields that, changed like this, break what a policy is about.

    `where` are fields: names and numbers joined by dots (a dot in a name is written `/`), `*` is
    any one, `**` any number of them, `$` the specification of a workflow; `text` is a Dockerfile.
    `kinds` and `names` say which objects, empty for all.
    """

    policy: str
    where: str
    change: Change
    kinds: str = ""
    names: str = ""
    alone: bool = False
    """Whether the object is judged without the others, its controller setting no defaults."""
    elsewhere: bool = False
    """Whether the finding may be at another object."""


class Mutation(NamedTuple):
    """One field of one object of a project."""

    row: Row
    project: str
    number: int
    route: Route

    def __str__(self) -> str:
        """The policy, the object and the field."""
        resource = world(self.project)[self.number]
        place = ".".join(map(str, self.route))
        return f"{self.row.policy}: {self.project} {resource.label} {place}"


@cache
def world(project: str) -> tuple[Resource, ...]:
    """The objects of the good state of a project, Dockerfiles among them."""
    found: list[Resource] = []
    good = EXAMPLES / project / "good"
    for path in sorted(good.rglob("*")):
        name = path.relative_to(good).as_posix()
        if path.suffix in (".yaml", ".yml") and path.name != ".kguard.yaml":
            for document in read(name, path.read_bytes()).documents:
                found += resources(document.data, name, document.index)
        elif path.name == "Dockerfile":
            found.append(as_resource(parse(path.read_text(encoding="utf-8")), name))
    return tuple(found)


POLICIES = {policy.id: policy for policy in builtin()}
RULES = as_written(POLICIES.values())


@cache
def engine(policy: str) -> Engine:
    """A policy, with the parameters of its page, and those that may silence it."""
    asked = {policy}
    while more := {p.id for p in POLICIES.values() if asked & set(p.supersedes)} - asked:
        asked |= more
    return Engine(POLICIES[each] for each in asked)


def mutations(project: str, rows: list[Row]) -> list[Mutation]:
    """Every field of a project that a row names, and that its change changes."""
    return [
        Mutation(row, project, number, route)
        for row in rows
        for number, resource in enumerate(world(project))
        if not resource.embedded and _meant(row, resource)
        for route in _routes(project, row, resource)
    ]


def _routes(project: str, row: Row, resource: Resource) -> list[Route]:
    """The fields of an object that a row changes."""
    if resource.kind == "Dockerfile":
        text = _text(project, resource)
        return [("text",)] if row.where == "text" and row.change(text) != text else []
    found = set(_places(resource.data, _pattern(row, resource)))
    changed = (r for r in found if row.change(_at(resource.data, r)) != _at(resource.data, r))
    return sorted(changed, key=str)


def _text(project: str, dockerfile: Resource) -> str:
    path = EXAMPLES / project / "good" / dockerfile.origin.path
    return path.read_text(encoding="utf-8")


def _meant(row: Row, resource: Resource) -> bool:
    if row.where.startswith("$") and resource.group != "argoproj.io":
        return False
    name = resource.name or resource.generate_name.rstrip("-") or resource.origin.path
    return (not row.kinds or resource.kind in row.kinds.split()) and (
        not row.names or name in row.names.split()
    )


def _pattern(row: Row, resource: Resource) -> list[str]:
    spec = "spec.workflowSpec" if resource.kind == "CronWorkflow" else "spec"
    where = row.where.replace("$", spec)
    return where.split(".") if where else []


def _places(data: Any, pattern: list[str]) -> Iterator[Route]:
    if not pattern:
        yield ()
        return
    first, *rest = pattern
    if first == "**":
        yield from _places(data, rest)
    for key, value in _items(data):
        if first in ("*", "**") or first == str(key).replace(".", "/"):
            yield from ((key, *tail) for tail in _places(value, pattern if first == "**" else rest))


def _items(data: Any) -> Iterator[tuple[Key, Any]]:
    if isinstance(data, Mapping):
        yield from data.items()
    elif isinstance(data, list):
        yield from enumerate(data)


def _at(data: Any, route: Route) -> Any:
    for key in route:
        data = data[key]
    return data


def _changed(mutation: Mutation, resource: Resource) -> Resource:
    """The object as it is recognised with one field changed."""
    route, change = mutation.route, mutation.row.change
    if resource.kind == "Dockerfile":
        text = change(_text(mutation.project, resource))
        return as_resource(parse(text), resource.origin.path)
    data: Any = deepcopy(dict(resource.data))
    new = change(_at(data, route))
    holder = _at(data, route[:-1])
    if not route:
        data = new
    elif new is GONE:
        del holder[route[-1]]
    else:
        holder[route[-1]] = new
    origin = resource.origin
    (found, *_) = resources(data, origin.path, origin.document)
    return found


def caught(mutation: Mutation) -> bool:
    """Whether the policy of a mutation speaks of it, and only of it."""
    row, number = mutation.row, mutation.number
    if speaks_before(row.policy, mutation.project, number, row.alone, row.elsewhere):
        return False
    before = world(mutation.project)
    changed = _changed(mutation, before[number])
    if row.alone:
        return speaks(row.policy, [changed], [changed], alone=True)
    after = [changed if n == number else each for n, each in enumerate(before)]
    return speaks(row.policy, after, after if row.elsewhere else [changed])


@cache
def speaks_before(policy: str, project: str, number: int, alone: bool, elsewhere: bool) -> bool:
    """Whether a policy speaks where a mutation is looked for, and nothing has been changed."""
    objects = world(project)
    one = [objects[number]]
    return speaks(policy, one if alone else objects, objects if elsewhere else one, alone=alone)


def speaks(
    policy: str, seen: Sequence[Resource], judged: Sequence[Resource], *, alone: bool = False
) -> bool:
    """Whether a policy has a finding at a judged object; the seen ones are the world."""
    files = {each.origin.path: each for each in seen if each.kind == "Dockerfile"}
    images = {image: ImageFacts(files[file]) for image, file in IMAGES.items() if file in files}
    images["registry.example.com/shop/payments"] = ImageFacts(None, SHELL_NAMES["dash"])
    assume = Assumptions(argo_assume_none=alone, images=images)
    facts = Facts(Index(seen, complete=() if alone else {""}), assume)
    outcome = engine(policy).run(judged, facts, RULES)
    assert [crash.error for crash in outcome.crashes] == []
    return any(finding.policy == policy for finding in outcome.findings)


IMAGES = {
    "registry.example.com/shop/checkout": "checkout/Dockerfile",
    "registry.example.com/shop/storefront": "storefront/Dockerfile",
    "registry.example.com/shop/backoffice": "backoffice/Dockerfile",
    "registry.example.com/media/worker": "media/Dockerfile",
}
