"""How often each template of a workflow runs in one run of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kguard.facts.argo.hooks import call_handlers, run_handlers, templates_below
from kguard.facts.argo.templates import Template, calls_of, named_template, target_of
from kguard.facts.forecast.nodes import Counter
from kguard.facts.run import Facts
from kguard.record import record


@record
class Runs:
    """The templates that a run comes to, those that call before those that they call.

    `recursions` are calls of templates that are at work already, which are not followed, and how
    often; `unseen` is how often templates are called that were not seen.
    """

    counter: Counter
    templates: Sequence[Template]
    by_template: Mapping[int, int]
    recursions: Sequence[tuple[Template, int]] = ()
    unseen: int = 0

    def calls(self, template: Template) -> int:
        """How often a template is called."""
        return self.by_template.get(id(template.data), 0)

    def bodies(self, template: Template) -> int:
        """How often it runs, its attempts counted one by one."""
        attempts = (self.counter.attempts(template) or 1) if self.counter.worst else 1
        return self.calls(template) * attempts


def runs_through(counter: Counter) -> Runs:
    """The runs of all templates that the entrypoint, hooks and exit handlers lead to."""
    facts, workflow = counter.facts, counter.workflow
    entrypoint = named_template(facts, workflow, workflow.value("entrypoint")).template
    starts = [*([entrypoint] if entrypoint else []), *run_handlers(facts, workflow).values()]
    order = _in_order(facts, starts)
    place = {id(template.data): number for number, template in enumerate(order)}
    calls = dict.fromkeys(place, 0)
    for start in starts:
        calls[id(start.data)] += 1
    found = Runs(counter, order, calls)
    recursions: list[tuple[Template, int]] = []
    unseen = 0
    for number, template in enumerate(order):
        for target, times in _called(counter, template):
            more = found.bodies(template) * times
            if target is None:
                unseen += more
            elif place[id(target.data)] > number:
                calls[id(target.data)] += more
            else:
                recursions += [(target, more)]
    return Runs(counter, order, calls, recursions, unseen)


def _called(counter: Counter, template: Template) -> Iterator[tuple[Template | None, int]]:
    """What one run of a template calls, and how often; None is a template that was not seen."""
    for call in calls_of(counter.facts, template):
        counter.facts.go_on()
        items = counter.items_of(call)
        yield target_of(counter.facts, call).template, items
        for handler in call_handlers(counter.facts, call).values():
            yield handler, items


def _in_order(facts: Facts, starts: Sequence[Template]) -> list[Template]:
    """Templates, those that call before those that they call."""
    done: dict[int, Template] = {}
    entered: set[int] = set()
    pending = [(start, False) for start in reversed(starts)]
    while pending:
        template, left = pending.pop()
        key = id(template.data)
        if left:
            done[key] = template
        elif key not in entered:
            entered.add(key)
            pending.append((template, True))
            # As the counter goes: of templates that call each other the same ones are recursions.
            pending += [(below, False) for below in templates_below(facts, template)][::-1]
    return list(reversed(done.values()))
