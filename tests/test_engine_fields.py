"""Policies that are asked only of objects with a field they look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from kguard.engine import Engine, Outcome, run
from kguard.facts import Assumptions, Facts
from kguard.facts.schema.fields import fields_of
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.plan import _MOST, Plans
from kguard.policy.examples import examples
from kguard.policy.page import Policy
from kguard.policy.registry import load_registry
from kguard.record import replace
from kguard.rules import as_written
from kguard.verify import read_example

POLICIES = load_registry(entry_points=False).policies
CHOOSY = [policy for policy in POLICIES.values() if policy.fields or policy.beside]
EASY = [replace(policy, fields=(), beside=()) for policy in CHOOSY]


def deployment(**spec: Any) -> Resource:
    pod = {"containers": [{"name": "web", "image": "registry.example.com/web:1.4.2"}]} | spec
    data = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": pod}},
    }
    (found,) = resources(data, "web.yaml", 0)
    return found


def judged(policies: Iterable[Policy], world: list[Resource]) -> tuple[Any, Any, Any]:
    outcome = run(policies, world, Facts(Index(world), Assumptions()))
    return outcome.findings, outcome.unknown, [crash.policy for crash in outcome.crashes]


def asked(world: list[Resource], policies: list[Policy]) -> tuple[list[str], Outcome]:
    seen: list[str] = []
    engine = Engine(policies)
    outcome = engine.run(
        world, Facts(Index(world)), as_written(policies), took=lambda policy, _: seen.append(policy)
    )
    return seen, outcome


def test_the_fields_are_those_of_kubernetes() -> None:
    # Examples do not notice a wrong one of several.
    structs = ("DeploymentSpec", "StatefulSetSpec", "DaemonSetSpec", "PodSpec", "Container")
    known = {name for struct in structs for name in fields_of(struct, 34)}
    for policy in CHOOSY:
        assert known.issuperset(policy.fields), policy.id


@pytest.mark.parametrize("page", [policy.id for policy in POLICIES.values() if policy.has_check])
def test_nothing_is_missed_for_want_of_a_field(page: str) -> None:
    for example in examples(POLICIES[page]):
        world, _, _ = read_example(example)
        assert judged(CHOOSY, world) == judged(EASY, world), example.line


@pytest.mark.parametrize("policy", [each for each in EASY if each.params])
def test_nothing_is_missed_whatever_the_parameters_say(policy: Policy) -> None:
    for value in (0, 10**9):
        params = {name: {"default": value} for name in policy.params}
        _, outcome = asked([deployment()], [replace(policy, params=params)])
        assert not outcome.findings


def test_a_policy_is_not_asked_where_its_field_is_absent() -> None:
    policies = [POLICIES["grace-zero"], POLICIES["image-latest"]]
    seen, outcome = asked([deployment()], policies)
    assert seen == ["image-latest"]
    assert not outcome.findings


def test_a_policy_that_was_not_asked_has_come_to_a_verdict() -> None:
    # An ignore for it hides nothing there, and is to be reported as such.
    world = [deployment()]
    _, outcome = asked(world, [POLICIES["grace-zero"], POLICIES["image-latest"]])
    assert outcome.judged == {id(world[0]): {"grace-zero", "image-latest"}}


def test_a_policy_whose_part_an_object_lacks_has_come_to_no_verdict() -> None:
    # A chart's template may have an ignore for the probes that some of its values leave out.
    chosen = ["probe-on-init-container", "probe-invalid", "emptydir-memory-unbounded"]
    for policies in (
        [POLICIES[name] for name in chosen],
        [replace(POLICIES[n], fields=()) for n in chosen],
    ):
        _, outcome = asked([deployment()], policies)
        assert outcome.judged == {}


def test_a_policy_that_was_not_asked_has_no_verdict_where_there_was_nobody_to_ask_about() -> None:
    policies = [POLICIES["pull-policy-stale"], POLICIES["image-latest"]]
    _, outcome = asked([deployment(containers=[])], policies)
    assert outcome.judged == {}


@pytest.mark.parametrize(
    ("policy", "spec"),
    [
        ("grace-zero", {"terminationGracePeriodSeconds": 0}),
        ("grace-zero", {"terminationGracePeriodSeconds": None}),
        ("serviceaccount-missing", {"serviceAccount": "web"}),
        ("serviceaccount-missing", {"serviceAccountName": "web"}),
        ("probe-on-init-container", {"initContainers": [{"name": "wait"}]}),
        ("pull-policy-stale", {"containers": [{"name": "web", "imagePullPolicy": "Never"}]}),
        ("pull-policy-stale", {"initContainers": [{"name": "web", "imagePullPolicy": "Never"}]}),
    ],
)
def test_one_of_the_fields_is_enough(policy: str, spec: Mapping[str, Any]) -> None:
    seen, _ = asked([deployment(**spec)], [POLICIES[policy]])
    assert seen == [policy]


def test_the_fields_of_a_job_that_another_object_makes_are_among_its_own() -> None:
    job = {"backoffLimit": 0, "template": {"spec": {"containers": [{"tty": True}]}}}
    for api, kind, key, spec in (
        ("batch/v1", "Job", "template", job),
        ("batch/v1", "CronJob", "jobTemplate", {"jobTemplate": {"spec": job}}),
        ("keda.sh/v1alpha1", "ScaledJob", "jobTargetRef", {"jobTargetRef": job}),
    ):
        (resource,) = resources({"apiVersion": api, "kind": kind, "spec": spec}, "job.yaml")
        fields = Facts(Index(())).fields(resource)
        assert fields is not None
        assert {key, "backoffLimit", "containers", "tty"} <= fields


def test_facts_that_fail_cost_those_who_need_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(facts: Facts, resource: Resource) -> None:
        raise KeyError("spec")

    monkeypatch.setattr("kguard.facts.run._pod", fail)
    seen, outcome = asked([deployment()], [POLICIES["grace-zero"], POLICIES["image-latest"]])
    assert (seen, outcome.judged) == ([], {})
    assert {name for crash in outcome.crashes for name in crash.unanswered} == {
        "grace-zero",
        "image-latest",
    }


def test_without_time_no_policy_has_a_verdict() -> None:
    policies, world = [POLICIES["grace-zero"], POLICIES["image-latest"]], [deployment()]

    def expired(needed: float = 0.0) -> bool:
        return True

    facts = Facts(Index(world), expired=expired)
    outcome = Engine(policies).run(world, facts, as_written(policies), expired)
    assert (list(outcome.unfinished), outcome.judged) == ([each.id for each in policies], {})


def test_only_some_policies_are_asked_where_some_are_named() -> None:
    policies, world = [POLICIES["grace-zero"], POLICIES["image-latest"]], [deployment()]
    engine, facts = Engine(policies), Facts(Index(world))
    outcome = engine.run(world, facts, as_written(policies), only={"image-latest"})
    assert outcome.judged == {id(world[0]): {"image-latest"}}


def test_the_fields_of_objects_are_kept_apart() -> None:
    policies = [POLICIES["grace-zero"]]
    engine, table = Engine(policies), as_written(policies)
    for spec, found in ({"terminationGracePeriodSeconds": 0}, 1), ({}, 0):
        for _ in range(2):
            world = [deployment(**spec)]
            assert len(engine.run(world, Facts(Index(world)), table).findings) == found


def test_an_object_without_a_pod_is_judged_by_all() -> None:
    policy = replace(POLICIES["image-latest"], each="resource", fields=("paused",), kinds=())
    broken = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}
    seen, _ = asked(list(resources(broken, "web.yaml", 0)), [policy])
    assert seen == ["image-latest"]


def test_no_more_selections_are_remembered_than_there_is_room_for() -> None:
    # Each takes memory, and anybody may send a server objects with other fields than before.
    plans, table = Plans(CHOOSY), as_written(CHOOSY)
    fields = sorted({name for policy in CHOOSY for name in policy.fields})
    for count in range(_MOST + 10):
        world = deployment(**{name: None for bit, name in enumerate(fields) if count >> bit & 1})
        plans.of(world, table(world)).fitting(Facts(Index([world])), world)
        assert 0 < len(plans._known) <= _MOST
