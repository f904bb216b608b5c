"""Which steps and tasks of a template have ended when another one begins.

Source: argo-workflows workflow/controller/steps.go (a group begins when the one before has ended)
and workflow/common/ancestry.go (GetTaskAncestry).
"""

from __future__ import annotations

from collections.abc import Mapping

from kguard.facts.argo.dag import Dag, Task, dags
from kguard.facts.argo.templates import Call, Template, calls_of
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.model import Key, Resource
from kguard.record import record


@record(eq=False)
class Calls:
    """The steps or tasks of one template; `root` is what references to them begin with.

    Of tasks `numbers` has one for each and `before` the bits of those that it waits for.
    `filled_in` says that some name is not known yet.
    """

    root: str
    by_name: Mapping[str, Call]
    numbers: Mapping[str, int]
    before: Mapping[str, int]
    filled_in: bool

    def unfinished(self, called: Call, by: Call) -> str | None:
        """Why `called` has not ended when `by` begins; None where it has or may have."""
        if called.route == by.route:
            return f"{by.called} has not run when it begins"
        if self.root == "steps":
            first, second = _group(called), _group(by)
            if first == second:
                return f"{called.called} runs beside {by.called}, not before it"
            return f"{called.called} runs after {by.called}" if first > second else None
        before = self.before.get(by.name)
        if before is None or before >> self.numbers[called.name] & 1:
            return None
        return f"{by.called} does not wait for {called.called}"


def _before(dag: Dag, numbers: Mapping[str, int]) -> dict[str, int]:
    """What each task waits for, as the bits of their numbers; all bits where that is not known.

    Sets would take the square of a long chain; these are worked out in one pass.
    """
    everything = (1 << len(numbers)) - 1
    before = dict.fromkeys(numbers, everything)  # Tasks in circles stay so.
    waits = {name: {d.name for d in task.dependencies} for name, task in dag.by_name.items()}
    left = {name: len(names & numbers.keys()) for name, names in waits.items()}
    followers: dict[str, list[str]] = {}
    for name, names in waits.items():
        for other in names:
            followers.setdefault(other, []).append(name)
    ready = [name for name, count in left.items() if not count and name in numbers]
    while ready:
        name = ready.pop()
        known = [other for other in waits[name] if other in numbers]
        if not _open(dag.by_name[name]):
            before[name] = 0
            for other in known:
                before[name] |= before[other] | 1 << numbers[other]
        for following in followers.get(name, ()):
            left[following] -= 1
            if not left[following] and following in numbers:
                ready.append(following)
    return before


def _open(task: Task) -> bool:
    dependencies = task.call.get("dependencies")
    listed = dependencies if isinstance(dependencies, list) else (dependencies,)
    return any(map(is_placeholder, (task.call.get("depends"), *listed)))


def _group(call: Call) -> int:
    key: Key = call.route[len(call.template.route) + 1]
    return key if isinstance(key, int) else 0


def calls_beside(facts: Facts, template: Template) -> Calls:
    """The steps or tasks of a template by name."""
    return facts.remember(_all, template.resource)[template.route]


def _all(facts: Facts, resource: Resource) -> dict[tuple[Key, ...], Calls]:
    graphs = {dag.route: dag for dag in dags(facts, resource)}
    found = {}
    for template in facts.argo_templates(resource):
        calls = {call.name: call for call in calls_of(facts, template) if call.name}
        dag = graphs.get(template.route) if template.kind == "dag" else None
        numbers = {name: number for number, name in enumerate(calls if dag else ())}
        root = "tasks" if template.kind == "dag" else "steps"
        before = _before(dag, numbers) if dag else {}
        filled_in = any(map(is_placeholder, calls))
        found[template.route] = Calls(root, calls, numbers, before, filled_in)
    return found
