"""Which policies run, and with which parameters."""

from __future__ import annotations

import pytest
from config_project import Project

from kguard.model import Origin, Resource, Severity

CPU, RATIO, IMAGE, QUOTA = "missing-cpu", "limit-ratio", "image-latest", "quota-forecast"
ALL = {CPU, RATIO, IMAGE, QUOTA}

FILES = [
    pytest.param("", {CPU, IMAGE}, id="the default profile"),
    pytest.param("profile: strict", {CPU, IMAGE, RATIO}, id="strict"),
    pytest.param("profile: scale", {CPU, IMAGE, QUOTA}, id="scale"),
    pytest.param("profile: all", ALL, id="all"),
    pytest.param("select: [resources]", {CPU, RATIO}, id="select replaces the profile"),
    pytest.param("profile: all\nselect: [limit-ratio]", {RATIO}, id="select beats profile"),
    pytest.param("select: []", set(), id="nothing selected"),
    pytest.param("extend-select: [limit-ratio]", {CPU, IMAGE, RATIO}, id="extend adds"),
    pytest.param("deselect: [images]", {CPU}, id="deselect takes away"),
    pytest.param("deselect: [argo-image-latest]", {CPU}, id="by alias"),
    pytest.param("select: [ALL]\ndeselect: [images]", {CPU, RATIO}, id="all but a family"),
    pytest.param(
        "select: [missing-cpu]\ndeselect: [resources]", {CPU}, id="an id outweighs a family"
    ),
    pytest.param("select: [resources]\ndeselect: [missing-cpu]", {RATIO}, id="a family less an id"),
    pytest.param(
        "deselect: [ALL]\nextend-select: [images]", {IMAGE, QUOTA}, id="a family outweighs ALL"
    ),
    pytest.param("select: [images]\ndeselect: [images]", set(), id="taking away wins a tie"),
    pytest.param(
        "policies: {limit-ratio: {enabled: true}, missing-cpu: {enabled: false}}",
        {RATIO, IMAGE},
        id="enabled",
    ),
    pytest.param(
        "select: [missing-cpu]\npolicies: {limit-ratio: {severity: note}}",
        {CPU},
        id="settings select nothing",
    ),
]


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_a_file_selects(project: Project, text: str, expected: set[str]) -> None:
    assert project.active(project.load(text)) == expected


LAYERS = [
    # file, environment, options, policies that run
    pytest.param("profile: all", {}, {"profile": "default"}, {CPU, IMAGE}, id="profile"),
    pytest.param(
        "deselect: [images]", {}, {"profile": "all"}, {CPU, RATIO}, id="a profile keeps deselect"
    ),
    pytest.param(
        "select: [images]", {}, {"profile": "strict"}, {CPU, IMAGE, RATIO}, id="not select"
    ),
    pytest.param(
        "deselect: [missing-cpu]", {}, {"select": ["resources"]}, {CPU, RATIO}, id="select forgets"
    ),
    pytest.param("select: [resources]", {}, {"ignore": ["missing-cpu"]}, {RATIO}, id="ignore"),
    pytest.param(
        "policies: {missing-cpu: {enabled: false}}",
        {},
        {"extend-select": ["resources"]},
        {CPU, RATIO, IMAGE},
        id="the command line is stronger than an id",
    ),
    pytest.param("", {"KGUARD_SELECT": "images"}, {}, {IMAGE, QUOTA}, id="environment"),
    pytest.param(
        "", {"KGUARD_SELECT": "images"}, {"select": ["missing-cpu"]}, {CPU}, id="options last"
    ),
    pytest.param(
        "profile: strict",
        {"KGUARD_IGNORE": "missing-cpu, images"},
        {},
        {RATIO},
        id="list in a variable",
    ),
    pytest.param("", {}, {"select": ["images,limit-ratio"]}, {IMAGE, QUOTA, RATIO}, id="commas"),
]


@pytest.mark.parametrize(("text", "environment", "options", "expected"), LAYERS)
def test_the_stronger_source_wins(
    project: Project,
    text: str,
    environment: dict[str, str],
    options: dict[str, str | list[str]],
    expected: set[str],
) -> None:
    settings = project.load(text, environment=environment, options=options)
    assert project.active(settings) == expected


OVERRIDES = """
overrides:
  - {paths: [tests/], deselect: [resources]}
  - {kinds: [Job], namespaces: ["batch-*"], extend-select: [limit-ratio]}
  - {paths: [prod/**], profile: all, policies: {image-latest: {enabled: false}}}
  - {paths: [prod/legacy/], select: [image-latest]}
"""


@pytest.mark.parametrize(
    ("path", "facts", "expected"),
    [
        ("a.yaml", {}, {CPU, IMAGE}),
        ("tests/x/a.yaml", {}, {IMAGE}),
        ("a.yaml", {"kind": "Job", "namespace": "batch-1"}, {CPU, IMAGE, RATIO}),
        ("a.yaml", {"kind": "Job", "namespace": "shop"}, {CPU, IMAGE}),
        ("a.yaml", {"kind": "Job"}, {CPU, IMAGE}),
        ("a.yaml", {"kind": "Deployment", "namespace": "batch-1"}, {CPU, IMAGE}),
        ("tests/a.yaml", {"kind": "Job", "namespace": "batch-1"}, {IMAGE, RATIO}),
        ("prod/a.yaml", {}, {CPU, RATIO, QUOTA}),
        ("prod/legacy/a.yaml", {}, {IMAGE}),
    ],
)
def test_overrides_hold_for_some_objects(
    project: Project, path: str, facts: dict[str, str], expected: set[str]
) -> None:
    assert project.active(project.load(OVERRIDES), path, **facts) == expected


@pytest.mark.parametrize(
    ("options", "path", "expected"),
    [
        pytest.param({"select": ["resources"]}, "tests/a.yaml", set(), id="exceptions stay"),
        pytest.param({"select": ["images"]}, "prod/a.yaml", {QUOTA}, id="additions do not"),
        pytest.param({"extend-select": ["missing-cpu"]}, "tests/a.yaml", {CPU, IMAGE}, id="added"),
        pytest.param(
            {"select": ["images"], "extend-select": ["missing-cpu"]},
            "tests/a.yaml",
            {CPU, IMAGE, QUOTA},
            id="selected and added",
        ),
        pytest.param({"profile": "all"}, "tests/a.yaml", {IMAGE, QUOTA}, id="profile"),
    ],
)
def test_the_command_line_comes_after_overrides(
    project: Project, options: dict[str, str | list[str]], path: str, expected: set[str]
) -> None:
    assert project.active(project.load(OVERRIDES, options=options), path) == expected


def test_parameters_and_severity_come_from_the_narrowest_scope(project: Project) -> None:
    settings = project.load(
        """
        select: [limit-ratio]
        policies: {limit-ratio: {severity: error, params: {factor: 3}}}
        overrides:
          - {paths: [x/], policies: {limit-ratio: {params: {unit: memory}}}}
          - {paths: [x/y/], policies: {limit-ratio: {severity: note, params: {factor: 4}}}}
        """
    )
    rules = settings.rules(project.registry)
    found = []
    for path in ("a.yaml", "x/a.yaml", "x/y/a.yaml"):
        rule = rules(Resource({}, Origin(path)))["limit-ratio"]
        found.append((dict(rule.params), rule.severity))
    assert found == [
        ({"factor": 3, "unit": "cpu"}, Severity.ERROR),
        ({"factor": 3, "unit": "memory"}, Severity.ERROR),
        ({"factor": 4, "unit": "memory"}, Severity.NOTE),
    ]


def test_globs_are_relative_to_the_folder_of_the_file(project: Project) -> None:
    text = """
    exclude: [gen/x, "*.tmp"]
    overrides: [{paths: [tests/], deselect: [ALL]}]
    ignore: [{policies: [ALL], paths: [/a.yaml]}]
    """
    settings = project.load(text, file="svc/.kguard.yaml", cwd="svc")
    assert settings.exclude == ("/svc/gen/x", "/svc/**/*.tmp")
    assert settings.ignore[0].paths == ("/svc/a.yaml",)
    assert project.active(settings, "svc/tests/a.yaml") == set()
    assert project.active(settings, "tests/a.yaml") == {CPU, IMAGE}
