"""Whom the engine asks about what, how often, and what of an answer is the policy's own."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from kguard.engine import Engine
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import REMOVE, Confidence, Edit, Fault, Fix, Resource, Scope, Severity
from kguard.policy.page import Policy
from kguard.record import replace
from kguard.rules import Rule, as_written


def policy(id: str, each: str = "resource", **more: Any) -> Policy:
    return Policy(id, f"Title of {id}", "test", Severity.WARNING, each, "", **more)


def an_object(kind: str, api: str = "apps/v1", spec: Any = None) -> Resource:
    data = {"apiVersion": api, "kind": kind, "metadata": {"name": "web"}, "spec": spec}
    (found,) = resources(data, "world.yaml")
    return found


class Asked:
    """Checks that say nothing, and write down what they were asked about and when they loaded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kinds: dict[str, list[str]] = {}
        self.loaded: list[str] = []
        monkeypatch.setattr(Policy, "load_check", lambda policy: self._load(policy))

    def _load(self, policy: Policy) -> Any:
        self.loaded.append(policy.id)

        def check(scope: Scope, ctx: Any) -> None:
            self.kinds.setdefault(policy.id, []).append(scope.resource.kind)

        return check


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


SPEC = {"template": {"spec": {"containers": [{"name": "a", "image": "a:1"}]}}}
WORLD = [
    an_object("Deployment", spec=SPEC),
    an_object("StatefulSet", spec=SPEC),
    an_object("Service", "v1"),
    an_object("Deployment", "example.com/v1", SPEC),
    an_object("Certificate", "example.com/v1"),
    an_object("Anything", "example.com/v1"),
]


def test_a_policy_is_asked_about_its_parts_and_kinds_alone(asked: Asked) -> None:
    policies = [
        policy("all"),
        policy("some", kinds=("Service", "Certificate")),
        policy("containers", "container"),
        policy("of-one", "container", kinds=("StatefulSet",)),
        policy("notice", "none"),
    ]
    Engine(policies).run(WORLD, Facts(Index(WORLD)), as_written(policies))
    kinds = [each.kind for each in WORLD]
    assert asked.kinds == {
        "all": kinds,
        "some": ["Service", "Certificate"],
        "containers": ["Deployment", "StatefulSet"],
        "of-one": ["StatefulSet"],
    }


def test_a_check_is_loaded_once_and_only_where_there_is_something_to_judge(asked: Asked) -> None:
    policies = [policy("all"), policy("jobs", "resource", kinds=("Job",))]
    engine = Engine(policies)
    for _ in range(3):
        engine.run(WORLD, Facts(Index(WORLD)), as_written(policies))
    assert asked.loaded == ["all"]
    engine.load()
    engine.load()
    assert asked.loaded == ["all", "jobs"]


def test_only_those_that_are_named_are_asked(asked: Asked) -> None:
    policies = [policy("one"), policy("other"), policy("third", "workload")]
    rules = as_written(policies)
    Engine(policies).run(WORLD[:1], Facts(Index(WORLD)), rules, only={"other", "third"})
    assert list(asked.kinds) == ["other", "third"]


def test_each_that_was_asked_says_how_long_it_took(asked: Asked) -> None:
    policies = [policy("one"), policy("budgets", "budget"), policy("other")]
    took: list[tuple[str, float]] = []
    Engine(policies).run(
        WORLD[:1],
        Facts(Index(WORLD)),
        as_written(policies),
        took=lambda id, seconds: took.append((id, seconds)),
    )
    assert [id for id, _ in took] == ["one", "other"]
    assert all(0 <= seconds < 60 for _, seconds in took)


def test_tables_that_come_and_go_are_told_apart_and_not_kept(asked: Asked) -> None:
    class Table(dict[str, Rule]):
        """One that can be watched."""

    policies = [policy("one"), policy("other")]
    engine = Engine(policies)
    seen = []
    for number in range(2500):
        asked.kinds.clear()
        on = ["one", "other"][number % 2]
        table = Table({on: Rule({})})
        seen.append(weakref.ref(table))
        outcome = engine.run(WORLD[:1], Facts(Index(WORLD)), lambda resource, now=table: now)  # type: ignore[misc]
        assert (list(asked.kinds), outcome.crashes) == ([on], [])
    del table
    assert 1 < sum(each() is not None for each in seen) <= 1000


def test_confidence_is_the_policys_own_where_the_check_says_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def check(scope: Scope, ctx: Any) -> Iterator[Fault]:
        yield scope.fault((), "as ever")
        yield scope.fault((), "surely", confidence=Confidence.HIGH)

    monkeypatch.setattr(Policy, "load_check", lambda policy: check)
    policies = [policy("unsure", confidence=Confidence.LOW)]
    outcome = Engine(policies).run(WORLD[:1], Facts(Index(WORLD)), as_written(policies))
    assert [each.confidence for each in outcome.findings] == [Confidence.LOW, Confidence.HIGH]


def test_nothing_in_the_text_of_another_object_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(scope: Scope, ctx: Any) -> Iterator[Fault]:
        fix = Fix((Edit(("metadata", "name"), REMOVE),), safe=True, title="remove it")
        yield scope.fault(("metadata", "name"), "faulty", fix=fix)

    monkeypatch.setattr(Policy, "load_check", lambda policy: check)
    policies, plain = [policy("one")], WORLD[0]
    prefix = ("spec", "templates", 0, "resource", "manifest")
    inside = replace(plain, origin=replace(plain.origin, prefix=prefix))
    outcome = Engine(policies).run([plain, inside], Facts(Index(WORLD)), as_written(policies))
    assert [each.fix is not None for each in outcome.findings] == [True, False]
