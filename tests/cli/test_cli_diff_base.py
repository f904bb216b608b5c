"""`kguard check --diff-base`: what is about changed objects, and nothing else."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from cli_project import BROKEN, FIXED, POD, Answer, Project


def pod(name: str, tag: str = "latest") -> str:
    """A Pod with one fault where the tag is `latest`."""
    return POD.replace("name: web\n  namespace", f"name: {name}\n  namespace").replace(
        ":latest", f":{tag}"
    )


def commit(project: Project) -> None:
    """Commit everything."""
    project.git("add", "-A")
    project.git("-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "x")


def found(project: Project, *words: str, base: str = "HEAD") -> list[tuple[str, str]]:
    """File and object of each finding about what has changed since a commit."""
    answer = project.run(
        *("check", "--select", "image-latest", "-f", "json", "--diff-base", base), *words
    )
    assert answer.err == ""
    report: Any = answer.json
    assert answer.code == (1 if report["findings"] else 0)
    return [(item["file"], item["resource"]["name"]) for item in report["findings"]]


@pytest.fixture
def old(project: Project) -> Project:
    """A repository with three faults."""
    project.write({"a.yaml": f"{pod('one')}---\n{pod('two')}", "x/b.yaml": pod("three")})
    commit(project)
    return project


def test_nothing_has_changed(old: Project) -> None:
    assert found(old) == []
    out = old.run("check", "--select", "image-latest", "--diff-base", "HEAD").out
    assert out == "no findings in 0 files (0 resources); 3 on what is unchanged\n"


def test_only_the_object_that_has_changed_is_reported(old: Project) -> None:
    text = old.read("a.yaml").replace("name: two", "name: two\n  labels: {app: x}")
    old.write({"a.yaml": text})
    assert found(old) == [("a.yaml", "two")]
    commit(old)
    assert found(old) == []
    assert found(old, base="HEAD~1") == [("a.yaml", "two")]


def test_a_line_that_was_removed_counts(old: Project) -> None:
    lines = old.read("a.yaml").splitlines(keepends=True)
    old.write({"a.yaml": "".join(lines[:-1])})
    assert found(old) == [("a.yaml", "two")]


def test_a_new_file_is_reported_whether_git_knows_it_or_not(old: Project) -> None:
    old.write({"new.yaml": pod("new")})
    assert found(old) == [("new.yaml", "new")]
    old.git("add", "-A")
    assert found(old) == [("new.yaml", "new")]


def test_a_file_that_was_renamed_has_not_changed(old: Project) -> None:
    old.git("mv", "a.yaml", "moved.yaml")
    assert found(old) == []
    old.write({"moved.yaml": old.read("moved.yaml").replace("name: one\n", "name: uno\n")})
    assert found(old) == [("moved.yaml", "uno")]


def test_objects_that_move_within_and_between_files_have_not_changed(old: Project) -> None:
    old.write({"a.yaml": pod("two"), "c.yaml": f"# new\n{pod('one')}", "x/b.yaml": pod("three")})
    assert found(old) == []


def test_a_copy_is_new(old: Project) -> None:
    old.write({"x/copy.yaml": pod("three"), "a.yaml": old.read("a.yaml") + f"---\n{pod('two')}"})
    assert found(old) == [("a.yaml", "two"), ("x/copy.yaml", "three")]


def test_items_of_a_list_are_objects(project: Project) -> None:
    def items(second: str) -> str:
        head = "apiVersion: v1\nkind: List\nitems:\n"
        each = [f"- {text}".replace("\n", "\n  ").rstrip(" ") for text in (pod("one"), pod(second))]
        return head + "".join(each)

    project.write({"a.yaml": items("two")})
    commit(project)
    project.write({"a.yaml": items("zwei")})
    assert found(project) == [("a.yaml", "zwei")]


@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace(b"\n", b"\r\n"), lambda text: b"\xef\xbb\xbf" + text],
    ids=["line ends", "byte order mark"],
)
def test_how_a_file_is_written_is_no_change(old: Project, change: Any) -> None:
    path = old.root / "a.yaml"
    path.write_bytes(change(path.read_bytes()))
    assert found(old) == []


def test_a_dockerfile_is_one_object(project: Project) -> None:
    project.write({"Dockerfile": "FROM a\nCMD [a b]\n"})
    commit(project)
    words = ("check", "--select", "dockerfile", "--diff-base", "HEAD", "-q", "-f", "concise")
    assert project.run(*words).out == ""
    project.write({"Dockerfile": "FROM b\nCMD [a b]\n"})
    assert project.run(*words).out.startswith("Dockerfile:2:")


def test_a_finding_that_names_a_changed_object_is_reported(project: Project) -> None:
    scaler = (
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
        "spec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
        "  minReplicas: 1\n  maxReplicas: 9\n  metrics:\n  - type: Resource\n    resource: "
        "{name: cpu, target: {type: Utilization, averageUtilization: 70}}\n"
    )
    web = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"
        "    spec:\n      containers:\n      - name: web\n        image: a:1\n"
    )
    project.write(
        {
            "hpa.yaml": scaler,
            "web.yaml": web.replace("a:1\n", "a:1\n        resources: {requests: {cpu: 1}}\n"),
        }
    )
    commit(project)
    project.write({"web.yaml": web})
    words = (
        "check",
        "--select",
        "hpa-missing-request",
        "-q",
        "-f",
        "concise",
        "--diff-base",
        "HEAD",
    )
    assert "[hpa-missing-request]" in project.run(*words).out


def test_a_broken_file_matters_only_where_it_has_changed(old: Project) -> None:
    old.write({"broken.yaml": BROKEN})
    commit(old)
    words = ("check", "--select", "image-latest", "--diff-base", "HEAD")
    assert old.run(*words).code == 0
    assert "detail: `broken.yaml`, unchanged: tab" in old.run(*words, "-v").out
    old.write({"broken.yaml": f"# more\n{BROKEN}"})
    assert old.run(*words).code == 3


def test_standard_input_is_compared_with_the_file_it_is_named_after(old: Project) -> None:
    words = ("--stdin-name", "x/b.yaml", "-")
    base = ("check", "--select", "image-latest", "-f", "json", "--diff-base", "HEAD")
    assert old.run(*base, *words, stdin=pod("three")).found == []
    answer = old.run(*base, *words, stdin=pod("drei"))
    assert answer.found == [("x/b.yaml", "image-latest")]


def test_paths_and_folders_are_as_ever(old: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    old.write({"a.yaml": pod("uno"), "x/b.yaml": pod("drei")})
    assert found(old, "x") == [("x/b.yaml", "drei")]
    monkeypatch.chdir(old.root / "x")
    assert found(old) == [("x/b.yaml", "drei")]


def test_an_ignore_in_an_unchanged_object_is_as_it_was(old: Project) -> None:
    text = pod("four", "1.0").replace("web:1.0", "web:1.0  # kguard: ignore[image-latest] why")
    old.write({"d.yaml": text})
    commit(old)
    words = ("check", "--select", "image-latest,meta", "-q", "-f", "concise", "--diff-base")
    assert old.run(*words, "HEAD").out == ""
    assert "[unused-ignore]" in old.run(*words, "HEAD~1").out


def test_a_baseline_is_whole(old: Project) -> None:
    assert old.run("baseline", "--select", "image-latest").code == 0
    old.write({"new.yaml": pod("new")})
    words = ("--baseline", ".kguard-baseline.json", "--strict-baseline")
    assert found(old, *words) == [("new.yaml", "new")]


def test_junit_shows_no_unchanged_object_as_passed(old: Project) -> None:
    old.write({"new.yaml": FIXED})
    answer = old.run("check", "--select", "image-latest", "-f", "junit", "--diff-base", "HEAD")
    cases = ElementTree.fromstring(answer.out).iter("testcase")
    assert [(case.get("file"), case.get("name")) for case in cases] == [
        ("new.yaml", "image-latest")
    ]


def refused(project: Project, ref: str) -> Answer:
    """A run that is a wrong option."""
    answer = project.run("check", "--diff-base", ref)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    return answer


def test_an_unknown_commit_is_an_error(old: Project) -> None:
    expected = "kguard: --diff-base: git knows no commit `origin/main`; fetch it first"
    assert refused(old, "origin/main").err.startswith(expected)


def test_a_shallow_clone_is_an_error(old: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    old.write({"a.yaml": pod("uno")})
    commit(old)
    target = old.root.parent / "clone"
    url = old.root.as_uri()
    subprocess.run(["git", "clone", "-q", "--depth=1", url, target], check=True)
    monkeypatch.chdir(target)
    assert "`git fetch --unshallow`" in refused(old, "HEAD~1").err


def test_outside_of_git_is_an_error(old: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = old.root.parent / "plain"
    folder.mkdir()
    monkeypatch.chdir(folder)
    told = "kguard: `--diff-base` goes with the git repository that kguard is started in"
    assert refused(old, "HEAD").err == f"{told}: this is none\n"
    inside = old.run("check", "--diff-base", "HEAD", str(old.root))
    assert (inside.code, inside.err) == (2, f"{told}: cd ../{old.root.name}\n")


def test_json_is_a_report_of_the_changes_alone(old: Project) -> None:
    old.write({"new.yaml": pod("new")})
    words = ("check", "--select", "image-latest", "-f", "json", "--diff-base", "HEAD")
    summary = json.loads(old.run(*words).out)["summary"]
    assert {key: summary[key] for key in ("files", "documents", "resources", "warning")} == {
        "files": 1,
        "documents": 1,
        "resources": 1,
        "warning": 1,
    }
