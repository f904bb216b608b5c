"""One field of a good example is broken, and kguard says so.

Each row of the tables is a way to break what a policy is about; it is applied to every field of
the project that it names, one at a time. The share that is found is printed.
"""

from __future__ import annotations

from collections import Counter

import mutations_argo
import mutations_controller
import mutations_drone
import mutations_small
import mutations_workloads
import pytest
from mutating import POLICIES, Mutation, Row, caught, mutations

TABLES: dict[str, list[Row]] = {
    "argo-at-scale": mutations_argo.ROWS + mutations_controller.ROWS,
    "argo-pipeline": mutations_small.ROWS,
    "drone-pipeline": mutations_drone.ROWS,
    "web-service": mutations_workloads.ROWS,
    "queue-worker": mutations_workloads.ROWS,
}
KNOWN = {
    "argo-reference-unresolved: argo-at-scale CronWorkflow/earth/ingest-scenes "
    "spec.workflowSpec.templates.0.steps.1.0.arguments.parameters.0.value": (
        "what the items have is written by a step while the workflow runs"
    ),
}
"""Mutations that no policy notices, and why; a policy's page says so too."""


@pytest.fixture(scope="module")
def made() -> list[tuple[Mutation, bool]]:
    """Every mutation of every project, with whether it was caught."""
    return [
        (mutation, caught(mutation))
        for project, rows in TABLES.items()
        for mutation in mutations(project, rows)
    ]


def test_mutations_are_caught(
    made: list[tuple[Mutation, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    missed = Counter(str(mutation) for mutation, found in made if not found)
    share = 100 * (1 - missed.total() / len(made))
    with capsys.disabled():
        print(f"\n{len(made)} mutations, {share:.1f} % caught")
    assert {each: KNOWN.get(each, "not known") for each in missed} == KNOWN
    assert missed.total() == len(KNOWN)


def test_there_are_many(made: list[tuple[Mutation, bool]]) -> None:
    assert len(made) >= 300
    assert len({mutation.row.policy for mutation, _ in made}) >= 150


def test_every_row_applies_somewhere(made: list[tuple[Mutation, bool]]) -> None:
    used = {id(mutation.row) for mutation, _ in made}
    rows = {id(row): row for rows in TABLES.values() for row in rows}
    assert [row for key, row in rows.items() if key not in used] == []


def test_rows_name_policies() -> None:
    assert {row.policy for rows in TABLES.values() for row in rows} <= POLICIES.keys()
