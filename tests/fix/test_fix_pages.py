"""A page says whether its policy has a fix, and the fix cures the page's own examples."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from kguard.engine import Outcome, run
from kguard.facts import Assumptions, Facts
from kguard.facts.run import NEWEST_KUBERNETES
from kguard.fix.apply import fix_file
from kguard.fix.refuse import file_refusal
from kguard.index import Index
from kguard.model import REMOVE, Finding
from kguard.policy.examples import Example, examples
from kguard.policy.page import Policy
from kguard.policy.registry import builtin
from kguard.quantity.versions import major_minor
from kguard.record import replace
from kguard.report import Located
from kguard.rules import Rule
from kguard.source import read
from kguard.verify import read_example

POLICIES = sorted(
    (policy for policy in builtin() if policy.has_check), key=lambda policy: policy.id
)
FIXABLE = [policy for policy in POLICIES if policy.fix in ("safe", "unsafe")]
TITLE = re.compile(r"(?P<verb>set|remove) `(?P<key>[A-Za-z.]+)(: (?P<value>\S+))?`")


def judged(policy: Policy, example: Example) -> Outcome:
    """What the policy finds in an example, of whose options the release alone counts."""
    world = read_example(example)[0]
    complete = {""} if "complete" in example.options else set()
    rules = {policy.id: Rule({**policy.defaults, **example.params})}
    kube = major_minor(example.options.get("kube", "{}.{}".format(*NEWEST_KUBERNETES)))
    facts = Facts(Index(world, complete=complete), Assumptions(kube=kube))
    return run([policy], world, facts, lambda _: rules)


def fixes(policy: Policy) -> Iterator[tuple[Example, list[Finding]]]:
    """The examples of a page with the findings in them that have a fix."""
    for example in examples(policy):
        found = [finding for finding in judged(policy, example).findings if finding.fix]
        if found:
            yield example, found


def located(finding: Finding, order: int) -> Located:
    """A finding with a place that keeps its order."""
    document = read("x", b"a: 1").documents[0]
    span = document.locate(()).span
    return Located(finding, finding.resource.origin.path, replace(span, line=order + 1))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: str(policy.id))
def test_the_page_tells_of_its_fix(policy: Policy) -> None:
    kinds = {finding.fix.safe for _, found in fixes(policy) for finding in found if finding.fix}
    said = {"safe": True, "unsafe": False}.get(policy.fix)
    assert (max(kinds) if kinds else None) is said


@pytest.mark.parametrize("policy", FIXABLE, ids=lambda policy: str(policy.id))
def test_a_fix_cures_the_examples(policy: Policy) -> None:
    for example, found in fixes(policy):
        ids = {(f.resource.origin, f.route) for f in found}
        fixed = dict(example.files)
        for name, text in example.files.items():
            mine = [f for f in found if f.resource.origin.path == name]
            source = read(name, text.encode())
            if not mine or file_refusal(source):
                continue
            result = fix_file(name, text.encode(), [located(f, n) for n, f in enumerate(mine)])
            assert [(example.title, each.reason) for each in result.refused] == []
            fixed[name] = result.data.decode()
            ids -= {(item.finding.resource.origin, item.finding.route) for item in result.later}
        after = judged(policy, replace(example, files=fixed))
        left = {(f.resource.origin, f.route) for f in after.findings}
        assert (example.title, ids & left) == (example.title, set())
        assert after.crashes == []


@pytest.mark.parametrize("policy", FIXABLE, ids=lambda policy: str(policy.id))
def test_a_fix_does_what_its_title_says(policy: Policy) -> None:
    for fix in [finding.fix for _, found in fixes(policy) for finding in found if finding.fix]:
        if said := TITLE.match(fix.title):
            done = {".".join(map(str, edit.route)): edit.value for edit in fix.edits}
            meant = [v for route, v in done.items() if f".{route}".endswith(f".{said['key']}")]
            value = REMOVE if said["verb"] == "remove" else said["value"]
            assert [v if v is REMOVE else str(v) for v in meant] == [value]
