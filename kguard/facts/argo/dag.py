"""The dependencies between the tasks of a DAG template.

Sources: argo-workflows workflow/common/ancestry.go (GetTaskDependencies, ValidateTaskResults) and
workflow/validate/validate.go (validateDAG, verifyNoCycles, validateDAGTargets).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kguard.facts.argo.templates import Call, Template, calls_of
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.model import Resource, Route, Scope
from kguard.record import record

RESULTS = frozenset(
    {"Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned"}
    | {"AnySucceeded", "AllFailed"}
)
"""What may stand behind the point in `depends`."""

LOOP_RESULTS = frozenset({"AnySucceeded", "AllFailed"})
"""Results that only tasks with a loop have."""

_NAME = "[a-zA-Z0-9][-a-zA-Z0-9]*"
_TERM = re.compile(rf"({_NAME}?)\.([A-Z][a-zA-Z]+)|({_NAME})")
_PARAMETER = re.compile(r"\{\{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*\}\}")


@record
class Dependency:
    """One task that another waits for, and where that is written below the waiting task."""

    name: str
    keys: Route
    result: str = ""


@record
class Task:
    """A task and what it waits for."""

    call: Call
    dependencies: tuple[Dependency, ...]

    @property
    def name(self) -> str:
        """Its name, empty where it has none."""
        return self.call.name

    @property
    def lists(self) -> bool:
        """Whether it writes `dependencies`."""
        names = self.call.get("dependencies")
        return isinstance(names, list) and bool(names)

    def waits_for(self, other: Task) -> Route:
        """Where it is written that this task waits for another."""
        return next(each.keys for each in self.dependencies if each.name == other.name)


@record(eq=False)
class Dag(Scope):
    """A DAG template. `data` is the template; `tasks` are those that can be read.

    `by_name` has of several tasks with one name the last, as Argo does. `expressive` says that
    some task writes `depends`, which rules `dependencies` out for all.
    """

    template: Template
    tasks: tuple[Task, ...]
    by_name: Mapping[str, Task]
    expressive: bool

    @property
    def targets(self) -> list[str]:
        """The names in `target`, placeholders left out."""
        target = self.get("dag", "target")
        words = target.split(" ") if isinstance(target, str) and target else []
        return [word for word in words if not _PARAMETER.search(word) and not is_placeholder(word)]

    def cycles(self) -> Iterator[list[Task]]:
        """Tasks that wait for each other in a circle; no task is in two of them."""
        tasks = self.by_name
        done: set[str] = set()
        for start in tasks:
            path: dict[str, None] = {}
            pending: list[tuple[str, Iterator[str]]] = []
            if start not in done:
                path, pending = {start: None}, [(start, _names(tasks[start]))]
            while pending:
                name, names = pending[-1]
                following = next((n for n in names if n in tasks and n not in done), None)
                if following is None or name in done:
                    pending.pop()
                    del path[name]
                    done.add(name)
                elif following in path:
                    names_so_far = list(path)
                    circle = names_so_far[names_so_far.index(following) :]
                    done.update(circle)
                    yield [tasks[each] for each in circle]
                else:
                    path[following] = None
                    pending.append((following, _names(tasks[following])))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _names(task: Task) -> Iterator[str]:
    return iter([each.name for each in task.dependencies])


def dags(facts: Facts, resource: Resource) -> Iterator[Dag]:
    """The DAG templates that an Argo object writes itself."""
    for template in facts.argo_templates(resource):
        calls = [call for call in calls_of(facts, template) if call.task]
        tasks = tuple(Task(call, tuple(dependencies_of(call))) for call in calls)
        if tasks:
            yield Dag(
                template.resource,
                template.route,
                template.data,
                template,
                tasks,
                by_name={task.name: task for task in tasks},
                expressive=any(_is_text(call.get("depends")) for call in calls),
            )


def dependencies_of(call: Call) -> Iterable[Dependency]:
    """What one task waits for, as it writes it."""
    depends = call.get("depends")
    if _is_text(depends):
        if not is_placeholder(depends):
            for name, result, alone in _TERM.findall(depends):
                yield Dependency(name or alone, ("depends",), result)
        return
    names = call.get("dependencies")
    for number, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and not is_placeholder(name):
            yield Dependency(name, ("dependencies", number))


# What expressions of `depends` are made of, and what people take for it.
_PART = re.compile(r"\s*(&&|\|\||!|\(|\)|[a-zA-Z0-9][-\w]*(?:\.\w+)?|.)", re.DOTALL)
_OTHER = re.compile(r"[=<>?:'\"\[\]{}+*/%#$]|\b(?:not|in|matches|true|false)\b")
_JOINTS = ("&&", "||")


def misread(depends: str) -> str:
    """Why an expression of `depends` cannot be read, empty where it can or may.

    It is an expression of expr-lang once its names are filled in (workflow/controller/dag.go,
    evaluateDependsLogic); anything beyond names, `&&`, `||`, `!` and parentheses is left alone.
    """
    if is_placeholder(depends) or _OTHER.search(depends):
        return ""
    parts = [part for part in _PART.findall(depends) if not part.isspace()]
    open_ones, name_wanted = 0, True
    for part in parts:
        if part in ("&", "|", ",", ";"):
            return f"`{part}` joins nothing: write `&&` or `||`"
        if part in _JOINTS or part == ")":
            if name_wanted:
                return f"no task stands before `{part}`"
            open_ones -= part == ")"
            name_wanted = part != ")"
        elif not name_wanted:
            return f"nothing joins `{part}` to what stands before it: write `&&` or `||`"
        else:
            open_ones += part == "("
            name_wanted = part in ("(", "!")
        if open_ones < 0:
            return "a parenthesis is closed that is not open"
    if name_wanted:
        return "it ends where a task is missing"
    return "a parenthesis is left open" if open_ones else ""


def repeated_names(dag: Dag) -> Iterator[tuple[Task, Task]]:
    """Tasks whose name an earlier one has, each with the first of that name."""
    first: dict[str, list[Task]] = defaultdict(list)
    for task in dag.tasks:
        if task.name and first[task.name]:
            yield task, first[task.name][0]
        first[task.name].append(task)
