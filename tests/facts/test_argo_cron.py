"""The schedules of CronWorkflows and the time between runs."""

from __future__ import annotations

import pytest
from argo_world import world

from kguard.facts.argo.cron import CronWorkflow, cron_workflow


def cron(spec: str) -> CronWorkflow | None:
    facts, (resource,) = world(
        "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: c}\n"
        f"spec: {{{spec}}}\n"
    )
    return cron_workflow(facts, resource)


INTERVALS = {
    "the old field": ("schedule: '*/5 * * * *'", 300),
    "the shortest of several": ("schedules: ['0 3 * * *', '@hourly']", 3600),
    "both fields": ("schedule: '@daily', schedules: ['@every 90s']", 90),
    "never twice": ("schedule: '0 0 30 2 *'", None),
    "one of them a placeholder": ("schedules: ['${X}', '* * * * *']", None),
    "one of them wrong": ("schedules: ['nightly', '* * * * *']", None),
    "other shapes": ("schedule: 5, schedules: '* * * * *'", None),
    "none": ("suspend: false", None),
}


@pytest.mark.parametrize(("spec", "expected"), INTERVALS.values(), ids=INTERVALS)
def test_the_shortest_interval(spec: str, expected: int | None) -> None:
    found = cron(f"{spec}, workflowSpec: {{entrypoint: a}}")

    assert found is not None
    assert found.shortest_interval == expected


POLICIES = {
    "not written": ("suspend: true", "Allow"),
    "empty": ("concurrencyPolicy: ''", "Allow"),
    "written": ("concurrencyPolicy: Forbid", "Forbid"),
    "a placeholder": ("concurrencyPolicy: '${P}'", None),
    "another shape": ("concurrencyPolicy: [Forbid]", None),
}


@pytest.mark.parametrize(("spec", "expected"), POLICIES.values(), ids=POLICIES)
def test_the_policy_in_force(spec: str, expected: str | None) -> None:
    found = cron(f"{spec}, workflowSpec: {{entrypoint: a}}")

    assert found is not None
    assert found.policy == expected


def test_without_a_specification_there_is_nothing_to_judge() -> None:
    assert cron("schedule: '* * * * *'") is None
