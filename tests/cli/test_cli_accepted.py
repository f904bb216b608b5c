"""Accepted findings from end to end: ignores in every place, `--add-ignore`, baselines."""

from __future__ import annotations

import json

import pytest
from cli_project import FIXED, POD, WRONG, Project

IMAGE = "      image: registry.example.com/web:latest"
PAST, FUTURE = "(until 2020-01-31)", "(until 2999-12-31)"


def with_comment(comment: str) -> str:
    """The pod with a comment at the end of the line of its fault."""
    return POD.replace(IMAGE, f"{IMAGE} # kguard: {comment}")


def with_line(comment: str) -> str:
    """The pod with a comment on a line above the container."""
    return POD.replace("    - name: web", f"    # kguard: {comment}\n    - name: web")


def with_annotation(text: str, policy: str = "image-latest") -> str:
    """The pod with an annotation."""
    annotation = f"  annotations:\n    ignore.kguard.dev/{policy}: {json.dumps(text)}\n"
    return POD.replace("  name: web\n  namespace", f"  name: web\n{annotation}  namespace")


def configured(rest: str) -> str:
    """A configuration that accepts one policy."""
    return f"ignore:\n  - {{policies: [image-latest], {rest}}}\n"


def found(project: Project, *words: str) -> tuple[list[str], int]:
    """The policies that are reported, and how many findings are suppressed."""
    answer = project.run("check", "--select", "image-latest,resources,meta", "-f", "json", *words)
    return [policy for _, policy in answer.found], answer.json["summary"]["suppressed"]


LATEST = "image-latest"
ACCEPTED: dict[str, tuple[str, str, list[str], int]] = {
    "nothing": (POD, "", [LATEST], 0),
    "end of line": (with_comment("ignore[image-latest] pinned by the mirror"), "", [], 1),
    "family": (with_comment("ignore[images] pinned"), "", [], 1),
    "alias": (with_comment("ignore[argo-image-latest] pinned"), "", [], 1),
    "several": (with_comment("ignore[image-latest, quantity-invalid] x"), "", ["unused-ignore"], 1),
    "own line": (with_line("ignore[image-latest] pinned"), "", [], 1),
    "file": ("# kguard: ignore-file[image-latest] pinned\n" + POD, "", [], 1),
    "until": (with_comment(f"ignore[image-latest] pinned {FUTURE}"), "", [], 1),
    "expired": (with_comment(f"ignore[image-latest] x {PAST}"), "", [LATEST, "expired-ignore"], 0),
    "unexplained": (with_comment("ignore[image-latest]"), "", ["unexplained-ignore"], 1),
    "unused": (
        with_comment("ignore[image-latest] x").replace(":latest", ":1"),
        "",
        ["unused-ignore"],
        0,
    ),
    "annotation": (with_annotation("pinned by the mirror"), "", [], 1),
    "annotation of a container": (with_annotation(f"[web] pinned {FUTURE}"), "", [], 1),
    "annotation of another container": (with_annotation("[log] injected"), "", [LATEST], 0),
    "annotation expired": (with_annotation(f"x {PAST}"), "", ["expired-ignore", LATEST], 0),
    "annotation unexplained": (with_annotation(FUTURE), "", ["unexplained-ignore"], 1),
    "configuration": (POD, configured("reason: pinned"), [], 1),
    "configuration until": (POD, configured("reason: x, until: 2999-12-31"), [], 1),
    "configuration expired": (
        POD,
        configured("reason: x, until: 2020-01-31"),
        ["expired-ignore", LATEST],
        0,
    ),
    "configuration elsewhere": (
        POD,
        configured("reason: x, paths: [vendor/]"),
        ["unused-ignore", LATEST],
        0,
    ),
    "configuration for another kind": (POD, configured("reason: x, kinds: [Job]"), [LATEST], 0),
    "configuration unused": (FIXED, configured("reason: x"), ["unused-ignore"], 0),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(project: Project, name: str) -> None:
    text, config, policies, hidden = ACCEPTED[name]
    project.write({"a.yaml": text, ".kguard.yaml": config})
    reported, suppressed = found(project)
    assert (sorted(reported), suppressed) == (sorted(policies), hidden)


@pytest.mark.parametrize("name", ACCEPTED)
def test_without_ignores_everything_is_reported(project: Project, name: str) -> None:
    text, config, _, _ = ACCEPTED[name]
    project.write({"a.yaml": text, ".kguard.yaml": config})
    expected = [LATEST] if ":latest" in text else []
    assert found(project, "--no-ignores") == (expected, 0)


def test_a_container_of_a_workload_is_named_on_its_template(project: Project) -> None:
    web = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        "spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n"
        "      labels: {app: web}\n"
        '      annotations: {ignore.kguard.dev/image-latest: "[log] injected"}\n'
        "    spec:\n      containers:\n"
        "        - {name: web, image: 'web:latest'}\n        - {name: log, image: 'log:latest'}\n"
    )
    project.write({"a.yaml": web})
    answer = project.run("check", "--select", "image-latest,meta", "-f", "json")
    assert [item["path"] for item in answer.json["findings"]] == [
        "spec.template.spec.containers[web].image"
    ]


def test_an_ignore_without_effect_is_said(project: Project) -> None:
    project.write({"a.yaml": with_comment("ignore[imgae-latest] pinned")})
    answer = project.run("check", "--select", "image-latest,meta", "-f", "json")
    assert (answer.code, answer.json["unchecked"]) == (1, [])
    assert [policy for _, policy in answer.found] == [LATEST, "unused-ignore"]
    wrong = answer.json["findings"][1]
    assert (wrong["file"], wrong["line"]) == ("a.yaml", 9)
    assert "did you mean `image-latest`" in wrong["message"]


def test_where_nobody_asks_for_unused_ignores_one_without_effect_is_a_notice(
    project: Project,
) -> None:
    project.write({"a.yaml": with_comment("ignore[imgae-latest] pinned")})
    answer = project.run("check", "--select", "image-latest", "--fail-on", "error")
    assert (answer.code, answer.err) == (0, "")
    said = "ignore without effect: no policy `imgae-latest`; did you mean `image-latest`?"
    assert f"notice: a.yaml:9:46: {said}\n" in answer.out


def test_an_annotation_without_effect_is_shown_where_it_is(project: Project) -> None:
    project.write({"a.yaml": with_annotation("pinned").replace("/image-latest", "/imgae-latest")})
    answer = project.run("check", "--select", "image-latest,meta", "-f", "concise")
    assert "a.yaml:6:37: warning[unused-ignore] ignore without effect" in answer.out
    select = ("--select", "image-latest", "--fail-on", "never")
    assert "notice: a.yaml:6:37:" in project.run("check", *select).out


def test_an_expired_ignore_is_an_error(project: Project) -> None:
    project.write({"a.yaml": with_comment(f"ignore[image-latest] x {PAST}")})
    answer = project.run("check", "--select", "image-latest,meta", "--fail-on", "error")
    assert answer.code == 1
    assert "error[expired-ignore]" in answer.out


DOCKERFILE = "FROM alpine\nENTRYPOINT ['sh', '-c', 'x']\n"


def test_ignores_are_added_and_work(project: Project) -> None:
    untouched = FIXED.replace("name: web", "name: untouched")
    files = {
        "a.yaml": POD.replace("\n", "\r\n"),
        "b.yaml": WRONG.replace("name: web", "name: a")
        + "---\n"
        + POD.replace("name: web", "name: b"),
        "Dockerfile": DOCKERFILE,
        "untouched.yaml": untouched,
    }
    project.write(files)
    words = ("--select", "image-latest,resources,dockerfile,meta")
    assert project.run("check", *words).code == 1
    answer = project.run("check", *words, "--add-ignore", "known since 2024")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "added ignores for 5 findings in 3 files\n"
    assert project.read("untouched.yaml") == untouched
    changed = project.read("a.yaml")
    assert changed.count("\r\n") == changed.count("\n")
    assert "# kguard: ignore[image-latest] known since 2024\r\n" in changed
    again = project.run("check", *words)
    assert (again.code, again.out) == (0, "no findings in 4 files (5 resources); 5 suppressed\n")
    assert project.run("check", *words, "--add-ignore", "x").out == (
        "added ignores for 0 findings in 0 files\n"
    )


def test_an_added_ignore_may_have_a_last_day(project: Project) -> None:
    project.write({"a.yaml": POD})
    words = ("check", "--select", "image-latest", "a.yaml", "--add-ignore", "moves soon")
    answer = project.run(*words, "--until", "2999-12-31")
    assert answer.out == "added ignores for 1 finding in 1 file\n"
    assert "ignore[image-latest] moves soon (until 2999-12-31)\n" in project.read("a.yaml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--add-ignore", ""], "a reason is needed"),
        (["--add-ignore", " "], "a reason is needed"),
        (["--add-ignore", "a\x1bb"], "the reason holds a control character"),
        (["--add-ignore", "x", "--until", "2020-01-01"], "--until 2020-01-01 is over already"),
        (["--add-ignore", "x", "--until", "soon"], "soon"),
        (["--add-ignore", "x", "--until", "2027-02-30"], "2027-02-30"),
    ],
    ids=lambda value: repr(" ".join(value)) if isinstance(value, list) else "",
)
def test_an_ignore_that_cannot_be_written_is_refused(
    project: Project, words: list[str], said: str
) -> None:
    project.write({"a.yaml": POD})
    answer = project.run("check", "--select", "image-latest", *words)
    assert answer.code == 2
    assert said in answer.err
    assert project.read("a.yaml") == POD


def test_what_cannot_have_a_comment_is_named(project: Project) -> None:
    pod = '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a:latest"}]}}\n'
    project.write({"a.json": pod, "b.yaml": POD})
    answer = project.run(
        "check", "--select", "image-latest", "--add-ignore", "x", "a.json", "b.yaml"
    )
    assert answer.code == 3
    assert answer.out == "added ignores for 1 finding in 1 file\n"
    assert answer.err.startswith("kguard: a.json:1: image-latest: ")
    assert project.read("a.json") == pod


def test_ignores_are_not_added_to_standard_input(project: Project) -> None:
    answer = project.run("check", "--select", "image-latest", "-", "--add-ignore", "x", stdin=POD)
    assert (answer.code, answer.err) == (3, "kguard: standard input cannot be changed\n")


def test_adding_ignores_says_what_could_not_be_read(project: Project) -> None:
    project.write({"a.yaml": POD, "b.yaml": "a: [\n"})
    answer = project.run("check", "--select", "image-latest", "--add-ignore", "x")
    assert answer.code == 3
    assert answer.err.startswith("kguard: b.yaml:")


FILE = ".kguard-baseline.json"
SELECT = ("--select", "image-latest,resources")


def test_a_baseline_hides_what_was_there(project: Project) -> None:
    project.write({"a.yaml": POD})
    answer = project.run("baseline", *SELECT)
    said = f"{FILE}: 1 finding, 1 added, 0 removed\n"
    following = f"next: `kguard check --baseline {FILE}` reports only what is new\n"
    assert (answer.code, answer.out) == (0, said + following)
    words = ("check", *SELECT, "--baseline", FILE)
    answer = project.run(*words)
    assert (answer.code, answer.out) == (
        0,
        "no findings in 1 file (1 resource); 1 in the baseline\n",
    )
    project.write({"b.yaml": WRONG.replace("name: web", "name: b")})
    answer = project.run(*words, "-f", "json")
    assert answer.found == [("b.yaml", "quantity-invalid"), ("b.yaml", "quantity-invalid")]
    assert answer.json["summary"]["baselined"] == 1


def reformatted(text: str) -> str:
    """The pod in JSON, with other line breaks, order and quotes, in the same file."""
    import yaml

    data = yaml.safe_load(text)
    return json.dumps(dict(reversed(data.items())), indent=7)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "# a comment\n\n" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("apiVersion: v1\n", "") + "apiVersion: v1\n",
        lambda text: text.replace(
            "image: registry.example.com/web:latest", 'image: "registry.example.com/web:latest"'
        ),
        lambda text: "---\n" + FIXED.replace("name: web", "name: first") + "---\n" + text,
        reformatted,
    ],
    ids=["lines above", "crlf", "bom", "order", "quotes", "document above", "json"],
)
def test_reformatting_does_not_change_a_baseline(project: Project, change: object) -> None:
    assert callable(change)
    project.write({"a.yaml": POD})
    project.run("baseline", *SELECT)
    project.write({"a.yaml": change(POD)})
    answer = project.run("check", *SELECT, "--baseline", FILE, "--strict-baseline")
    assert (answer.code, answer.err) == (0, "")
    before = project.read(FILE)
    assert project.run("baseline", *SELECT).out.endswith(": 1 finding, 0 added, 0 removed\n")
    assert project.read(FILE) == before


def test_a_file_that_moves_keeps_its_baseline(project: Project) -> None:
    project.write({"a.yaml": POD})
    project.run("baseline", *SELECT)
    (project.root / "a.yaml").rename(project.root / "moved.yaml")
    assert project.run("check", *SELECT, "--baseline", FILE).code == 0


def test_a_strict_baseline_fails_until_it_is_pruned(project: Project) -> None:
    project.write({"a.yaml": POD, "b.yaml": POD.replace("name: web", "name: b")})
    assert project.run("baseline", *SELECT).out.startswith(f"{FILE}: 2 findings, ")
    project.write({"a.yaml": FIXED})
    words = ("check", *SELECT, "--baseline", FILE)
    assert project.run(*words).code == 0
    strict = project.run(*words, "--strict-baseline")
    assert strict.code == 1
    assert strict.out.startswith(
        "notice: the baseline is out of date: 1 finding of it is gone (`kguard baseline --prune`)\n"
    )
    project.write({"c.yaml": WRONG.replace("name: web", "name: c")})
    pruned = project.run("baseline", *SELECT, "--prune")
    assert (pruned.code, pruned.out) == (0, f"{FILE}: 1 finding, 0 added, 1 removed\n")
    strict = project.run(*words, "--strict-baseline", "-f", "json")
    assert {file for file, _ in strict.found} == {"c.yaml"}  # Pruning added nothing.


def test_a_run_over_one_file_calls_nothing_gone(project: Project) -> None:
    project.write({"a.yaml": POD, "b.yaml": POD.replace("name: web", "name: b")})
    project.run("baseline", *SELECT)
    words = ("check", "--baseline", FILE, "--strict-baseline")
    assert project.run(*words, *SELECT, "a.yaml").code == 0
    assert project.run(*words, "--select", "resources").code == 0


@pytest.mark.parametrize("prune", [[], ["--prune"]], ids=["renewed", "pruned"])
def test_a_threshold_cures_nothing(project: Project, prune: list[str]) -> None:
    project.write({"a.yaml": POD, "b.yaml": WRONG.replace("name: web", "name: b")})
    assert project.run("baseline", *SELECT).out.startswith(f"{FILE}: 3 findings, ")
    answer = project.run("baseline", *SELECT, "--min-severity", "error", *prune)
    assert answer.out == f"{FILE}: 3 findings, 0 added, 0 removed\n"


def test_a_threshold_keeps_findings_out_of_a_new_baseline(project: Project) -> None:
    project.write({"a.yaml": POD, "b.yaml": WRONG.replace("name: web", "name: b")})
    answer = project.run("baseline", *SELECT, "--min-severity", "error")
    assert answer.out.startswith(f"{FILE}: 2 findings, 2 added, 0 removed\n")


def test_the_configuration_names_the_baseline(project: Project) -> None:
    project.write(
        {"sub/a.yaml": POD, ".kguard.yaml": "baseline: known.json\nselect: [image-latest]\n"}
    )
    project.monkeypatch.chdir(project.root / "sub")
    answer = project.run("baseline")
    assert answer.code == 0
    assert answer.out.endswith("next: `kguard check` reports only what is new\n")
    assert (project.root / "known.json").exists()
    assert project.run("check").code == 0
    assert project.run("check", "--strict-baseline").code == 0
    assert project.run("check", "--isolated", "--select", "image-latest").code == 1


def test_what_is_ignored_is_not_in_the_baseline(project: Project) -> None:
    project.write({"a.yaml": with_comment("ignore[image-latest] pinned")})
    assert project.run("baseline", *SELECT).out == f"{FILE}: 0 findings, 0 added, 0 removed\n"


def test_a_baseline_of_an_incomplete_run_says_so(project: Project) -> None:
    project.write({"a.yaml": POD, "b.yaml": "a: [\n"})
    answer = project.run("baseline", *SELECT)
    assert answer.code == 3
    assert answer.err.startswith("kguard: b.yaml:")
    assert answer.out == f"{FILE}: 1 finding, 1 added, 0 removed\n"


def test_a_broken_baseline_is_named_with_its_line(project: Project) -> None:
    project.write({"a.yaml": POD, FILE: '{\n  "version": 1,\n  findings\n}\n'})
    answer = project.run("check", *SELECT, "--baseline", FILE)
    assert answer.code == 2
    assert answer.err.startswith(f"kguard: {FILE}:3: ")
