"""Which steps and tasks of a template have ended when another one begins.

Source: argo-workflows workflow/controller/steps.go (a group begins when the one before has ended)
and workflow/common/ancestry.go (GetTaskAncestry).
"""

from __future__ import annotations

from collections.abc import Mapping

from kguard.facts.argo_dag import Dag, Task, dags
from kguard.facts.argo_templates import Call, Template, calls_of
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.model import Key, Resource
from kguard.record import record


@record(eq=False)
class Calls:
    """The steps or tasks of one template; `root` is what references to them begin with."""

    root: str
    by_name: Mapping[str, Call]
    dag: Dag | None

    def unfinished(self, called: Call, by: Call) -> str | None:
        """Why `called` has not ended when `by` begins; None where it has or may have."""
        if called.route == by.route:
            return f"{by.called} has not run when it begins"
        if self.dag is None:
            before, after = _group(called), _group(by)
            if before == after:
                return f"{called.called} runs beside {by.called}, not before it"
            return f"{called.called} runs after {by.called}" if before > after else None
        if called.name in self._waited_for(by.name):
            return None
        return f"{by.called} does not wait for {called.called}"

    def _waited_for(self, name: str) -> set[str]:
        """The names of all that a task waits for; every name where some of it is not known."""
        found: set[str] = set()
        pending = [name]
        while pending:
            task = self.dag.by_name.get(pending.pop()) if self.dag else None
            if task is None:
                continue
            if _open(task):
                return set(self.by_name)
            new = [each.name for each in task.dependencies if each.name not in found]
            found.update(new)
            pending += new
        return found


def _open(task: Task) -> bool:
    written = [task.call.get("depends"), *(task.call.get("dependencies") or ())]
    return any(is_placeholder(each) for each in written)


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
        root = "tasks" if template.kind == "dag" else "steps"
        found[template.route] = Calls(root, calls, graphs.get(template.route))
    return found
