"""The engine: what it asks, what a crash costs, and whom a more telling policy silences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from kguard.engine import Engine, Outcome, run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import (
    REMOVE,
    Edit,
    Fault,
    Fix,
    Related,
    Resource,
    Route,
    Scope,
    Severity,
    Unknown,
)
from kguard.policy.page import Check, Policy
from kguard.rules import Rule, as_written

DATA: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"template": {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}},
}
CONTAINER = ("spec", "template", "spec", "containers", 0)


def deployment(name: str = "web", *, context: bool = False) -> Resource:
    (found,) = resources({**DATA, "metadata": {"name": name}}, f"{name}.yaml", context=context)
    return found


def policy(id: str, each: str = "container", *, supersedes: tuple[str, ...] = ()) -> Policy:
    return Policy(
        id=id,
        title=f"Title of {id}",
        family="test",
        severity=Severity.WARNING,
        each=each,
        page="",
        supersedes=supersedes,
    )


def judged(
    monkeypatch: pytest.MonkeyPatch,
    checks: list[tuple[Policy, Check]],
    *objects: Resource,
    rules: Any = None,
) -> Outcome:
    by_id = {each.id: check for each, check in checks}
    monkeypatch.setattr(Policy, "load_check", lambda self: by_id[self.id])
    chosen = {"rules": rules} if rules else {}
    return run([each for each, _ in checks], objects, Facts(Index(objects)), **chosen)


def at_name(scope: Scope, ctx: Any) -> Iterator[Fault]:
    yield scope.fault(("name",), "faulty")


def at_first_container(scope: Scope, ctx: Any) -> Iterator[Fault]:
    yield scope.fault((*CONTAINER, "name"), "worse")


def raising(scope: Scope, ctx: Any) -> Iterator[Fault]:
    yield scope.fault((), "first")
    raise RuntimeError("broken check")


def abstaining(scope: Scope, ctx: Any) -> Iterator[Unknown]:
    yield ctx.unknown("HPA not seen")


def places(outcome: Outcome) -> list[tuple[str, Any]]:
    return [(finding.policy, finding.route[-2]) for finding in outcome.findings]


def test_superseding_reaches_across_scopes_at_the_same_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    telling = policy("telling", "workload", supersedes=("plain",))
    outcome = judged(
        monkeypatch, [(policy("plain"), at_name), (telling, at_first_container)], deployment()
    )
    assert sorted(places(outcome)) == [("plain", 1), ("telling", 0)]


def test_a_policy_that_is_off_silences_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    telling = policy("telling", "workload", supersedes=("plain",))
    outcome = judged(
        monkeypatch,
        [(policy("plain"), at_name), (telling, at_first_container)],
        deployment(),
        rules=lambda resource: {"plain": Rule({})},
    )
    assert places(outcome) == [("plain", 0), ("plain", 1)]


def test_a_fault_shown_at_another_object_silences_nothing_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, there = deployment("here"), deployment("there")

    def elsewhere(scope: Scope, ctx: Any) -> Iterator[Fault]:
        yield Fault(there, (*CONTAINER, "name"), "worse")

    telling = policy("telling", "workload", supersedes=("plain",))
    outcome = judged(monkeypatch, [(policy("plain"), at_name), (telling, elsewhere)], here)
    assert sorted(places(outcome)) == [("plain", 0), ("plain", 1), ("telling", 0)]


def test_a_crash_costs_its_policy_on_that_object_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = judged(
        monkeypatch, [(policy("broken"), raising), (policy("sound"), at_name)], deployment()
    )
    assert [(crash.policy, str(crash.error)) for crash in outcome.crashes] == [
        ("broken", "broken check")
    ]
    assert {finding.policy for finding in outcome.findings if finding.message != "first"} == {
        "sound"
    }
    assert set().union(*outcome.judged.values()) == {"sound"}


def test_abstaining_is_counted_and_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = judged(monkeypatch, [(policy("shy"), abstaining)], deployment())
    assert outcome.unknown == {("shy", "HPA not seen"): 2}
    assert outcome.judged == {}


def test_context_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = judged(monkeypatch, [(policy("plain"), at_name)], deployment(context=True))
    assert (outcome.findings, outcome.judged) == ([], {})


@pytest.mark.parametrize(
    ("own", "configured", "reported"),
    [
        (None, None, Severity.WARNING),
        (Severity.NOTE, None, Severity.NOTE),
        (Severity.NOTE, Severity.ERROR, Severity.ERROR),
    ],
    ids=["the page's", "the check's", "the user's"],
)
def test_whose_severity_wins(
    monkeypatch: pytest.MonkeyPatch,
    own: Severity | None,
    configured: Severity | None,
    reported: Severity,
) -> None:
    def check(scope: Scope, ctx: Any) -> Iterator[Fault]:
        yield scope.fault((), "faulty", severity=own)

    outcome = judged(
        monkeypatch,
        [(policy("plain", "workload"), check)],
        deployment(),
        rules=lambda resource: {"plain": Rule({}, configured)},
    )
    assert [finding.severity for finding in outcome.findings] == [reported]


@pytest.mark.parametrize(
    ("route", "fixable"),
    [
        (("spec", "podSpecPatch", 0, "containers", 0, "image"), False),
        (("spec", "podSpecPatch"), True),
    ],
    ids=["inside it", "the text as a whole"],
)
def test_no_fix_inside_a_text(monkeypatch: pytest.MonkeyPatch, route: Route, fixable: bool) -> None:
    def fixed(scope: Scope, ctx: Any) -> Iterator[Fault]:
        fix = Fix((Edit(route, REMOVE),), safe=True, title="remove it")
        yield scope.fault(route, "faulty", fix=fix)

    outcome = judged(monkeypatch, [(policy("one", "resource"), fixed)], deployment())

    assert [fixable] == [found.fix is not None for found in outcome.findings]


def wordy(scope: Scope, ctx: Any) -> Iterator[Fault | Unknown]:
    text = f"`{'a' * 300_000}`"
    fix = Fix((Edit(scope.at("name"), REMOVE),), safe=True, title=text)
    related = [Related(scope.resource, scope.route, text)]
    yield scope.fault(("name",), text, help=text, related=related, fix=fix)
    yield ctx.unknown(text)


def test_what_repeats_long_values_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = judged(monkeypatch, [(policy("wordy"), wordy)], deployment())

    finding = outcome.findings[0]
    assert finding.fix is not None
    said = [finding.message, finding.help, finding.related[0].label, finding.fix.title]
    said += [reason for _, reason in outcome.unknown]
    assert [len(each) for each in said] == [202] * 5


@pytest.mark.parametrize("containers", [1, 2, 3, 8, 50])
def test_few_parts_are_judged_between_two_looks_at_the_clock(
    containers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    since: list[int] = [0]

    def check(scope: Scope, ctx: object) -> Iterator[Fault]:
        since[-1] += 1
        return iter(())

    def look(needed: float = 0.0) -> bool:
        since.append(0)
        return False

    policies = [policy(f"policy-{number}") for number in range(20)]
    monkeypatch.setattr(Policy, "load_check", lambda self: check)
    spec = {"containers": [{"name": f"c{number}"} for number in range(containers)]}
    (resource,) = resources({**DATA, "spec": {"template": {"spec": spec}}}, "a.yaml")
    facts = Facts(Index([resource]))
    Engine(policies).run([resource], facts, as_written(policies), look)
    assert sum(since) == 20 * containers
    assert max(since) <= 8


def test_what_was_found_before_time_ran_out_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(scope: Scope, ctx: object) -> Iterator[Fault]:
        yield scope.fault((), "wrong")

    policies = [policy(f"policy-{number}") for number in range(20)]
    monkeypatch.setattr(Policy, "load_check", lambda self: check)
    resource, looks = deployment(), iter([False] * 4)
    facts = Facts(Index([resource]))
    outcome = Engine(policies).run(
        [resource], facts, as_written(policies), lambda needed=0.0: next(looks, True)
    )
    found = [finding.policy for finding in outcome.findings]
    asked = list(dict.fromkeys(found))
    assert 0 < len(asked) < 20
    assert found == [name for name in asked for _ in range(2)]
    assert list(outcome.unfinished) == [p.id for p in policies if p.id not in asked]
    assert set().union(*outcome.judged.values()) == set(asked)


def test_the_clock_is_looked_at_between_the_answers_of_one_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    since = [0]

    def check(scope: Scope, ctx: Any) -> Iterator[Fault | Unknown]:
        for number in range(1000):
            since[-1] += 1
            yield ctx.unknown("not seen") if number % 2 else scope.fault((), "wrong")

    def look(needed: float = 0.0) -> bool:
        since.append(0)
        return len(since) > 10

    monkeypatch.setattr(Policy, "load_check", lambda self: check)
    resource, policies = deployment(), [policy("many", "resource"), policy("late", "resource")]
    facts = Facts(Index([resource]))
    outcome = Engine(policies).run([resource], facts, as_written(policies), look)
    assert max(since) <= 65
    assert sum(since) - 1 == len(outcome.findings) + outcome.unknown["many", "not seen"]
    assert list(outcome.unfinished) == ["many", "late"]
    assert not outcome.judged


def test_what_a_policy_says_of_an_object_may_be_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def talkative(scope: Scope, ctx: Any) -> Iterator[Fault | Unknown]:
        for severity in (Severity.NOTE, Severity.WARNING, Severity.ERROR):
            for _ in range(severity * 150):
                yield scope.fault((), "wrong", severity=severity)
                yield ctx.unknown("not seen")

    by_id = {"talkative": talkative, "one": at_name}
    monkeypatch.setattr(Policy, "load_check", lambda self: by_id[self.id])
    objects = [deployment("a"), deployment("b")]
    policies = [policy("talkative"), policy("one")]
    outcome = Engine(policies, most=400).run(objects, Facts(Index(objects)), as_written(policies))
    # Of its two containers together, and of the next object again.
    counted = Counter((each.policy, each.resource.name, each.severity) for each in outcome.findings)
    assert [count for (_, name, _), count in counted.items() if name == "a"] == [300, 400, 400, 2]
    assert [count for (_, name, _), count in counted.items() if name == "b"] == [300, 400, 400, 2]
    assert outcome.unknown["talkative", "not seen"] == 800
    assert list(outcome.unfinished) == ["talkative"]
    assert set().union(*outcome.judged.values()) == {"one"}


@pytest.mark.parametrize(
    ("severity", "number", "doubt"),
    [
        (Severity.NOTE, 101, False),
        (Severity.WARNING, 101, False),
        (Severity.ERROR, 100, False),
        (Severity.ERROR, 101, True),
    ],
)
def test_only_errors_that_are_left_out_leave_a_doubt(
    severity: Severity, number: int, doubt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(scope: Scope, ctx: Any) -> Iterator[Fault]:
        for _ in range(number):
            yield scope.fault((), "wrong", severity=severity)

    monkeypatch.setattr(Policy, "load_check", lambda self: check)
    resource, policies = deployment(), [policy("many", "resource")]
    outcome = Engine(policies, most=100).run(
        [resource], Facts(Index([resource])), as_written(policies)
    )
    assert len(outcome.findings) == 100
    assert list(outcome.unfinished) == ["many"] * doubt


def test_without_a_bound_everything_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(scope: Scope, ctx: Any) -> Iterator[Fault]:
        for number in range(3000):
            yield scope.fault((number,), "wrong")

    outcome = judged(monkeypatch, [(policy("many", "resource"), check)], deployment())
    assert len(outcome.findings) == 3000
    assert not outcome.unfinished
