"""Which policies run, where and how: options, environment, configuration."""

from __future__ import annotations

import pytest
from cli_project import POD, Project

BARE = """\
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: shop}
spec:
  containers:
    - name: bare
      image: registry.example.com/bare:latest
"""
"""No resources, and an image that moves."""

LATEST, CPU, MEMORY, CPU_LIMIT, MEMORY_LIMIT = (
    "image-latest",
    "missing-cpu-request",
    "missing-memory-request",
    "missing-cpu-limit",
    "missing-memory-limit",
)
KNOWN = {LATEST, CPU, MEMORY, CPU_LIMIT, MEMORY_LIMIT}
DEFAULT = KNOWN - {CPU_LIMIT}


def policies(project: Project, *words: str) -> set[str]:
    """The policies among KNOWN that find something in a bare pod."""
    answer = project.run("check", "-f", "json", *words)
    assert answer.code in (0, 1), answer.err
    return {policy for _, policy in answer.found} & KNOWN


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], DEFAULT),
        (["--select", LATEST], {LATEST}),
        (["--select", "images"], {LATEST}),
        (["--select", "argo-image-latest"], {LATEST}),
        (["--select", "resources"], KNOWN - {LATEST}),
        (["--select", "images,resources"], KNOWN),
        (["--select", "images", "--select", CPU], {LATEST, CPU}),
        (["--select", f"images, {CPU}"], {LATEST, CPU}),
        (["--select", "ALL"], KNOWN),
        (["--select", "ALL", "--ignore", "resources"], {LATEST}),
        (["--select", "resources", "--ignore", f"{CPU},{MEMORY}"], {CPU_LIMIT, MEMORY_LIMIT}),
        (["--select", CPU, "--ignore", "resources"], {CPU}),
        (["--ignore", "argo-image-latest"], DEFAULT - {LATEST}),
        (["--ignore", "ALL"], set()),
        (["--extend-select", CPU_LIMIT], KNOWN),
        (["--extend-select", "resources", "--ignore", "images"], KNOWN - {LATEST}),
        (["--profile", "default"], DEFAULT),
        (["--profile", "strict"], KNOWN),
        (["--profile", "all"], KNOWN),
        (["--profile", "strict", "--select", LATEST], {LATEST}),
        (["--profile", "strict", "--min-severity", "warning"], DEFAULT),
        (["--profile", "strict", "--min-severity", "error"], set()),
        (["--profile", "strict", "--min-confidence", "high"], None),
    ],
    ids=lambda value: " ".join(value) or "-" if isinstance(value, list) else "",
)
def test_selection(project: Project, words: list[str], expected: set[str] | None) -> None:
    project.write({"a.yaml": BARE})
    if expected is None:
        answer = project.run("check", "-f", "json", *words)
        assert {item["confidence"] for item in answer.json["findings"]} == {"high"}
        return
    assert policies(project, *words) == expected


@pytest.mark.parametrize(
    ("variables", "words", "expected"),
    [
        ({"KGUARD_SELECT": "images"}, [], {LATEST}),
        ({"KGUARD_SELECT": f"images,{CPU}"}, [], {LATEST, CPU}),
        ({"KGUARD_SELECT": "images"}, ["--select", CPU], {CPU}),
        ({"KGUARD_PROFILE": "strict"}, [], KNOWN),
        ({"KGUARD_PROFILE": "strict"}, ["--profile", "default"], DEFAULT),
        ({"KGUARD_IGNORE": "resources"}, [], {LATEST}),
        ({"KGUARD_MIN_SEVERITY": "error"}, [], set()),
        ({"KGUARD_SELECT": ""}, [], DEFAULT),
        ({"KGUARD_CONFIG": "other.yaml"}, [], {CPU}),
        ({"KGUARD_CONFIG": "other.yaml"}, ["--config", ".kguard.yaml"], {MEMORY}),
        ({"KGUARD_ISOLATED": "1"}, [], DEFAULT),
        ({"KGUARD_PORT": "tcp://10.0.0.7:80"}, ["--isolated"], DEFAULT),
    ],
    ids=lambda value: (
        " ".join(f"{k}={v}" for k, v in value.items())
        if isinstance(value, dict)
        else " ".join(value)
        if isinstance(value, list)
        else ""
    ),
)
def test_environment(
    project: Project, variables: dict[str, str], words: list[str], expected: set[str]
) -> None:
    project.write({"a.yaml": BARE, "other.yaml": f"select: [{CPU}]\n"})
    if "--config" in words:
        project.write({".kguard.yaml": f"select: [{MEMORY}]\n"})
    elif "KGUARD_ISOLATED" in variables:
        project.write({".kguard.yaml": "select: [images]\n"})
    for name, value in variables.items():
        project.monkeypatch.setenv(name, value)
    assert policies(project, *words, "a.yaml") == expected


def test_a_wrong_variable_is_named(project: Project) -> None:
    project.write({"a.yaml": BARE})
    project.monkeypatch.setenv("KGUARD_FAIL_ON", "warn")
    answer = project.run("check")
    assert answer.code == 2
    assert answer.err.startswith("error: KGUARD_FAIL_ON: `fail-on` cannot be `warn`; did you mean")


CONFIGURED = [
    ("select: [images]", {LATEST}),
    ("profile: strict", KNOWN),
    ("profile: strict\ndeselect: [images]", KNOWN - {LATEST}),
    ("extend-select: [missing-cpu-limit]", KNOWN),
    (f"policies: {{{LATEST}: {{enabled: false}}}}", DEFAULT - {LATEST}),
    (f"policies: {{{CPU_LIMIT}: {{enabled: true}}}}", KNOWN),
    ("min-severity: error", set()),
    ("policies: {image-latest: {severity: error}}\nmin-severity: error", {LATEST}),
    ("policies: {argo-image-latest: {severity: error}}\nmin-severity: error", {LATEST}),
    ("overrides: [{paths: [a.yaml], deselect: [resources]}]", {LATEST}),
    ("overrides: [{paths: [b.yaml], deselect: [resources]}]", DEFAULT),
    ("overrides: [{kinds: [Pod], select: [images]}]", {LATEST}),
    ("overrides: [{kinds: [Job], select: [images]}]", DEFAULT),
    ("overrides: [{namespaces: [sh*], deselect: [images]}]", DEFAULT - {LATEST}),
    ("overrides: [{namespaces: [prod], deselect: [images]}]", DEFAULT),
    ("overrides: [{kinds: [Pod], namespaces: [prod], deselect: [images]}]", DEFAULT),
    ("exclude: [b.yaml]", DEFAULT),
    ("ignore: [{policies: [resources], reason: a test}]", {LATEST}),
    ("ignore: [{policies: [resources], names: [ba*], kinds: [Pod], reason: x}]", {LATEST}),
    ("ignore: [{policies: [resources], paths: [b/], reason: x}]", DEFAULT),
]


@pytest.mark.parametrize(
    ("text", "expected"), CONFIGURED, ids=[text.replace("\n", "; ") for text, _ in CONFIGURED]
)
def test_configuration(project: Project, text: str, expected: set[str]) -> None:
    project.write({"a.yaml": BARE, ".kguard.yaml": text})
    assert policies(project) == expected
    assert policies(project, "--isolated") == DEFAULT


def test_options_win_over_environment_over_file(project: Project) -> None:
    project.write({"a.yaml": BARE, ".kguard.yaml": "select: [images]"})
    project.monkeypatch.setenv("KGUARD_SELECT", CPU)
    assert policies(project) == {CPU}
    assert policies(project, "--select", MEMORY) == {MEMORY}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--config", "select=[images]"], {LATEST}),
        (["--config", "select=images,missing-cpu-request"], {LATEST, CPU}),
        (["--config", "profile=strict"], KNOWN),
        (["--config", f"policies.{LATEST}.enabled=false"], DEFAULT - {LATEST}),
        (["--config", "profile=strict", "--config", "deselect=images"], KNOWN - {LATEST}),
        (["--isolated", "--config", "select=images"], {LATEST}),
        (["--config", "sub/own.yaml"], {MEMORY}),
        (["--config", "sub/own.yaml", "--config", "select=images"], {LATEST}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_config_option(project: Project, words: list[str], expected: set[str]) -> None:
    project.write({"a.yaml": BARE, "sub/own.yaml": f"select: [{MEMORY}]"})
    assert policies(project, *words, "a.yaml") == expected


def test_the_nearest_configuration_counts(project: Project) -> None:
    project.write(
        {
            "a.yaml": BARE,
            "sub/b.yaml": BARE,
            "sub/deep/c.yaml": BARE,
            ".kguard.yaml": "select: [images]",
            "sub/.kguard.yaml": f"select: [{CPU}]",
        }
    )
    seen = {}
    for folder in ("", "sub", "sub/deep"):
        project.monkeypatch.chdir(project.root / folder)
        seen[folder] = policies(project)
    assert seen == {"": {LATEST}, "sub": {CPU}, "sub/deep": {CPU}}


def test_no_configuration_above_the_repository_counts(project: Project) -> None:
    (project.root.parent / ".kguard.yaml").write_text("select: [images]", encoding="utf-8")
    project.write({"a.yaml": BARE})
    assert policies(project) == DEFAULT


def test_paths_in_a_configuration_are_relative_to_it(project: Project) -> None:
    text = "overrides: [{paths: [/x/], select: [image-latest]}]\nexclude: [/x/no.yaml]"
    project.write(
        {"sub/x/a.yaml": BARE, "sub/x/no.yaml": BARE, "sub/a.yaml": BARE, "sub/.kguard.yaml": text}
    )
    project.monkeypatch.chdir(project.root / "sub" / "x")
    answer = project.run("check", "-f", "json", "..")
    found = {file: set[str]() for file, _ in answer.found}
    for file, policy in answer.found:
        found[file].add(policy)
    assert found.keys() == {"sub/x/a.yaml", "sub/a.yaml"}
    assert found["sub/x/a.yaml"] == {LATEST}
    assert found["sub/a.yaml"] >= DEFAULT


def test_pyproject(project: Project) -> None:
    project.write({"a.yaml": BARE, "pyproject.toml": '[tool.kguard]\nselect = ["images"]\n'})
    assert policies(project) == {LATEST}
    project.write({"pyproject.toml": '[tool.kguard]\nselect = ["images"]\nprofil = "strict"\n'})
    answer = project.run("check")
    assert answer.code == 2
    assert answer.err.startswith(
        "error: unknown key `profil`; did you mean `profile`?\n --> pyproject.toml:3:1\n"
    )


def test_a_pyproject_of_somebody_else_does_not_matter(project: Project) -> None:
    project.write({"a.yaml": BARE, "pyproject.toml": "[tool.ruff]\nline-length = [\n"})
    assert policies(project) == DEFAULT


def test_overrides_by_path_change_parameters_and_severity(project: Project) -> None:
    limits = "resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 3Gi}}"
    pod = BARE.replace(":latest", f":1\n      {limits}")
    project.write(
        {
            "dev/a.yaml": pod,
            "prod/a.yaml": pod,
            ".kguard.yaml": "select: [limit-request-ratio]\n"
            "policies: {limit-request-ratio: {params: {memory: 2}}}\n"
            "overrides:\n"
            "  - {paths: [dev/], policies: {limit-request-ratio: {params: {memory: 4}}}}\n"
            "  - {paths: [prod/], policies: {limit-request-ratio: {severity: error}}}\n",
        }
    )
    answer = project.run("check", "-f", "json")
    found = [(item["file"], item["severity"]) for item in answer.json["findings"]]
    assert found == [("prod/a.yaml", "error")]


def test_severity_of_the_configuration_decides_the_exit_code(project: Project) -> None:
    project.write({"a.yaml": POD})
    assert project.run("check", "--select", "images").code == 1
    lowered = "policies.image-latest.severity=note"
    assert project.run("check", "--select", "images", "--config", lowered).code == 0
    assert project.run("check", "--select", "images", "--config", "fail-on=error").code == 0


def test_show_agrees_with_the_run(project: Project) -> None:
    project.write({"a.yaml": BARE, ".kguard.yaml": "profile: strict\ndeselect: [images]"})
    shown = project.run("config", "show", "-v", "a.yaml", "--ignore", CPU)
    assert shown.code == 0
    off = {line.split()[1] for line in shown.out.splitlines() if line.startswith("  off ")}
    assert off & KNOWN == {LATEST, CPU}
    assert policies(project, "--ignore", CPU) == KNOWN - off
