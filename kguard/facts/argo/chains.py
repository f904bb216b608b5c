"""Steps of a template that run one after the other, in the order in which they do.

Source: argo-workflows workflow/controller/steps.go (groups run one after the other), dag.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.dag import dags
from kguard.facts.argo.templates import Call, Template, calls_of
from kguard.facts.run import Facts


def chains(facts: Facts, template: Template) -> Iterator[list[Call]]:
    """The longest sequences of calls of which each waits for nothing but the one before."""
    if template.kind == "steps":
        yield from _of_steps(calls_of(facts, template))
    elif template.kind == "dag":
        yield from _of_dag(facts, template)


def _of_steps(calls: list[Call]) -> Iterator[list[Call]]:
    groups: dict[object, list[Call]] = {}
    for call in calls:
        groups.setdefault(call.route[len(call.template.route) + 1], []).append(call)
    chain: list[Call] = []
    for group in groups.values():
        if len(group) == 1:
            chain.append(group[0])
            continue
        yield chain
        chain = []
    yield chain


def _of_dag(facts: Facts, template: Template) -> Iterator[list[Call]]:
    dag = next((d for d in dags(facts, template.resource) if d.data is template.data), None)
    tasks = dag.by_name if dag is not None else {}
    before = {name: {each.name for each in task.dependencies} for name, task in tasks.items()}
    after: dict[str, list[str]] = {}
    for name, names in before.items():
        for each in names:
            after.setdefault(each, []).append(name)

    def follows(name: str) -> str | None:
        """The only task that waits for this one, where it waits for nothing else."""
        found = after.get(name, [])
        return found[0] if len(found) == 1 and before[found[0]] == {name} else None

    followers = {follows(name) for name in tasks}
    for name in tasks:
        chain, seen = [], set()
        following: str | None = name if name not in followers else None
        while following is not None and following not in seen:
            seen.add(following)
            chain.append(tasks[following].call)
            following = follows(following)
        yield chain
