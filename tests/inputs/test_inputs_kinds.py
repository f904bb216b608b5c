"""Templates, Dockerfiles, standard input and files of other formats."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import ClassVar

import pytest
from inputs_loaded import BROKEN, SERVICE, check, named, skipped, unchecked
from inputs_project import DEPLOYMENT, Write

from kguard.inputs.files import discover
from kguard.inputs.load import load


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
