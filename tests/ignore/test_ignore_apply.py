"""What ignores hide, and what is said about ignores that are unused, expired or unexplained."""

from __future__ import annotations

import datetime
import sys

import pytest
from ignore_world import MEMORY, REGISTRY, TODAY, check, pod

from kguard.ignore import IgnoreEntry, Written
from kguard.model import Severity, Span
from kguard.policy.page import split_page
from kguard.rules import Rule

WHY = "accepted by the team"
M = "missing-memory-request"
C = "missing-cpu-request"


def test_a_pod_without_ignores_is_reported() -> None:
    ran = check(pod())
    assert (ran.kept, ran.hidden, ran.meta, ran.problems) == ([MEMORY], [], [], [])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(pod(at_end=f"# kguard: ignore[{M}] {WHY}"), id="end of line"),
        pytest.param(pod(at_end=f"# noqa # kguard: ignore[{M}] {WHY}"), id="behind another"),
        pytest.param(pod(above=f"# kguard: ignore[{M}] {WHY}"), id="above the container"),
        pytest.param(pod(top=f"# kguard: ignore[{M}] {WHY}"), id="above the document"),
        pytest.param(pod(top=f"---   # kguard: ignore[{M}] {WHY}"), id="on the separator"),
        pytest.param(f"# kguard: ignore[{M}] {WHY}\n---" + pod()[:-1], id="above the separator"),
        pytest.param(pod(at_end=f"# kguard: ignore-file[{M}] {WHY}"), id="file-wide"),
        pytest.param(pod(at_end=f"# kguard: ignore[resources] {WHY}"), id="family"),
        pytest.param(pod(at_end=f"# kguard: ignore[ALL] {WHY}"), id="all"),
        pytest.param(pod(at_end=f"# kguard: ignore[{M}] {WHY} (until 2026-06-15)"), id="last day"),
        pytest.param(pod(annotations=f"ignore.kguard.dev/{M}: {WHY}"), id="annotation"),
        pytest.param(pod(annotations=f'ignore.kguard.dev/{M}: "[web] {WHY}"'), id="container"),
        pytest.param(pod(annotations=f'ignore.kguard.dev/{M}: "[x1, web] {WHY}"'), id="containers"),
        pytest.param(pod(annotations=f"ignore.kguard.dev/resources: {WHY}"), id="annotated family"),
    ],
)
def test_it_is_hidden(text: str) -> None:
    ran = check(text)
    assert ran.kept == []
    assert [policy for policy, _ in ran.hidden] == [M]
    assert ran.meta == []
    assert ran.problems == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(pod(at_name=f"# kguard: ignore[{M}] {WHY}"), id="another line"),
        pytest.param(pod(at_end=f"# kguard: ignore[{C}] {WHY}"), id="another policy"),
        pytest.param(pod(annotations=f'ignore.kguard.dev/{M}: "[api] {WHY}"'), id="container"),
        pytest.param(pod(annotations=f"kguard.dev/ignore: {M}"), id="another key"),
        pytest.param(pod(at_end=f"# kguard: ignore[meta] {WHY}"), id="family of none"),
    ],
)
def test_it_is_kept(text: str) -> None:
    assert check(text).kept == [MEMORY]


@pytest.mark.parametrize(
    ("text", "policies"),
    [
        (pod(at_name=f"# kguard: ignore[{M}] {WHY}"), [("unused-ignore", 8)]),
        (pod(at_end=f"# kguard: ignore[{M},{C}] {WHY}"), [("unused-ignore", 10)]),
        (pod(at_end=f"# kguard: ignore[{M}]"), [("unexplained-ignore", 10)]),
        (pod(at_end=f"# kguard: ignore-file[{M}]"), [("unexplained-ignore", 10)]),
        (pod(annotations=f'ignore.kguard.dev/{M}: "true"'), [("unexplained-ignore", 4)]),
        (
            pod(at_end=f"# kguard: ignore[{M},{C}]"),
            [("unused-ignore", 10), ("unexplained-ignore", 10)],
        ),
        (pod(at_name=f"# kguard: ignore[{C}]"), [("unused-ignore", 8)]),
        (pod(at_end=f"# kguard: ignore[{M}] x (until 2026-06-14)"), [("expired-ignore", 10)]),
        (pod(at_end=f"# kguard: ignore[{M}] (until 2026-06-14)"), [("expired-ignore", 10)]),
        (pod(at_name=f"# kguard: ignore[{C}] x (until 2026-06-14)"), [("unused-ignore", 8)]),
        (
            pod(annotations=f'ignore.kguard.dev/{M}: "x (until 2020-01-01)"'),
            [("expired-ignore", 4)],
        ),
        (pod(annotations=f'ignore.kguard.dev/{C}: "[web] x"'), [("unused-ignore", 4)]),
        (pod(annotations=f'ignore.kguard.dev/{C}: "[injected] x"'), []),
        (pod(at_end="# kguard: ignore[missing-cpu-limit] not run here"), []),
    ],
)
def test_ignores_are_judged(text: str, policies: list[tuple[str, int]]) -> None:
    assert sorted(policies) == sorted(check(text).meta)


def test_an_expired_ignore_gives_its_finding_back() -> None:
    ran = check(pod(at_end=f"# kguard: ignore[{M}] x (until 2026-06-14)"))
    assert ran.kept == [MEMORY]
    (expired,) = ran.applied.meta
    assert expired.finding.severity == Severity.ERROR
    assert expired.finding.message == "the ignore of `missing-memory-request` expired on 2026-06-14"
    assert ran.loaded.sources["a.yaml"].line(10)[expired.span.column - 1 :].startswith("# kguard:")


def test_what_another_ignore_hides_has_not_expired() -> None:
    text = pod(
        at_end=f"# kguard: ignore[{M}] x (until 2020-01-01)",
        above=f"# kguard: ignore[{M}] {WHY}",
    )
    ran = check(text)
    assert (ran.kept, ran.meta) == ([], [("unused-ignore", 10)])


def test_two_ignores_of_one_finding_are_both_used() -> None:
    text = pod(at_end=f"# kguard: ignore[{M}] {WHY}", annotations=f"ignore.kguard.dev/{M}: {WHY}")
    assert check(text).meta == []


def test_the_ignore_that_hides_is_told() -> None:
    (hidden,) = check(pod(above=f"# kguard: ignore[{M}] {WHY} (until 2027-03-01)")).applied.hidden
    assert hidden.ignore.written == Written("a.yaml", Span(7, 5, 7, 85))
    assert (WHY, datetime.date(2027, 3, 1)) == (hidden.ignore.why.reason, hidden.ignore.why.until)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            pod(at_end="# kguard: ignore"),
            10,
            "`ignore` names no policy: write `ignore[policy] reason`",
        ),
        (
            pod(at_end="# kguard: ignore[missing-memory-requests] x"),
            10,
            "no policy `missing-memory-requests`; did you mean `missing-memory-request`?",
        ),
        (pod(at_end="# kguard: ignore[qqq] x"), 10, "no policy `qqq`"),
        (
            pod() + f"# kguard: ignore[{M}] x\n",
            11,
            "nothing follows this comment in its document: it ignores nothing",
        ),
        (pod(annotations="ignore.kguard.dev/qqq: x"), 4, "no policy `qqq`"),
        (
            pod(annotations="ignore.kguard.dev/unset-cpu-requirements: x"),
            4,
            "no policy `unset-cpu-requirements`; kube-linter's check of that name is "
            "`missing-cpu-request` and `missing-cpu-limit` here",
        ),
        (
            pod(annotations=f"ignore.kguard.dev/{M}.web: x"),
            4,
            f'write `ignore.kguard.dev/{M}: "[web] reason"` for one container',
        ),
        (
            pod(annotations=f"ignore.kguard.dev/{M}: true"),
            4,
            "the value of an annotation is a string: write the reason in quotes",
        ),
        (
            pod(annotations=f'ignore.kguard.dev/{M}: "[webb] x"'),
            4,
            "no container `webb` in here; did you mean `web`?",
        ),
    ],
)
def test_what_has_no_effect_is_named(text: str, line: int, message: str) -> None:
    ran = check(text)
    assert [(line, message)] == ran.problems
    assert [policy for policy, _ in ran.kept] == [M]


def test_known_names_beside_an_unknown_one_work() -> None:
    ran = check(pod(at_end=f"# kguard: ignore[qqq,{M}] {WHY}"))
    assert (ran.kept, ran.problems) == ([], [(10, "no policy `qqq`")])


def two(first: str = "", between: str = "", second: str = "") -> str:
    """Two Pods without memory requests (lines 10 and 22) in one file."""
    return pod(above=first) + f"---  {between}" + "\n" + pod(above=second)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (two(), [10, 21]),
        (two(first=f"# kguard: ignore[{M}] {WHY}"), [21]),
        (two(second=f"# kguard: ignore[{M}] {WHY}"), [10]),
        (two(between=f"# kguard: ignore[{M}] {WHY}"), [10]),
        (two(first=f"# kguard: ignore-file[{M}] {WHY}"), []),
        (two(second=f"# kguard: ignore-file[{M}] {WHY}"), []),
        (pod() + f"---\n# kguard: ignore[{M}] {WHY}\n---\n" + pod(), [10]),
        (pod(top=f"# kguard: ignore[{M}] {WHY}") + "---\n" + pod(), [21]),
    ],
)
def test_a_comment_stays_in_its_document(text: str, kept: list[int]) -> None:
    assert kept == [line for _, line in check(text).kept]


def test_a_comment_in_a_broken_document_covers_nothing_after_it() -> None:
    text = pod() + f"---\na: [\n# kguard: ignore[{M}] {WHY}\n---\n" + pod()
    assert [line for _, line in check(text).kept] == [10, 24]


def test_items_of_a_list_are_told_apart() -> None:
    item = (
        "- apiVersion: v1\n  kind: Pod\n"
        "  metadata: {{name: {name}, annotations: {{{notes}}}}}\n"
        "  spec: {{containers: [{{image: 'x:1', resources: {{requests: {{cpu: 1}}}}}}]}}\n"
    )
    text = "apiVersion: v1\nkind: List\nitems:\n"
    text += item.format(name="a", notes=f"ignore.kguard.dev/{M}: {WHY}")
    text += f"# kguard: ignore[{M}] {WHY}\n" + item.format(name="b", notes="")
    text += item.format(name="c", notes="")
    ran = check(text)
    assert [located.finding.resource.name for located in ran.applied.kept] == ["c"]
    assert ran.meta == []


def test_a_template_annotation_counts() -> None:
    text = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: a}}
spec:
  template:
    metadata:
      annotations:
        ignore.kguard.dev/{M}: "[web] {WHY}"
    spec:
      containers:
        - {{name: web, image: a, resources: {{requests: {{cpu: 1}}}}}}
        - {{name: api, image: a, resources: {{requests: {{cpu: 1}}}}}}
"""
    ran = check(text)
    assert (ran.kept, ran.hidden) == ([(M, 12)], [(M, 11)])


def test_an_alias_can_be_ignored_where_it_is_used() -> None:
    text = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: a}}
spec:
  containers:
    - name: web
      image: a
      resources: &small
        requests: {{cpu: 1}}
    - name: api
      image: a
      resources: *small # kguard: ignore[{M}] {WHY}
"""
    ran = check(text)
    assert [
        (item.named_route.split("[")[1].split("]")[0], item.span.line) for item in ran.applied.kept
    ] == [("web", 9)]
    assert ran.meta == []


def test_crlf_bom_and_wide_characters_do_not_matter() -> None:
    text = pod(above=f"# kguard: ignore[{M}] gr\u00fcn \U0001f600", top="# \U0001f600")
    ran = check(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert (ran.kept, ran.meta, ran.problems) == ([], [], [])


def test_context_is_not_spoken_of() -> None:
    ignored = pod(at_end="# kguard: ignore[missing-cpu-request,qqq]")
    ran = check({"a.yaml": pod(), "b.yaml": ignored}, context=["b.yaml"])
    assert (ran.kept, ran.meta, ran.problems) == ([MEMORY], [], [])


ORIGIN = Written(".kguard.yaml", Span(3, 5, 3, 20))


@pytest.mark.parametrize(
    ("entry", "hidden"),
    [
        (IgnoreEntry((M,), reason=WHY), True),
        (IgnoreEntry(("resources",), reason=WHY), True),
        (IgnoreEntry((M,), kinds=("Pod",), reason=WHY), True),
        (IgnoreEntry((M,), kinds=("Job",), reason=WHY), False),
        (IgnoreEntry((M,), names=("a*",), reason=WHY), True),
        (IgnoreEntry((M,), names=("A*", "b"), reason=WHY), False),
        (IgnoreEntry((M,), namespaces=("shop",), reason=WHY), False),
        (IgnoreEntry((M,), namespaces=("*",), reason=WHY), True),
        (IgnoreEntry((M,), paths=("charts/**",), reason=WHY), True),
        (IgnoreEntry((M,), paths=("charts/vendor/",), reason=WHY), True),
        (IgnoreEntry((M,), paths=("vendor",), kinds=("Pod",), names=("a",), reason=WHY), True),
        (IgnoreEntry((M,), paths=("vendor",), kinds=("Job",), names=("a",), reason=WHY), False),
        (IgnoreEntry((M,), paths=("/vendor",), reason=WHY), False),
        (IgnoreEntry((M,), reason=WHY, until=datetime.date(2026, 6, 15)), True),
        (IgnoreEntry((M,), reason=WHY, until=datetime.date(2026, 6, 14)), False),
    ],
)
def test_the_configuration_ignores(entry: IgnoreEntry, hidden: bool) -> None:
    ran = check({"charts/vendor/a.yaml": pod()}, entries=[entry])
    assert ([] if hidden else [MEMORY]) == ran.kept


@pytest.mark.parametrize(
    ("entry", "whole", "expected"),
    [
        (IgnoreEntry((M,), origin=ORIGIN), True, ["unexplained-ignore"]),
        (IgnoreEntry((C,), reason=WHY, origin=ORIGIN), True, ["unused-ignore"]),
        (IgnoreEntry((C,), reason=WHY, origin=ORIGIN), False, []),
        (IgnoreEntry((C,), kinds=("Job",), reason=WHY, origin=ORIGIN), True, []),
        (IgnoreEntry((C,), names=("gone",), reason=WHY, origin=ORIGIN), True, ["unused-ignore"]),
        (IgnoreEntry((C,), paths=("gone/",), reason=WHY, origin=ORIGIN), False, []),
        (
            IgnoreEntry((M,), reason=WHY, until=datetime.date(2020, 1, 1), origin=ORIGIN),
            False,
            ["expired-ignore"],
        ),
    ],
)
def test_entries_are_judged_at_their_place(
    entry: IgnoreEntry, whole: bool, expected: list[str]
) -> None:
    ran = check(pod(), entries=[entry], whole=whole)
    assert expected == [item.finding.policy for item in ran.applied.meta]
    assert all((item.path, item.span.line) == (".kguard.yaml", 3) for item in ran.applied.meta)


def test_a_family_of_which_a_policy_abstained_is_not_called_unused() -> None:
    from kguard.ignore import Verdicts, apply, gather

    fine = pod(
        resources="{requests: {cpu: 1, memory: 1Gi}}", at_end="# kguard: ignore[resources] x"
    )
    ran = check(fine)
    assert ran.meta == [("unused-ignore", 10)]
    ignores = gather(ran.loaded.resources, ran.loaded, REGISTRY)
    verdicts = Verdicts({id(ran.loaded.resources[0]): {M}}, {C})
    assert apply([], ignores, verdicts, REGISTRY, ran.loaded, today=TODAY).meta == []


def test_findings_about_ignores_can_be_ignored_by_their_own_name_only() -> None:
    both = f"# kguard: ignore[{M}] # kguard: ignore[%s] known"
    assert check(pod(at_end=both % "unexplained-ignore")).meta == []
    assert check(pod(at_end=both % "meta")).meta == []
    assert [p for p, _ in check(pod(at_end=both % "ALL")).meta] == ["unexplained-ignore"]


def test_rules_decide_about_findings_on_ignores() -> None:
    note = {policy: Rule({}, Severity.NOTE) for policy in REGISTRY.policies}
    text = pod(at_end=f"# kguard: ignore[{M}]")
    assert check(text, rules=lambda resource: {}).meta == []
    found = check(text, rules=lambda resource: note).applied.meta
    assert [item.finding.severity for item in found] == [Severity.NOTE]


def test_findings_on_ignores_have_keys_of_their_own() -> None:
    ran = check(pod(at_end=f"# kguard: ignore[{M},{C},resources]"))
    keys = [item.key for item in ran.applied.meta]
    assert len(keys) == len(set(keys)) > 1
    assert all(len(key) == 32 for key in keys)


@pytest.mark.parametrize("name", ["unused-ignore", "expired-ignore", "unexplained-ignore"])
def test_the_examples_of_the_pages_are_true(name: str) -> None:
    policy = REGISTRY.policies[name]
    with open(policy.page, encoding="utf-8") as file:
        _, body = split_page(policy.page, file.read())
    bad, good = (part.split("```")[0] for part in body.split("```yaml\n")[1:])
    assert [name] == [found for found, _ in check(bad).meta]
    assert (check(good).kept, check(good).meta, check(good).problems) == ([], [], [])


def test_many_ignores_in_many_files_take_linear_time() -> None:
    def calls(count: int) -> int:
        """How many functions are called: a measure that a busy machine does not change."""
        files = {f"{n}.yaml": pod(at_end=f"# kguard: ignore[{M}] {WHY}") for n in range(count)}
        made = 0

        def note(_frame: object, event: str, _argument: object) -> None:
            nonlocal made
            made += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            ran = check(files)
        finally:
            sys.setprofile(None)
        assert count == len(ran.hidden)
        return made

    calls(10)
    assert calls(200) < 6 * calls(50)
