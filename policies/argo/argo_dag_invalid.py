"""See argo_dag_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.dag import LOOP_RESULTS, RESULTS, Dag, Task, misread, repeated_names
from kguard.facts.suggest import suggestion
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(dag: Dag, ctx: Context) -> Iterator[Fault]:
    """Yield every fault for which Argo refuses a DAG."""
    tasks = dag.by_name
    for task, first in repeated_names(dag):
        there = Related(dag.resource, first.call.route, "first used here")
        yield task.call.fault(("name",), f"two tasks are called `{task.name}`", related=[there])
    for task in dag.tasks:
        yield from _dependencies(task, dag, ctx)
    mixed = [task for task in dag.tasks if dag.expressive and task.lists]
    if mixed:
        text = f"{mixed[0].call.called} writes `dependencies` where other tasks write `depends`"
        yield mixed[0].call.fault(("dependencies",), text, help="a DAG uses one or the other")
    for circle in dag.cycles():
        names = " → ".join(f"`{task.name}`" for task in [*circle, circle[0]])
        keys = circle[0].waits_for(circle[1 % len(circle)])
        yield circle[0].call.fault(keys, f"tasks wait for each other: {names}")
    for name in dag.targets:
        if name not in tasks:
            yield dag.fault(("dag", "target"), f"target `{name}` is no task of this DAG")


def _dependencies(task: Task, dag: Dag, ctx: Context) -> Iterator[Fault]:
    tasks, call = dag.by_name, task.call
    for each in task.dependencies:
        if each.name not in tasks:
            text = f"{call.called} waits for `{each.name}`, which is no task of this DAG"
            yield call.fault(each.keys, text, help=_meant(each.name, dag, ctx))
        elif each.result and each.result not in RESULTS:
            text = f"`{each.result}` is no result a task can have"
            yield call.fault(each.keys, text, help=f"results are {', '.join(sorted(RESULTS))}")
        elif each.result in LOOP_RESULTS and tasks[each.name].call.loop is None:
            text = f"`{each.name}.{each.result}`: task `{each.name}` has no loop"
            yield call.fault(each.keys, text)
    depends = call.get("depends")
    reason = misread(depends) if isinstance(depends, str) and depends else ""
    if reason and all(each.name in tasks for each in task.dependencies):
        text = f"`depends` of {call.called} cannot be read: {reason}"
        yield call.fault(("depends",), text, help="the workflow ends in Error")
    if dag.expressive and call.get("continueOn") is not None:
        text = f"{call.called} writes `continueOn` in a DAG that writes `depends`"
        yield call.fault(("continueOn",), text, help="use `task.Failed` or `task.Errored`")
    if task.name[:1].isdecimal() and (dag.expressive or task.lists):
        yield call.fault(("name",), f"{call.called} begins with a digit in a DAG with dependencies")


_WORDS = {"and": "&&", "or": "||", "not": "!"}


def _meant(name: str, dag: Dag, ctx: Context) -> str:
    if name in _WORDS:
        return f"`{name}` is written `{_WORDS[name]}`"
    return suggestion(ctx.facts, dag.resource, name, dag.by_name).removeprefix("; ")
