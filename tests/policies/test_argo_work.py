"""What thousands of steps share is worked out once for all of them, and only while there is time.

A webhook has seconds for an object of a megabyte, whatever stands in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from kguard.engine import Outcome, run
from kguard.facts import Facts
from kguard.facts.argo import handed
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.policies.argo import _near, argo_parallelism_not_inherited
from kguard.policies.controller import argo_rbac_configmaps_create
from kguard.policy.context import Context
from kguard.policy.registry import builtin

STEPS = 200
POD = {"container": {"image": "a:1"}}
READER = {**POD, "inputs": {"artifacts": [{"name": "a", "path": "/a"}]}}
LOCKED = {**POD, "synchronization": {"mutex": {"name": "m"}}}
RAW = {"artifacts": [{"name": "a", "raw": {"data": "#" * 100_000}}]}
LARGE = {**POD, "inputs": {"parameters": [{"name": "p", "default": "#" * 100_000}]}}

Templates = dict[str, dict[str, Any]]


def steps(template: str, **more: Any) -> dict[str, Any]:
    """A template of many steps that call one template."""
    return {"steps": [[{"name": f"s{n}", "template": template, **more} for n in range(STEPS)]]}


def loaded(templates: Templates, looks: float = math.inf) -> tuple[Facts, Resource]:
    """A workflow of these templates, which may be reviewed for so many looks at the clock."""
    data = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": {
            "entrypoint": "main",
            "templates": [{"name": n, **t} for n, t in templates.items()],
        },
    }
    looked = 0

    def expired(needed: float = 0.0) -> bool:
        nonlocal looked
        looked += 1
        return looked > looks

    (resource,) = resources(data, "w.yaml")
    return Facts(Index([resource]), expired=expired), resource


def judged(policy: str, templates: Templates, looks: float = math.inf) -> Outcome:
    """What a policy says of a workflow of these templates."""
    facts, resource = loaded(templates, looks)
    chosen = [each for each in builtin() if each.id == policy]
    return run(chosen, [resource], facts)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], list[Any]]:
    """Keeps what a function of a module is called with, in a list that grows meanwhile."""

    def count(module: Any, name: str) -> list[Any]:
        seen: list[Any] = []
        whole = getattr(module, name)

        def counting(*args: Any) -> Any:
            seen.append(args)
            return whole(*args)

        monkeypatch.setattr(module, name, counting)
        return seen

    return count


def test_the_json_of_a_template_is_written_once_for_all_that_call_it(
    counted: Callable[[Any, str], list[Any]],
) -> None:
    written = counted(handed, "json_bytes")
    outcome = judged("argo-large-template-rbac", {"main": steps("t", arguments=RAW), "t": READER})
    # Steps are handed to no pod: there is the target, and what each step hands to it.
    assert len(written) == STEPS + 1
    assert not outcome.findings
    written.clear()
    facts, resource = loaded({"main": steps("t", arguments=RAW), "t": READER})
    needing = argo_rbac_configmaps_create._needing(resource, Context({}, facts))
    assert needing == (None, None)
    assert len(written) == STEPS + 1


def test_the_json_with_parameters_is_not_the_one_without() -> None:
    facts, resource = loaded({"main": LARGE})
    (template,) = facts.argo_templates(resource)
    without = handed.handed_bytes(facts, template)
    assert without < 1000
    assert handed.handed_bytes(facts, template, parameters=True) > 100_000
    assert handed.handed_bytes(facts, template) == without


CHILDREN: dict[str, Templates] = {
    "many steps call one child": {
        "main": {"parallelism": 3, **steps("sub")},
        "sub": steps("t"),
        "t": POD,
    },
    "many templates call one child": {
        **{
            f"m{n}": {"parallelism": 3, "steps": [[{"name": "s", "template": "sub"}]]}
            for n in range(STEPS)
        },
        "sub": steps("t", withItems=[1, 2]),
        "t": LOCKED,
    },
    "one child of many loops": {
        "main": {"parallelism": 3, "steps": [[{"name": "s", "template": "sub"}]]},
        "sub": steps("t", withItems=[1, 2]),
        "t": LOCKED,
    },
}


@pytest.mark.parametrize("templates", CHILDREN.values(), ids=CHILDREN)
def test_each_child_is_looked_through_once_for_wide_loops(
    templates: Templates, counted: Callable[[Any, str], list[Any]]
) -> None:
    asked = counted(argo_parallelism_not_inherited, "_is_wide")
    outcome = judged("argo-parallelism-not-inherited", templates)
    assert not outcome.findings
    assert len(asked) == STEPS


def test_only_of_a_loop_it_is_asked_what_it_calls(
    counted: Callable[[Any, str], list[Any]],
) -> None:
    asked = counted(argo_parallelism_not_inherited, "target_of")
    judged("argo-parallelism-not-inherited", CHILDREN["many steps call one child"])
    assert len(asked) == STEPS


def test_a_child_without_a_wide_loop_hides_none_behind_it() -> None:
    main = {"parallelism": 3, "steps": [[{"name": n, "template": n}] for n in ("a", "a", "b", "b")]}
    templates = {"main": main, "a": steps("t"), "b": steps("t", withItems=[1, 2]), "t": POD}
    (finding,) = judged("argo-parallelism-not-inherited", templates).findings
    assert finding.message.endswith("the loop in template `b`")


MISSING: dict[str, Templates] = {
    "argo-hook-template-unresolved": {"main": steps("team", onExit="tea"), "team": POD},
    "argo-template-unresolved": {"main": steps("tea"), "team": POD},
}


@pytest.mark.parametrize("policy", MISSING)
def test_the_names_that_may_be_meant_are_gathered_once(
    policy: str, counted: Callable[[Any, str], list[Any]]
) -> None:
    gathered = counted(_near, "names_of")
    outcome = judged(policy, MISSING[policy])
    assert len(outcome.findings) == STEPS
    assert any("did you mean" in each.message for each in outcome.findings)
    assert len(gathered) == 1


@pytest.mark.parametrize(
    ("policy", "templates"),
    [
        ("argo-large-template-rbac", {"main": steps("t", arguments=RAW), "t": READER}),
        *(("argo-parallelism-not-inherited", each) for each in CHILDREN.values()),
    ],
    ids=["raw artifacts", *CHILDREN],
)
def test_the_clock_is_looked_at_for_each_call(policy: str, templates: Templates) -> None:
    assert list(judged(policy, templates, STEPS // 2).unfinished) == [policy]
    assert not judged(policy, templates).unfinished
