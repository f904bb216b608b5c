"""Parameters that are fractions, beside amounts that no float can hold."""

from __future__ import annotations

import pytest
from judging import objects

from kguard.engine import run
from kguard.facts import Facts
from kguard.index import Index
from kguard.policy.registry import builtin
from kguard.rules import Rule

POD = """
    apiVersion: v1
    kind: Pod
    metadata: {{name: p}}
    spec:
      initContainers:
        - {{name: i, image: "i:1", resources: {{requests: {{cpu: '{init}'}}}}}}
      containers:
        - {{name: a, image: "i:1", resources: {{requests: {{cpu: '{app}'}}}}}}
"""


@pytest.mark.parametrize(
    ("policy", "params", "init", "app", "found"),
    [
        ("cpu-memory-unit", {"max_cpu": 0.5}, "100m", "1e400", 1),
        ("cpu-memory-unit", {"max_cpu": 0.5}, "100m", "1e-400", 0),
        ("cpu-memory-unit", {"max_cpu": float("inf")}, "1", "1000", 0),
        ("init-container-dominates-request", {"factor": 2.5}, "1", "1e400", 0),
        ("init-container-dominates-request", {"factor": 2.5}, "1e400", "1", 1),
        ("init-container-dominates-request", {"factor": 2.5}, "5", "2", 0),
        ("init-container-dominates-request", {"factor": 2.5}, "5001m", "2", 1),
        ("init-container-dominates-request", {"factor": 2.5}, "1", "1e-400", 1),
    ],
)
def test_an_amount_beyond_floats(
    policy: str, params: dict[str, float], init: str, app: str, found: int
) -> None:
    world = objects(POD.format(init=init, app=app))
    chosen = [each for each in builtin() if each.id == policy]
    outcome = run(chosen, world, Facts(Index(world)), lambda resource: {policy: Rule(params)})
    assert [crash.error for crash in outcome.crashes] == []
    assert len(outcome.findings) == found
