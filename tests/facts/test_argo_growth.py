"""Judging a workflow takes work in proportion to its size: what one may write is bounded by bytes.

Calls are counted, not seconds: twice the input may take twice the calls, and not four times.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from kguard.engine import Engine
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.policy.registry import builtin
from kguard.rules import as_written

CONTAINER = {"image": "a:1", "command": ["x"], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
CLAIM = {"metadata": {"name": "v"}, "spec": {"accessModes": ["ReadWriteOnce"]}}


def leaf(name: str) -> dict[str, Any]:
    return {"name": name, "container": CONTAINER}


def steps(names: list[str], **more: Any) -> list[list[dict[str, Any]]]:
    return [[{"name": f"s{n}", "template": name, **more}] for n, name in enumerate(names)]


def locks_by_default(size: int) -> dict[str, Any]:
    names = [f"t{n}" for n in range(size)]
    return {
        "templateDefaults": {"synchronization": {"mutexes": [{"name": name} for name in names]}},
        "templates": [{"name": "main", "steps": steps(names)}, *map(leaf, names)],
    }


def loops_over_a_volume(size: int) -> dict[str, Any]:
    main = {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "k"}], "affinity": {"a": 1}}
    return {
        "volumeClaimTemplates": [CLAIM],
        "templates": [
            {"name": "main", **main, "steps": steps(["t"] * size, withItems=[1, 2])},
            leaf("t"),
        ],
    }


def tolerations_of_one_caller(size: int) -> dict[str, Any]:
    names = [f"t{n}" for n in range(size)]
    tolerations = [{"key": name, "operator": "Exists"} for name in names]
    main = {"name": "main", "tolerations": tolerations, "steps": steps([*names, *["t0"] * size])}
    return {"templates": [main, *map(leaf, names)]}


def steps_below_steps(size: int) -> dict[str, Any]:
    main = {"name": "main", "parallelism": 3, "steps": steps(["sub"] * size)}
    return {"templates": [main, {"name": "sub", "steps": steps(["t"] * size)}, leaf("t")]}


def missing_hooks(size: int) -> dict[str, Any]:
    names = [f"t{n}" for n in range(size)]
    main = {"name": "main", "steps": steps(names, onExit="none")}
    return {"templates": [main, *map(leaf, names)]}


def exit_handlers(size: int) -> dict[str, Any]:
    """One handler behind every step, which takes all arguments of the run and another."""
    names = [{"name": f"p{n}", "value": "1"} for n in range(size)]
    done = {**leaf("done"), "inputs": {"parameters": [*names, {"name": "lacked"}]}}
    main = {"name": "main", "steps": steps(["t"] * size, onExit="done")}
    return {"arguments": {"parameters": names}, "templates": [main, done, leaf("t")]}


def missing_inputs(size: int) -> dict[str, Any]:
    """Every step calls one template, and gives none of its inputs."""
    inputs = {"parameters": [{"name": f"p{n}"} for n in range(size)]}
    main = {"name": "main", "steps": steps(["t"] * size)}
    return {"templates": [main, {**leaf("t"), "inputs": inputs}]}


def inputs_with_defaults(size: int) -> dict[str, Any]:
    """As many templates with one step each, and one that needs the last of its inputs only."""
    names = [f"t{n}" for n in range(size)]
    inputs = [*({"name": f"p{n}", "default": "1"} for n in range(size)), {"name": "lacked"}]
    callers = [{"name": name, "steps": steps(["done"])} for name in names]
    done = {**leaf("done"), "inputs": {"parameters": inputs}}
    return {"templates": [{"name": "main", "steps": steps(names)}, *callers, done]}


def missing_inputs_of_exits(size: int) -> dict[str, Any]:
    """One handler behind every step, which takes what the workflow does not have."""
    inputs = {"parameters": [{"name": f"p{n}"} for n in range(size)]}
    main = {"name": "main", "steps": steps(["t"] * size, onExit="done")}
    return {"templates": [main, {**leaf("done"), "inputs": inputs}, leaf("t")]}


def entrypoints_of_one_name(size: int) -> dict[str, Any]:
    raw = [{"name": f"a{n}", "raw": {"data": "x"}} for n in range(size)]
    main = {**leaf("main"), "inputs": {"artifacts": [{"name": "a0", "path": "/a"}]}}
    return {"arguments": {"artifacts": raw}, "templates": [dict(main) for _ in range(size)]}


def locks_of_a_chain(size: int) -> dict[str, Any]:
    """Templates that call one another, each with a lock; only the last runs a pod."""
    chain = [
        {
            "name": f"t{n}" if n else "main",
            "synchronization": {"mutexes": [{"name": f"m{n}"}]},
            "steps": steps([f"t{n + 1}"]),
        }
        for n in range(size)
    ]
    return {"templates": [*chain, leaf(f"t{size}")]}


def calls_of(spec: dict[str, Any], policies: list[str]) -> int:
    """How many functions are called while these policies judge a workflow."""
    data = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}}
    (workflow,) = resources({**data, "spec": {"entrypoint": "main", **spec}}, "w.yaml")
    chosen = [each for each in builtin() if each.id in policies]
    assert len(chosen) == len(policies)
    engine, facts = Engine(chosen), Facts(Index([workflow]))
    engine.load()
    count = 0

    def seen(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        outcome = engine.run([workflow], facts, as_written(chosen))
    finally:
        sys.setprofile(before)
    assert not outcome.crashes
    return count


CASES: dict[str, tuple[Callable[[int], dict[str, Any]], list[str]]] = {
    "locks of templateDefaults": (locks_by_default, ["argo-mutex-self-deadlock"]),
    "locks of a chain": (locks_of_a_chain, ["argo-lock-no-deadline"]),
    "loops over a volume": (loops_over_a_volume, ["argo-rwo-volume-fanout"]),
    "tolerations": (tolerations_of_one_caller, ["argo-retry-spot"]),
    "steps below steps": (steps_below_steps, ["argo-parallelism-not-inherited"]),
    "exit handlers": (exit_handlers, ["argo-spec-invalid", "argo-unused-parameter"]),
    "missing inputs": (missing_inputs, ["argo-spec-invalid"]),
    "inputs with defaults": (inputs_with_defaults, ["argo-spec-invalid"]),
    "missing inputs of exits": (missing_inputs_of_exits, ["argo-spec-invalid"]),
    "entrypoints of one name": (entrypoints_of_one_name, ["argo-large-template-rbac"]),
    "missing hooks": (missing_hooks, ["argo-hook-template-unresolved"]),
}


@pytest.mark.parametrize(("made", "policies"), CASES.values(), ids=CASES)
def test_twice_the_workflow_is_twice_the_work(
    made: Callable[[int], dict[str, Any]], policies: list[str]
) -> None:
    calls_of(made(10), policies)  # What is loaded and remembered once does not count.
    assert calls_of(made(160), policies) < 2.5 * calls_of(made(80), policies)
