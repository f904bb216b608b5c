"""When a CronWorkflow runs, and what bounds one of its runs.

Sources: argo-workflows pkg/apis/workflow/v1alpha1/cron_workflow_types.go (CronWorkflowSpec:
`schedule` until 3.7, `schedules` since 3.6) and workflow/cron/operator.go (enforceRuntimePolicy,
shouldOutstandingWorkflowsBeRun).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.model import Resource, Route, Scope, dig
from kguard.quantity.cron import CronError, Schedule, parse_cron
from kguard.record import record

_FEW, _MOST = 10, 1000
_SCHEDULE_SECONDS = 0.005
"""How long one takes at most, with the days of 28 years for its shortest interval."""


@record
class When:
    """One schedule as it is written; `parsed` is None for a placeholder and for what is none."""

    keys: Route
    text: str
    parsed: Schedule | None


@record(eq=False)
class CronWorkflow(Scope):
    """A CronWorkflow; `data` is its `spec`, `workflow` the specification of its runs."""

    workflow: Workflow
    schedules: tuple[When, ...]

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"CronWorkflow `{self.resource.name}`" if self.resource.name else "the CronWorkflow"

    @property
    def suspended(self) -> bool:
        """Whether it runs nothing until somebody changes it."""
        return self.get("suspend") is True

    @property
    def policy(self) -> str | None:
        """What happens while a run is active: `Allow`, `Forbid` or `Replace`; None if unknown."""
        policy = self.get("concurrencyPolicy", default="")
        if not isinstance(policy, str) or is_placeholder(policy):
            return None
        return policy or "Allow"

    @property
    def shortest_interval(self) -> int | None:
        """The shortest time between two runs of one schedule in seconds; None if not known."""
        shortest: list[int] = []
        for when in self.schedules:
            seconds = when.parsed.shortest_interval() if when.parsed else None
            if when.parsed is None:
                return None
            shortest += [seconds] if seconds is not None else []
        return min(shortest, default=None)


def cron_workflow(facts: Facts, resource: Resource) -> CronWorkflow | None:
    """The CronWorkflow in a resource; None for other kinds and for one without workflowSpec."""
    workflow = facts.argo_workflow(resource) if resource.kind == "CronWorkflow" else None
    if workflow is None:
        return None
    spec = resource.data["spec"]
    return CronWorkflow(resource, ("spec",), spec, workflow, tuple(_schedules(facts, spec)))


def _schedules(facts: Facts, spec: object) -> Iterator[When]:
    several = dig(spec, "schedules")
    listed: list[tuple[Route, object]] = [(("schedule",), dig(spec, "schedule"))]
    for number, text in enumerate(several if isinstance(several, list) else ()):
        listed.append((("schedules", number), text))
    written = [(keys, text) for keys, text in listed if isinstance(text, str) and text]
    if len(written) > _MOST:
        facts.go_on(math.inf)  # Nobody writes so many, and who has a clock has little memory, too.
    facts.go_on(max(len(written) - _FEW, 0) * _SCHEDULE_SECONDS)
    for keys, text in written:
        yield When(keys, text, None if is_placeholder(text) else _parsed(text))


def _parsed(text: str) -> Schedule | None:
    try:
        return parse_cron(text)
    except CronError:
        return None
