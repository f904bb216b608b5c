"""From files to resources: what is judged, what is skipped, what could not be read."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from inputs_project import DEPLOYMENT, Write

from kguard.inputs.files import discover
from kguard.inputs.load import Loaded, load
from kguard.model import Span
from kguard.source import Limits

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
BROKEN = "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: web\n"
WORKFLOW = "on: push\njobs: {}\n"


def check(*paths: str, complete: bool = False, context: Sequence[str] = ()) -> Loaded:
    return load(discover(paths or ["."], context=context), complete=complete)


def named(loaded: Loaded) -> list[str]:
    return [f"{r.origin.path}: {r.label}" for r in loaded.resources if not r.context]


def skipped(loaded: Loaded) -> list[tuple[str, str]]:
    return [(item.path, item.reason) for item in loaded.skipped]


def unchecked(loaded: Loaded) -> list[tuple[str, int, int]]:
    return [(item.path, item.line, item.column) for item in loaded.unchecked]


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("kind: Deployment\nmetadata: {name: web}\n", "apiVersion"),
        ("apiversion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n", "apiVersion"),
        ("apiVersion: apps/v1\nmetadata: {name: web}\n", "kind"),
        ("kind: Deployment\n", ""),
        ("kind: Thing\nmetadata: {name: web}\n", ""),
        ("apiVersion: example.com/v1\nmetadata: {name: web}\n", ""),
        ("metadata: {name: web}\n", ""),
    ],
)
def test_half_an_object_is_not_taken_for_a_file_of_another_tool(
    project: Path, write: Write, text: str, lacking: str
) -> None:
    write({"a.yaml": f"{SERVICE}---\n{text}"})
    loaded = check()
    line = SERVICE.count("\n") + 2

    assert named(loaded) == ["a.yaml: Service/web"]
    assert unchecked(loaded) == ([("a.yaml", line, 1)] if lacking else [])
    assert [lacking in each.reason for each in loaded.unchecked] == ([True] if lacking else [])


def test_every_object_becomes_a_resource_once(project: Path, write: Write) -> None:
    write({"a.yaml": f"{DEPLOYMENT}---\n{SERVICE}", "x/b.yaml": SERVICE})
    loaded = check(".", "a.yaml", "x")
    assert named(loaded) == [
        "a.yaml: Deployment/web",
        "a.yaml: Service/web",
        "x/b.yaml: Service/web",
    ]
    assert (loaded.files, loaded.documents) == (2, 3)
    assert (skipped(loaded), unchecked(loaded)) == ([], [])


class TestUnits:
    FILES: ClassVar = {
        "x/a.yaml": SERVICE,
        "x/b.yaml": SERVICE,
        "y/c.yaml": SERVICE,
        "d.yaml": SERVICE,
    }

    def units(self, loaded: Loaded) -> dict[str, str]:
        return {r.origin.path: r.unit for r in loaded.resources}

    def test_a_folder_is_a_unit_and_never_complete(self, project: Path, write: Write) -> None:
        write(self.FILES)
        loaded = check()
        expected = {"x/a.yaml": "x", "x/b.yaml": "x", "y/c.yaml": "y", "d.yaml": ""}
        assert self.units(loaded) == expected
        assert loaded.complete == set()

    def test_complete_makes_one_unit_of_all(self, project: Path, write: Write) -> None:
        write(self.FILES)
        loaded = check("x", "y", complete=True)
        assert set(self.units(loaded).values()) == loaded.complete
        assert len(loaded.complete) == 1

    def test_a_given_context_makes_one_unit_that_is_not_complete(
        self, project: Path, write: Write
    ) -> None:
        write(self.FILES)
        loaded = check("x/a.yaml", context=["y"])
        assert set(self.units(loaded)) == {"x/a.yaml", "y/c.yaml"}
        assert len(set(self.units(loaded).values())) == 1
        assert loaded.complete == set()

    def test_context_is_looked_at_and_never_reported_on(self, project: Path, write: Write) -> None:
        write(self.FILES | {"x/broken.yaml": BROKEN, "x/foreign.yaml": WORKFLOW})
        loaded = check("x/a.yaml")
        assert [(r.origin.path, r.context) for r in loaded.resources] == [
            ("x/a.yaml", False),
            ("x/b.yaml", True),
        ]
        assert (skipped(loaded), unchecked(loaded), loaded.files) == ([], [], 1)
        assert loaded.notes[0].startswith("`x/broken.yaml:4:1` is no help as context: ")


class TestWhatCannotBeRead:
    def test_a_broken_document_costs_only_itself(self, project: Path, write: Write) -> None:
        write({"a.yaml": f"{SERVICE}---\n{BROKEN}---\n{DEPLOYMENT}"})
        loaded = check()
        assert named(loaded) == ["a.yaml: Service/web", "a.yaml: Deployment/web"]
        assert unchecked(loaded) == [("a.yaml", 8, 1)]
        assert loaded.line("a.yaml", 8) == "\tname: web"

    def test_places_after_a_broken_document_are_right(self, project: Path, write: Write) -> None:
        write({"a.yaml": f"{BROKEN}---\n{DEPLOYMENT}"})
        loaded = check()
        route = ("spec", "template", "spec", "containers", 0, "image")
        path, place = loaded.locate(loaded.resources[0], route)
        assert (path, place.span) == ("a.yaml", Span(15, 16, 15, 21))

    def test_a_broken_file_has_its_text_for_the_frame(self, project: Path, write: Write) -> None:
        write({"a.yaml": BROKEN})
        loaded = check()
        assert (loaded.line("a.yaml", 4), loaded.files) == ("\tname: web", 0)

    def test_too_large(self, project: Path, write: Write) -> None:
        write({"a.yaml": DEPLOYMENT, "Dockerfile": "FROM x\n" * 30})
        loaded = load(discover(["."]), limits=Limits(max_bytes=100))
        assert [(u.path, u.reason) for u in loaded.unchecked] == [
            ("Dockerfile", "larger than 100 bytes"),
            ("a.yaml", "larger than 100 bytes"),
        ]

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (FileNotFoundError(2, "No such file or directory"), "vanished before it was read"),
            (PermissionError(13, "Permission denied"), "permission denied"),
            (IsADirectoryError(21, "Is a directory"), "is a directory"),
            (OSError(5, "Input/output error"), "input/output error"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_a_file_the_system_does_not_give(
        self,
        project: Path,
        write: Write,
        monkeypatch: pytest.MonkeyPatch,
        error: OSError,
        reason: str,
    ) -> None:
        write({"a.yaml": SERVICE, "b.yaml": SERVICE})
        found = discover(["."])

        def refuse(path: str, mode: str) -> io.BytesIO:
            if path.endswith("a.yaml"):
                raise error
            return io.BytesIO(SERVICE.encode())

        monkeypatch.setattr("builtins.open", refuse)
        loaded = load(found)
        monkeypatch.undo()
        assert [(u.path, u.line, u.reason) for u in loaded.unchecked] == [("a.yaml", 0, reason)]
        assert named(loaded) == ["b.yaml: Service/web"]

    def test_bytes_that_are_no_text(self, project: Path) -> None:
        (project / "a.yaml").write_bytes(b"a: \xff\n")
        (project / "Dockerfile").write_bytes(b"FROM x\0\n")
        assert unchecked(check()) == [("Dockerfile", 1, 1), ("a.yaml", 1, 4)]


class TestForeign:
    @pytest.mark.parametrize(
        ("name", "text", "reason"),
        [
            ("ci.yaml", WORKFLOW, "GitHub workflow"),
            ("values.yaml", "replicas: 1\n", "Helm values"),
            ("empty.yaml", "", "no document in it"),
            ("comment.yaml", "# nothing\n", "no document in it"),
            ("list.yaml", "- a\n- b\n", "YAML without an object"),
            ("Dockerfile", "\n", "no instruction in it"),
            ("Dockerfile", "# nothing\n", "no instruction in it"),
            ("kustomization.yaml", "resources: []\n", "kustomization"),
            (
                "kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
                "kustomization",
            ),
        ],
        ids=lambda value: value.splitlines()[0] if value.strip() else "blank",
    )
    def test_it_is_skipped_with_a_reason(
        self, project: Path, write: Write, name: str, text: str, reason: str
    ) -> None:
        write({name: text})
        loaded = check(name)
        assert skipped(loaded) == [(name, reason)]
        assert (named(loaded), unchecked(loaded), loaded.sources) == ([], [], {})

    def test_a_document_among_objects_is_counted(self, project: Path, write: Write) -> None:
        write({"a.yaml": f"{SERVICE}---\n- a\n---\n- b\n"})
        loaded = check()
        assert named(loaded) == ["a.yaml: Service/web"]
        assert skipped(loaded) == [("a.yaml", "YAML without an object (2 of 3 documents)")]

    def test_items_of_a_list_of_one_kind_have_that_kind(self, project: Path, write: Write) -> None:
        items = "items:\n- metadata: {name: a}\n- {apiVersion: v1, kind: Pod}\n"
        write({"a.yaml": "apiVersion: apps/v1\nkind: DeploymentList\n" + items})
        found = check()
        kinds = [(each.api_version, each.kind) for each in found.resources]
        assert kinds == [("apps/v1", "Deployment"), ("v1", "Pod")]
        assert found.locate(found.resources[0], ("metadata", "name"))[1].span.line == 4
        assert found.skipped == []

    def test_items_without_a_kind_are_named(self, project: Path, write: Write) -> None:
        inner = "- {apiVersion: v1, kind: List, items: [7, {apiVersion: v1, kind: Pod}]}\n"
        items = f"items:\n- metadata: {{name: a}}\n- null\n{inner}"
        write({"a.yaml": "apiVersion: v1\nkind: List\n" + items})
        found = check()
        assert [each.kind for each in found.resources] == ["Pod"]
        assert skipped(found) == [("a.yaml", "3 items of a List without a kind")]

    def test_an_empty_list_is_not_foreign(self, project: Path, write: Write) -> None:
        write({"a.yaml": "apiVersion: v1\nkind: List\nitems: []\n"})
        loaded = check()
        assert (named(loaded), skipped(loaded)) == ([], [])


class TestTemplates:
    CHART: ClassVar = {
        "chart/Chart.yaml": "name: x\nversion: 1\n",
        "chart/values.yaml": "a: 1\n",
        "chart/values-prod.yaml": "a: {{ broken\n",
        "chart/crds/crd.yaml": "kind: CustomResourceDefinition\napiVersion: x/v1\n",
        "chart/templates/a.yaml": "name: {{ .Values.a }}\n",
        "chart/templates/b/c.yaml": "{{- if .Values.a }}\na: 1\n{{- end }}\n",
        "chart/templates/plain.yaml": SERVICE,
        "chart/examples/e.yaml": SERVICE,
    }

    def test_a_chart_is_one_notice(self, project: Path, write: Write) -> None:
        write(self.CHART)
        loaded = check()
        assert named(loaded) == [
            "chart/examples/e.yaml: Service/web",
            "chart/templates/plain.yaml: Service/web",
        ]
        assert skipped(loaded) == [
            ("chart", "unrendered Helm template (`--helm` renders it)"),
            ("chart/Chart.yaml", "Helm chart metadata"),
            ("chart/crds/crd.yaml", "custom resource definitions of a Helm chart"),
            ("chart/values-prod.yaml", "Helm values"),
            ("chart/values.yaml", "Helm values"),
        ]
        assert unchecked(loaded) == []

    def test_each_chart_has_its_own(self, project: Path, write: Write) -> None:
        write({"a/Chart.yaml": "", "a/templates/x.yaml": "{{ .x }}", "b/Chart.yaml": ""})
        write({"a/charts/sub/Chart.yaml": "", "a/charts/sub/templates/x.yaml": "{{ .x }}"})
        write({"b/templates/x.yaml": "{{ .x }}", "b/templates/y.yaml": "{{ .x }}"})
        assert [path for path, reason in skipped(check()) if "unrendered" in reason] == [
            "a",
            "a/charts/sub",
            "b",
        ]

    def test_a_chart_at_the_root_is_called_dot(self, project: Path, write: Write) -> None:
        write({"Chart.yaml": "", "templates/x.yaml": "{{ .x }}"})
        told = "unrendered Helm template (`--helm` renders it)"
        assert skipped(check("templates/x.yaml")) == [(".", told)]

    def test_braces_that_are_yaml_are_checked(self, project: Path, write: Write) -> None:
        text = (
            'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {arg: "{{workflow.name}}"}\n'
        )
        write({"templates/a.yaml": text})
        loaded = check()
        assert [r.kind for r in loaded.resources] == ["Workflow"]

    @pytest.mark.parametrize(
        "text",
        [
            "{{- if .Values.x }}\nkind: Pod\n{{- end }}\n",
            "kind: Pod\nname: {{ .Release.Name }}\n",
            "kind: Pod\nspec:\n  {{ toYaml x }}\n",
            "{% if x %}\nkind: Pod\n{% endif %}\n",
            "apiVersion: v1\nkind: Service\nname: {{name}}\n",
        ],
        ids=["if", "field", "function", "jinja", "placeholder"],
    )
    def test_a_template_outside_of_charts_is_skipped(
        self, project: Path, write: Write, text: str
    ) -> None:
        write({"a.yaml": text})
        loaded = check()
        assert skipped(loaded) == [("a.yaml", "template that is not YAML")]
        assert unchecked(loaded) == []

    @pytest.mark.parametrize(
        "text",
        [
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nargs: [{{inputs.parameters.x}}]\n",
            f'{BROKEN}spec: {{a: "{{{{ .x }}}}"}}\n',
            "kind: Pod\ntext: '{{ .x }}'\n\tname: web\n",
            "{{ .x }}: 1\n" + "a: 1\n" * 20 + "\tb: 1\n",
        ],
        ids=["argo-variable", "quoted", "quoted-before", "far-away"],
    )
    def test_a_mistake_is_not_taken_for_a_template(
        self, project: Path, write: Write, text: str
    ) -> None:
        write({"a.yaml": text.replace("{{ .x }}: 1", '"{{ .x }}": 1')})
        loaded = check()
        assert len(loaded.unchecked) == 1
        assert skipped(loaded) == []


class TestKinds:
    def test_drone_pipelines(self, project: Path, write: Write) -> None:
        text = "kind: pipeline\ntype: kubernetes\nname: a\n---\nkind: pipeline\nname: b\n"
        write({".drone.yml": text})
        loaded = check()
        assert [(r.group, r.kind, r.name) for r in loaded.resources] == [
            ("drone.io", "pipeline", "a"),
            ("drone.io", "pipeline", "b"),
        ]

    def test_items_of_a_json_list_have_places(self, project: Path, write: Write) -> None:
        text = (
            '{"apiVersion": "v1", "kind": "List", "items": [\n'
            '  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}},\n'
            '  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}}\n]}\n'
        )
        write({"pods.json": text})
        loaded = check()
        second = loaded.resources[1]
        path, place = loaded.locate(second, ("metadata", "name"))
        span = place.span
        assert (path, span.line) == ("pods.json", 3)
        assert loaded.line("pods.json", span.line)[span.column - 1 : span.end_column - 1] == '"b"'
        assert loaded.extent(second, ()) == (3, 3)

    def test_duplicate_keys_are_known(self, project: Path, write: Write) -> None:
        write({"a.yaml": SERVICE + "spec:\n  type: A\n  type: B\n"})
        (resource,) = check().resources
        assert [(d.route, d.lost_line) for d in resource.duplicates] == [(("spec", "type"), 5)]


class TestDockerfiles:
    TEXT = "# kguard: ignore[x] y\nFROM python:3.12 AS base\nCMD python \\\n  app.py\n"

    def test_it_is_a_resource_with_places(self, project: Path, write: Write) -> None:
        write({"x/Dockerfile": self.TEXT.replace("\n", "\r\n")})
        loaded = check()
        (resource,) = loaded.resources
        assert (resource.kind, resource.group, resource.name) == ("Dockerfile", "", "x/Dockerfile")
        assert resource.unit == "x"
        route = ("stages", 0, "instructions", 0, "value")
        path, place = loaded.locate(resource, route)
        line = loaded.line(path, place.span.line)
        assert line[place.span.column - 1 :].startswith("python")
        assert loaded.extent(resource, route) == (3, 4)

    def test_its_comments_and_their_targets_are_those_of_any_source(
        self, project: Path, write: Write
    ) -> None:
        write({"Dockerfile": self.TEXT})
        source = check().sources["Dockerfile"]
        (comment,) = source.comments
        assert (comment.line, comment.text, comment.own_line) == (1, "kguard: ignore[x] y", True)
        assert source.documents[0].line == 1
        assert source.documents[0].following(comment.line) == (2, 2)

    def test_what_cannot_be_read_is_reported(self, project: Path, write: Write) -> None:
        write({"Dockerfile": "FROM x\nRNU y\n"})
        loaded = check()
        assert unchecked(loaded) == [("Dockerfile", 2, 1)]
        assert loaded.line("Dockerfile", 2) == "RNU y"
        assert named(loaded) == []

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("# syntax=example.org/other:1\nINCLUDE x\n", "Dockerfile of another syntax"),
            ("FROM x\n{{ if .x }}\nRUN y\n{{ end }}\n", "template that is not a Dockerfile"),
        ],
        ids=["syntax", "template"],
    )
    def test_other_languages_are_skipped(
        self, project: Path, write: Write, text: str, reason: str
    ) -> None:
        write({"Dockerfile": text})
        loaded = check()
        assert (skipped(loaded), unchecked(loaded)) == ([("Dockerfile", reason)], [])

    def test_docker_s_own_syntax_is_judged(self, project: Path, write: Write) -> None:
        write({"Dockerfile": "# syntax=docker/dockerfile:1.7\nFROM x\nRNU y\n"})
        assert unchecked(check()) == [("Dockerfile", 3, 1)]


class TestStandardInput:
    def test_it_is_read_as_bytes(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        text = io.TextIOWrapper(io.BytesIO(DEPLOYMENT.replace("\n", "\r\n").encode()))
        monkeypatch.setattr(sys, "stdin", text)
        loaded = check("-")
        assert named(loaded) == ["<stdin>: Deployment/web"]
        assert loaded.sources["<stdin>"].crlf

    def test_it_stands_for_the_file_it_is_named_after(self, project: Path, write: Write) -> None:
        write({"x/a.yaml": BROKEN, "x/b.yaml": SERVICE})
        found = discover(["-"], stdin_name="x/a.yaml")
        loaded = load(found, stdin=lambda most: DEPLOYMENT.encode()[:most])
        assert [(r.label, r.unit, r.context) for r in loaded.resources] == [
            ("Deployment/web", "x", False),
            ("Service/web", "x", True),
        ]


WOODPECKER = "steps: [{name: a, image: alpine}]\n"


def test_workflows_of_woodpecker_count_where_the_user_says_so(project: Path, write: Write) -> None:
    write(
        {".woodpecker/a.yaml": WOODPECKER, ".woodpecker.yml": WOODPECKER, ".other/a.yml": SERVICE}
    )
    found = discover(["."])
    reason = "Woodpecker workflow (`woodpecker.backend` says where it runs)"

    assert named(load(found, woodpecker=True)) == [
        ".woodpecker.yml: workflow/.woodpecker",
        ".woodpecker/a.yaml: workflow/a",
    ]
    assert named(load(found)) == []
    assert skipped(load(found)) == [(".woodpecker.yml", reason), (".woodpecker/a.yaml", reason)]


def test_a_pipeline_that_drone_does_not_read_says_so(project: Path, write: Write) -> None:
    pipeline = "kind: pipeline\ntype: kubernetes\n"
    write({".drone.yml": f"{pipeline}...\n---\n{pipeline}---\n{pipeline}"})

    assert [resource.cut for resource in check().resources] == [0, 3, 0]
