"""How often each template of a workflow runs in one run of it that goes well."""

from __future__ import annotations

from collections.abc import Mapping

from kguard.facts.argo import Workflow
from kguard.facts.argo_templates import Call, Template, calls_of, named_template, target_of
from kguard.facts.forecast import counter_of
from kguard.facts.forecast_nodes import Counter
from kguard.facts.run import Facts
from kguard.record import record

_MOST = 10**9


@record
class Runs:
    """Runs of templates and the nodes that steps and tasks make."""

    counter: Counter
    by_template: Mapping[int, int]

    def nodes(self, call: Call) -> int:
        """How many nodes get the arguments of a call: its items, each again with its attempt."""
        runs = self.by_template.get(id(call.template.data), 0)
        target = target_of(self.counter.facts, call).template
        retried = target is not None and target.retry(self.counter.workflow) is not None
        return min(runs * self.counter.items_of(call) * (2 if retried else 1), _MOST)


def runs_of(facts: Facts, workflow: Workflow) -> Runs:
    """The runs of all templates that the entrypoint leads to; recursions come round once."""
    counter = counter_of(facts, workflow)
    start = named_template(facts, workflow, workflow.value("entrypoint")).template
    order = _in_order(facts, start) if start else []
    runs = {id(start.data): 1} if start else {}
    for template in order:
        for call in calls_of(facts, template):
            target = target_of(facts, call).template
            if target is not None:
                more = runs.get(id(template.data), 0) * counter.items_of(call)
                runs[id(target.data)] = min(runs.get(id(target.data), 0) + more, _MOST)
    return Runs(counter, runs)


def _in_order(facts: Facts, start: Template) -> list[Template]:
    """Templates, those that call before those that they call."""
    done: dict[int, Template] = {}
    entered: set[int] = set()
    pending = [(start, False)]
    while pending:
        template, left = pending.pop()
        key = id(template.data)
        if left:
            done[key] = template
        elif key not in entered:
            entered.add(key)
            pending.append((template, True))
            for call in calls_of(facts, template):
                target = target_of(facts, call).template
                if target is not None and id(target.data) not in entered:
                    pending.append((target, False))
    return list(reversed(done.values()))
