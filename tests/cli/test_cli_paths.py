"""Which files a run reads, what it calls them, and which of them are one world."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_project import BROKEN, FIXED, POD, Project

LATEST = "image-latest"


def files(project: Project, *words: str, stdin: str | None = None) -> list[str]:
    """The files with findings."""
    return [file for file, _ in project.check(*words, stdin=stdin).found]


TREE = {
    "a.yaml": POD,
    "b.yml": POD,
    "deploy/c.yaml": POD,
    "deploy/.drone.yml": "kind: pipeline\ntype: docker\nname: x\nsteps: [{name: a, image: a}]\n",
    "deploy/notes.txt": POD,
    "deploy/pod.json": '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a",'
    '"image":"a:latest","resources":{"requests":{"cpu":"1","memory":"1Gi"},'
    '"limits":{"cpu":"1","memory":"1Gi","ephemeral-storage":"1Gi"}}}]}}',
    "deploy/package.json": '{"name": "x", "kind": 7',
    "build/d.yaml": POD,
    ".gitignore": "/build/\n",
}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["a.yaml", "b.yml", "deploy/c.yaml", "deploy/pod.json"]),
        (["."], ["a.yaml", "b.yml", "deploy/c.yaml", "deploy/pod.json"]),
        (["a.yaml"], ["a.yaml"]),
        (["deploy"], ["deploy/c.yaml", "deploy/pod.json"]),
        (["deploy/"], ["deploy/c.yaml", "deploy/pod.json"]),
        (["deploy/notes.txt"], ["deploy/notes.txt"]),
        (["deploy/../a.yaml", "./b.yml"], ["a.yaml", "b.yml"]),
        (["a.yaml", "a.yaml", "./a.yaml", "."], TREE.keys() & {}),
        (
            ["--no-gitignore"],
            ["a.yaml", "b.yml", "build/d.yaml", "deploy/c.yaml", "deploy/pod.json"],
        ),
        (["build"], ["build/d.yaml"]),
        (["build/d.yaml"], ["build/d.yaml"]),
        (["--exclude", "deploy/"], ["a.yaml", "b.yml"]),
        (["--exclude", "*.yml", "--exclude", "deploy/*.json"], ["a.yaml", "deploy/c.yaml"]),
        (["--exclude", "a.yaml", "a.yaml"], ["a.yaml"]),
        (["b.yml", "--no-gitignore", "a.yaml"], ["a.yaml", "b.yml"]),
        (["b.yml", "--no-gitignore", "--", "a.yaml"], ["a.yaml", "b.yml"]),
        (["--exclude", "a.yaml", "--force-exclude", "a.yaml", "b.yml"], ["b.yml"]),
    ],
    ids=lambda value: " ".join(value) or "-" if isinstance(value, list) else None,
)
def test_paths(project: Project, words: list[str], expected: list[str]) -> None:
    project.write(TREE)
    if not isinstance(expected, list):  # Everything, each file once.
        expected = files(project)
    assert files(project, *words) == expected


def test_excluding_every_named_file_passes(project: Project) -> None:
    # What pre-commit hands over after the configuration excluded it.
    project.write({**TREE, ".kguard.yaml": "exclude: [deploy/]\n"})
    answer = project.check("--force-exclude", "deploy/c.yaml", "deploy/pod.json")
    assert (answer.code, answer.json["unchecked"], answer.found) == (0, [], [])


def test_standard_input_has_a_name(project: Project) -> None:
    assert files(project, "-", stdin=POD) == ["<stdin>"]
    assert files(project, "-", "--stdin-name", "deploy/web.yaml", stdin=POD) == ["deploy/web.yaml"]


def test_standard_input_is_what_its_name_says(project: Project) -> None:
    dockerfile = "FROM alpine\nENTRYPOINT ['sh', '-c', 'x']\n"
    words = ("check", "-", "--select", "dockerfile", "-f", "json", "--stdin-name", "Dockerfile")
    answer = project.run(*words, stdin=dockerfile)
    assert answer.json["summary"]["resources"] == 1
    assert answer.found == [("Dockerfile", "dockerfile-broken-exec-form")]


def test_standard_input_takes_the_place_of_the_file_it_is_called(project: Project) -> None:
    # As an editor asks about an unsaved buffer.
    project.write({"deploy/web.yaml": FIXED, "deploy/other.yaml": POD})
    assert files(project, "-", "--stdin-name", "deploy/web.yaml", stdin=POD) == ["deploy/web.yaml"]


@pytest.mark.parametrize("name", ["with space.yaml", "ünï日本.yaml", "a#b?c%d.yaml", "-dash.yaml"])
def test_unusual_names(project: Project, name: str) -> None:
    project.write({f"dir of/{name}": POD})
    assert files(project) == [f"dir of/{name}"]
    assert files(project, f"dir of/{name}") == [f"dir of/{name}"]


def test_a_file_whose_name_looks_like_an_option(project: Project) -> None:
    project.write({"--fix.yaml": POD})
    assert files(project, "--", "--fix.yaml") == ["--fix.yaml"]


def test_links_are_the_files_they_lead_to(project: Project, tmp_path: Path) -> None:
    project.write({"real/a.yaml": POD})
    (project.root / "link.yaml").symlink_to("real/a.yaml")
    (project.root / "linked").symlink_to("real")
    outside = tmp_path / "outside.yaml"
    outside.write_text(POD, encoding="utf-8")
    (project.root / "out.yaml").symlink_to(outside)
    (project.root / "dangling.yaml").symlink_to("nowhere")
    assert files(project) == ["real/a.yaml"]
    assert files(project, "link.yaml", "real/a.yaml", "linked/a.yaml") == ["real/a.yaml"]
    assert files(project, "linked") == ["real/a.yaml"]
    assert files(project, "out.yaml") == ["out.yaml"]  # Named on purpose.
    answer = project.check("dangling.yaml")
    assert (answer.code, answer.json["unchecked"][0]["reason"]) == (
        3,
        "a symbolic link that leads nowhere",
    )


def test_paths_are_relative_to_the_git_root(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(TREE)
    monkeypatch.chdir(project.root / "deploy")
    assert files(project) == ["deploy/c.yaml", "deploy/pod.json"]
    assert files(project, "../a.yaml", "c.yaml") == ["a.yaml", "deploy/c.yaml"]
    text = project.run("check", "--select", LATEST, "-f", "concise", "c.yaml").out
    assert text.startswith("deploy/c.yaml:9:14: warning[image-latest]")


def test_patterns_on_the_command_line_are_relative_to_the_working_directory(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({**TREE, "deploy/deploy/e.yaml": POD})
    monkeypatch.chdir(project.root / "deploy")
    assert files(project, "--exclude", "/deploy/") == ["deploy/c.yaml", "deploy/pod.json"]


def test_without_git_paths_are_relative_to_the_working_directory(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bare").mkdir()
    monkeypatch.chdir(tmp_path / "bare")
    plain = Project(tmp_path / "bare", project.capsys, monkeypatch)
    plain.write(TREE)
    assert files(plain) == ["a.yaml", "b.yml", "deploy/c.yaml", "deploy/pod.json"]
    answer = plain.run("check", "--select", LATEST, "-v")
    assert "detail: `.` is searched without git: it is in no git repository\n" in answer.out


def test_another_repository_inside_is_left_alone_until_named(project: Project) -> None:
    project.write({"a.yaml": POD, "vendor/b.yaml": POD})
    Project(project.root / "vendor", project.capsys, project.monkeypatch).git("init", "-q")
    answer = project.run("check", "--select", LATEST, "-v", "-f", "concise")
    assert "vendor/b.yaml" not in answer.out
    assert "detail: `vendor/` is another git repository\n" in answer.out
    assert files(project, "vendor") == ["vendor/b.yaml"]
    assert files(project, "vendor/b.yaml") == ["vendor/b.yaml"]


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="needs /dev/fd")
def test_the_output_of_another_command_has_a_stable_name(project: Project) -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="utf-8") as pipe:
        pipe.write(POD)
    assert files(project, f"/dev/fd/{read}") == [f"/dev/fd/{read}"]
    os.close(read)


def test_a_folder_that_is_named_like_a_manifest(project: Project) -> None:
    project.write({"a.yaml/b.yaml": POD})
    assert files(project) == ["a.yaml/b.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="needs named pipes")
def test_a_named_pipe_is_not_waited_for(project: Project) -> None:
    project.write({"a.yaml": POD})
    os.mkfifo(project.root / "pipe.yaml")
    assert files(project) == ["a.yaml"]


# One Deployment too small for its budget, each in a file of its own.
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.4.2
"""
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  maxUnavailable: 0
  selector: {matchLabels: {app: web}}
"""
SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 5
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
"""
REPLICAS, REQUEST = "hpa-replicas-conflict", "hpa-missing-request"


def joined(project: Project, *words: str) -> list[tuple[str, str]]:
    """File and policy of the findings of autoscaling."""
    return project.run("check", "--select", "autoscaling", "-f", "json", *words).found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["shop/web.yaml"], [("shop/web.yaml", REPLICAS)]),
        (["shop/hpa.yaml"], [("shop/hpa.yaml", REQUEST)]),
        (["shop"], [("shop/hpa.yaml", REQUEST), ("shop/web.yaml", REPLICAS)]),
        (["other"], []),
        (["other/web.yaml", "shop/pdb.yaml"], []),
        (["other/web.yaml", "--context", "."], []),  # Two Deployments of that name: unknown.
        (["far/web.yaml", "--context", "far"], [("far/web.yaml", REPLICAS)]),
        (["far/web.yaml"], []),
        (["far"], []),
        (["far", "--complete"], [("far/below/hpa.yaml", REQUEST), ("far/web.yaml", REPLICAS)]),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else None,
)
def test_a_folder_is_one_world(
    project: Project, words: list[str], expected: list[tuple[str, str]]
) -> None:
    project.write(
        {
            "shop/web.yaml": WEB,
            "shop/hpa.yaml": SCALER,
            "shop/pdb.yaml": BUDGET,
            "other/web.yaml": WEB,
            "far/web.yaml": WEB,
            "far/below/hpa.yaml": SCALER,
        }
    )
    assert joined(project, *words) == expected


def test_named_files_are_reported_and_their_neighbours_only_looked_at(project: Project) -> None:
    project.write(
        {"web.yaml": WEB, "hpa.yaml": SCALER, "pdb.yaml": BUDGET, "bad.yaml": POD, "x.yaml": BROKEN}
    )
    words = ("check", "-f", "json", "--select", "autoscaling,disruption,image-latest", "web.yaml")
    answer = project.run(*words)
    assert answer.found == [("web.yaml", REPLICAS)]
    assert (answer.code, answer.json["unchecked"]) == (1, [])
    assert answer.json["summary"]["files"] == 1
    related = answer.json["findings"][0]["related"]
    assert [note["file"] for note in related] == ["hpa.yaml"]


def test_a_broken_neighbour_is_a_detail(project: Project) -> None:
    project.write({"web.yaml": WEB, "x.yaml": BROKEN})
    answer = project.run("check", "--select", "image-latest", "-v", "web.yaml")
    assert answer.code == 0
    assert "detail: `x.yaml:4:1` is no help as context: tab used for indentation\n" in answer.out


def test_what_came_to_no_verdict_is_a_detail(project: Project) -> None:
    project.write({"pdb.yaml": BUDGET.replace("maxUnavailable: 0", "minAvailable: 1")})
    answer = project.run("check", "--select", "pdb-blocks-drain", "-v")
    assert answer.out == (
        "detail: `pdb-blocks-drain` came to no verdict: "
        "the number of pods the budget selects is not known\n"
        "no findings in 1 file (1 resource); 1 undecided\n"
    )


@pytest.mark.parametrize("text", ["", "foo: bar\n", "# nothing\n", "FROM alpine:3.20\n"])
def test_standard_input_without_an_object_is_not_taken_for_clean(
    project: Project, text: str
) -> None:
    answer = project.run("check", "-", stdin=text.encode())
    assert answer.code == 3
    assert "cannot check <stdin>: nothing to check: " in answer.out


def test_the_own_configuration_is_not_counted_as_skipped(project: Project) -> None:
    project.write({".kguard.yaml": "profile: default\n", "web.yaml": WEB})
    assert "skipped" not in project.run("check").out


def test_a_context_path_that_does_not_exist_is_reported(project: Project) -> None:
    project.write({"web.yaml": WEB})
    answer = project.check("web.yaml", "--context", "nowhere")
    assert answer.code == 3
    assert answer.json["unchecked"][0]["file"] == "nowhere"
