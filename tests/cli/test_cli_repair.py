"""Which fixes `kguard fix` keeps, and what it judges to know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from cli_project import FIXED, Project
from test_cli_fix import CURED, OVER

from kguard.cli import repair
from kguard.cli.harm import Found, harm
from kguard.cli.session import Session, judge
from kguard.fix.apply import FixedFile
from kguard.model import Confidence, Finding, Origin, Resource, Route, Severity, Span
from kguard.report import Located

Tried = Mapping[str, FixedFile]

TWO = f"{OVER}---\n{OVER.replace('web', 'api')}"
"""Two findings with a fix."""

MUTEX = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: a}
spec:
  entrypoint: main
  synchronization: {mutex: {name: a}}
  templates: [{name: main, container: {image: "registry.example.com/a:1.4.2"}}]
"""
"""`argo-removed-field`, with a fix, and `argo-lock-no-deadline` at a place that the fix moves."""


def found(
    policy: str, route: Route, severity: Severity = Severity.NOTE, message: str = "m"
) -> Located:
    """A finding in `a.yaml` whose key is that of its route."""
    resource = Resource({}, Origin("a.yaml"))
    finding = Finding(policy, severity, Confidence.HIGH, message, resource, route)
    return Located(finding, "a.yaml", Span(1, 1, 1, 2), key=f"{policy} {route}")


FIRST = found("p", ("a",))
CASES = [
    ("nothing is left", [], ""),
    ("it stays", [FIRST], "the finding would stay"),
    ("another stays", [found("q", ("b",))], ""),
    ("another moves", [found("q", ("c", 1))], ""),
    ("another comes twice", [found("q", ("c", 1)), found("q", ("c", 2))], "`q` would be found"),
    ("another moves and says more", [found("q", ("c",), message="n")], "`q` would be found"),
    ("another gets worse", [found("q", ("b",), Severity.ERROR)], "`q` would be found"),
    ("it moves", [found("p", ("c",))], "`p` would be found"),
]


@pytest.mark.parametrize(("after", "said"), [row[1:] for row in CASES], ids=[r[0] for r in CASES])
def test_harm_is_a_finding_that_stays_or_comes(after: list[Located], said: str) -> None:
    before = Found([FIRST, found("q", ("b",))], [])
    tried = {"a.yaml": FixedFile(b"", fixed=(FIRST,))}
    bad = harm(before, Found(after, []), tried, before.located)
    assert bad.keys() == ({"a.yaml"} if said else set())
    assert all(reason.startswith(said) for reason in bad.values())


def test_a_finding_that_a_fix_moves_does_not_stand_in_its_way(project: Project) -> None:
    project.write({"a.yaml": MUTEX})
    only = "--select", "argo-removed-field,argo-lock-no-deadline"
    answer = project.run("fix", "--argo-version", "4.0", "--fail-on", "never", *only)
    assert "not fixed" not in answer.err
    assert project.read("a.yaml") == MUTEX.replace("{mutex: {name: a}}", "{mutexes: [{name: a}]}")


def test_an_accepted_finding_is_not_moved(project: Project) -> None:
    """At its new place nothing would hide it."""
    project.write({"a.yaml": MUTEX})
    project.run("baseline", "--argo-version", "4.0", "--select", "argo-lock-no-deadline")
    words = "--argo-version", "4.0", "--select", "argo-removed-field,argo-lock-no-deadline"
    answer = project.run("fix", "--baseline", ".kguard-baseline.json", *words)
    assert "not fixed: `argo-lock-no-deadline` would be found instead" in answer.err
    assert project.read("a.yaml") == MUTEX


def test_a_fix_that_works_after_another_is_made_in_the_same_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a second run would have nothing to do."""

    def beside(before: Found, after: Found, tried: Tried, reported: Any) -> dict[str, str]:
        return {"a.yaml": "not beside b"} if {"a.yaml", "b.yaml"} <= tried.keys() else {}

    monkeypatch.setattr(repair, "harm", beside)
    project.write({"a.yaml": OVER, "b.yaml": OVER.replace("web", "api")})
    answer = project.run("fix", "-q")
    assert (answer.out, answer.err) == ("fixed 2 findings in 2 files\n", "")
    assert project.read("a.yaml") == CURED


def judgements(monkeypatch: pytest.MonkeyPatch) -> list[Collection[str] | None]:
    """The units of every judgement of a repair to come."""
    seen: list[Collection[str] | None] = []

    def judged(*arguments: Any) -> Session:
        seen.append(arguments[-1])
        return judge(*arguments)

    monkeypatch.setattr(repair, "judge", judged)
    return seen


def test_trials_judge_what_they_change_and_all_of_it_once_more(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = judgements(monkeypatch)

    def one_by_one(before: Found, after: Found, tried: Tried, reported: Any) -> dict[str, str]:
        bad = harm(before, after, tried, reported)
        both = {path for path, result in tried.items() if len(result.fixed) > 1}
        return bad | ({"b/a.yaml": "not at once"} if "b/a.yaml" in both and len(seen) == 1 else {})

    monkeypatch.setattr(repair, "harm", one_by_one)
    project.write({"a/a.yaml": OVER, "b/a.yaml": TWO, "c/a.yaml": FIXED, "c/b.yaml": FIXED})
    project.write({"d/a.yaml": FIXED, "d/b.yaml": FIXED})
    answer = project.run("fix", "-q")
    assert (answer.out, answer.err) == ("fixed 3 findings in 2 files\n", "")
    assert seen == [None, {"a"}, {"b"}, {"b"}, None]


def test_harm_in_another_unit_takes_back_what_did_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = judgements(monkeypatch)

    def far(before: Found, after: Found, tried: Tried, reported: Any) -> dict[str, str]:
        """Fixes of b do harm in c."""
        everywhere = any(item.finding.resource.unit == "c" for item in after.located)
        bad = harm(before, after, tried, reported)
        return bad | ({"b/a.yaml": "harm in c"} if everywhere and "b/a.yaml" in tried else {})

    monkeypatch.setattr(repair, "harm", far)
    project.write({"a/a.yaml": OVER, "b/a.yaml": TWO, "c/a.yaml": FIXED.replace("1.4.2", "latest")})
    project.write({"d/a.yaml": FIXED, "d/b.yaml": FIXED})
    answer = project.run("fix", "-q")
    assert answer.out.startswith("fixed 1 finding in 1 file, ")
    assert answer.err.count("b/a.yaml:") == answer.err.count("not fixed: harm in c\n") == 2
    assert (project.read("a/a.yaml"), project.read("b/a.yaml")) == (CURED, TWO)
    assert {"b"} in seen
