"""Charts are rendered, and findings shown at the lines of their templates."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from cli_project import POD, Answer, Project
from helm_checked import LATEST, SIGNS, check, places, with_template
from rendered_tools import CHART

pytestmark = pytest.mark.usefixtures("helm")


def reasons(answer: Answer) -> list[tuple[str, int, str]]:
    """What was not checked."""
    return [(i["file"], i["line"], i["reason"]) for i in answer.json["unchecked"]]


def test_a_finding_is_shown_at_the_line_of_the_template(project: Project) -> None:
    project.write(CHART)
    answer = check(project)
    assert (answer.code, places(answer)) == (1, [LATEST])
    (item,) = answer.json["findings"]
    assert item["column"] == 18
    assert item["resource"]["name"] == "web"
    assert item["rendered"]["command"] == "helm template web"
    assert not any("unrendered" in each["reason"] for each in answer.json["skipped"])


def test_a_key_that_is_wrong_is_marked_and_not_its_value(project: Project) -> None:
    deploy = CHART["web/templates/deploy.yaml"]
    wrong = deploy.replace("  replicas:", "  replicaz: {{ .Values.replicas }}\n  replicas:")
    project.write({**CHART, "web/templates/deploy.yaml": wrong})
    answer = check(project, select="schema-unknown-field")
    assert places(answer) == [("web/templates/deploy.yaml", 9, "schema-unknown-field", True)]
    (item,) = answer.json["findings"]
    assert (item["column"], item["endColumn"]) == (3, 11)


def test_templates_are_counted_whatever_they_render_to(project: Project) -> None:
    project.write(with_template("{{- if .Values.extra }}\na: b\n{{- end }}\n"))
    library = {"lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n"}
    project.write({**library, "lib/templates/_a.yaml": "{{ define `a` }}{{ end }}\n"})
    summary = check(project).json["summary"]
    assert (summary["files"], summary["resources"]) == (2, 1)


def test_nothing_is_rendered_unless_asked_for(project: Project) -> None:
    project.write(CHART)
    answer = project.run("check", "--select", SIGNS, "-f", "json")
    assert (answer.code, answer.json["findings"]) == (3, [])
    told = {"file": "web", "reason": "unrendered Helm template (`--helm` renders it)"}
    assert told in answer.json["skipped"]


@pytest.mark.parametrize(
    ("values", "sets", "expected"),
    [
        pytest.param("tag: '1'\n", [], [], id="values"),
        pytest.param("extra: true\ntag: '1'\n", [], [25], id="branch"),
        pytest.param("extra: true\n", ["tag=2"], [25], id="set"),
    ],
)
def test_values(project: Project, values: str, sets: list[str], expected: list[int]) -> None:
    project.write({**CHART, "prod.yaml": values})
    words = [word for text in sets for word in ("--helm-set", text)]
    answer = check(project, "--helm-values", "prod.yaml", *words, "web")
    assert [line for _, line, _, _ in places(answer)] == expected


def test_each_values_option_is_a_rendering_and_what_they_share_is_said_once(
    project: Project,
) -> None:
    project.write({**CHART, "a.yaml": "extra: true\n", "b.yaml": "replicas: 7\n"})
    answer = check(project, "--helm-values", "a.yaml", "--helm-values", "b.yaml", "web")
    assert [line for _, line, _, _ in places(answer)] == [18, 25]


def test_files_with_commas_between_are_given_together(project: Project) -> None:
    project.write({**CHART, "a.yaml": "extra: true\n", "b.yaml": "tag: '1'\n"})
    answer = check(project, "--helm-values", "a.yaml,b.yaml", "web")
    assert [line for _, line, _, _ in places(answer)] == [25]
    assert answer.json["findings"][0]["rendered"]["command"] == (
        "helm template web -f a.yaml -f b.yaml"
    )


def test_the_configuration_says_how(project: Project) -> None:
    project.write(
        {
            **CHART,
            "web/ci/one-values.yaml": "tag: '1'\n",
            "web/ci/two-values.yaml": "tag: '1'\nextra: true\n",
            ".kguard.yaml": (
                "helm:\n  render: true\n  charts:\n"
                "    - {path: web, release: shop, values: ['web/ci/*-values.yaml'],"
                " set: [replicas=3]}\n"
            ),
        }
    )
    answer = project.run("check", "--select", SIGNS, "-f", "json", "web")
    (item,) = answer.json["findings"]
    assert (item["line"], item["resource"]["name"]) == (25, "shop")
    assert item["rendered"]["command"] == (
        "helm template web -f web/ci/two-values.yaml --set replicas=3"
    )


def test_the_kubernetes_version_is_passed_on(project: Project) -> None:
    text = (
        '{{- if semverCompare "<1.30" .Capabilities.KubeVersion.Version }}\n'
        + POD.replace("name: web\n  namespace", "name: old\n  namespace")
        + "{{- end }}\n"
    )
    project.write(with_template(text))
    assert len(places(check(project))) == 1
    assert len(places(check(project, "--kube-version", "1.29"))) == 2


def test_a_chart_is_one_complete_unit(project: Project) -> None:
    service = (
        "apiVersion: v1\nkind: Service\n"
        "metadata: {name: web, namespace: {{ .Release.Namespace }}}\n"
        "spec:\n  selector: {app: %s}\n  ports: [{port: 80}]\n"
    )
    project.write(with_template(service % "web"))
    assert places(check(project, select="service-selects-nothing")) == []
    project.write(with_template(service % "other"))
    (found,) = places(check(project, select="service-selects-nothing"))
    assert found == ("web/templates/more.yaml", 5, "service-selects-nothing", True)


def test_what_is_not_certain_is_shown_as_rendered(project: Project) -> None:
    text = "{{ .Values.first }}\n---\n{{ .Values.second }}\n"
    pod = json.loads(json.dumps({"first": POD}))
    project.write(with_template(text, **{"v.yaml": "tag: '1'\n" + json.dumps(pod)[1:-1] + "\n"}))
    answer = check(project, "--helm-values", "v.yaml", "web")
    (item,) = answer.json["findings"]
    assert item["rendered"]["certain"] is False
    assert (item["file"], item["line"]) == ("web/templates/more.yaml", 1)
    full = project.run("check", "--helm", "--select", SIGNS, "--helm-values", "v.yaml", "web").out
    assert "web/templates/more.yaml, rendered" in full
    assert f"{item['rendered']['line']} |       image: registry.example.com/web:latest" in full
    assert "that of the file is not certain" in full


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param(
            'kind: {{ required "give a kind" .Values.kind }}\n', "give a kind", id="required"
        ),
        pytest.param('kind: {{ fail "not like that" }}\n', "not like that", id="fail"),
        pytest.param("kind: {{ .Values.a.b.c }}\n", "nil pointer", id="nil"),
    ],
)
def test_a_chart_that_needs_values_says_so_and_where(
    project: Project, text: str, part: str
) -> None:
    project.write({**with_template("# one\n" + text), "pod.yaml": POD})
    answer = check(project)
    ((file, line, reason),) = reasons(answer)
    assert (answer.code, file, line) == (3, "web/templates/more.yaml", 2)
    assert part in reason
    assert "--helm-values" in reason
    # Nothing else is lost.
    assert [item["file"] for item in answer.json["findings"]] == ["pod.yaml"]


@pytest.mark.parametrize(
    ("files", "part"),
    [
        pytest.param(
            {"web/templates/more.yaml": "a: {{ if }}\n"}, "missing value for if", id="parse"
        ),
        pytest.param(
            {"web/templates/more.yaml": "a: b\n c: d\n- e\n"}, "YAML parse error", id="yaml"
        ),
        pytest.param({"web/values.yaml": "a: [\n"}, "values.yaml", id="values"),
        pytest.param({"web/Chart.yaml": "name: web\n"}, "chart.metadata", id="metadata"),
        pytest.param({"web/values.schema.json": '{"required": ["nope"]}'}, "nope", id="schema"),
        pytest.param(
            {"web/Chart.yaml": CHART["web/Chart.yaml"] + "kubeVersion: '<1.20.0'\n"},
            "--kube-version",
            id="version",
        ),
        pytest.param(
            {
                "web/Chart.yaml": CHART["web/Chart.yaml"]
                + "dependencies: [{name: db, version: 1.0.0, repository: 'https://c.invalid'}]\n"
            },
            "`helm dependency build web`",
            id="dependency",
        ),
    ],
)
def test_a_chart_that_cannot_be_rendered(
    project: Project, files: Mapping[str, str], part: str
) -> None:
    project.write({**CHART, **files, "pod.yaml": POD})
    answer = check(project, "--fail-on", "never")
    found = reasons(answer)
    assert (answer.code, {file.partition("/")[0] for file, _, _ in found}) == (3, {"web"})
    assert any(part in reason for _, _, reason in found)
    assert [item["file"] for item in answer.json["findings"]] == ["pod.yaml"]


def test_a_values_file_that_is_not_there(project: Project) -> None:
    project.write(CHART)
    answer = check(project, "--helm-values", "no.yaml")
    assert answer.code == 3
    assert reasons(answer) == [
        ("web", 0, "no values file no.yaml (`helm template web -f no.yaml`)")
    ]


def test_a_library_chart_is_no_fault(project: Project) -> None:
    project.write({**CHART, "web/Chart.yaml": CHART["web/Chart.yaml"] + "type: library\n"})
    answer = check(project)
    assert (answer.code, answer.json["unchecked"]) == (0, [])
    reason = "library chart: it renders to nothing by itself"
    assert {"file": "web", "reason": reason} in answer.json["skipped"]


INGRESS = (
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
    "metadata: {name: web, namespace: {{ .Release.Namespace }}}\n"
    "spec: {defaultBackend: {service: {name: front, port: {number: 80}}}}\n"
)
FRONT = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: front}\n"
    "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
)


def test_what_another_chart_makes_is_there(project: Project) -> None:
    project.write(with_template(INGRESS))
    (found,) = places(check(project, select="ingress-backend-missing"))
    assert found[0] == "web/templates/more.yaml"
    chart = {"front/Chart.yaml": "apiVersion: v2\nname: front\nversion: 0.1.0\n"}
    project.write({**chart, "front/templates/service.yaml": FRONT})
    assert places(check(project, select="ingress-backend-missing")) == []


def test_other_values_are_another_installation(project: Project) -> None:
    service = "{{- if .Values.front }}\n" + FRONT + "{{- end }}\n"
    project.write(with_template(INGRESS, **{"web/templates/front.yaml": service}))
    project.write({"yes.yaml": "front: true\n", "no.yaml": "front: false\n"})
    options = ("--helm-values", "yes.yaml", "--helm-values", "no.yaml", "web")
    found = places(check(project, *options, select="ingress-backend-missing"))
    assert [each[0] for each in found] == ["web/templates/more.yaml"]
