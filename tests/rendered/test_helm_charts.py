"""Which charts are rendered, from where, and for which named files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cli_project import POD, Project
from helm_checked import LATEST, SIGNS, check, places, with_template
from rendered_tools import CHART

pytestmark = pytest.mark.usefixtures("helm")


def test_subcharts_are_rendered_with_their_parent_only(project: Project) -> None:
    sub = {path.replace("web/", "web/charts/inner/", 1): text for path, text in CHART.items()}
    sub["web/charts/inner/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
    project.write({**CHART, **sub, "web/values.yaml": "tag: '1'\nsub: {tag: latest}\n"})
    answer = check(project)
    (item,) = answer.json["findings"]
    assert item["file"] == "web/charts/inner/templates/deploy.yaml"
    assert (item["line"], item["rendered"]["command"]) == (18, "helm template web")


def test_a_packed_subchart_is_only_looked_at(project: Project, helm: Path) -> None:
    sub = {path.replace("web/", "sub/", 1): text for path, text in CHART.items()}
    sub["sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
    project.write({**CHART, **sub, "web/charts/.keep": ""})
    subprocess.run(
        [helm, "package", "sub", "-d", "web/charts"],
        cwd=project.root,
        check=True,
        capture_output=True,
    )
    answer = check(project, "web")
    assert places(answer) == [LATEST]
    assert any(each["file"] == "web/charts/sub" for each in answer.json["skipped"])


@pytest.mark.parametrize("folder", ["", "a/b [1]", "größe"])
def test_wherever_a_chart_is(project: Project, folder: str) -> None:
    """At the root of the repository, or in a folder with an odd name."""
    prefix = f"{folder}/" if folder else ""
    project.write({path.replace("web/", prefix, 1): text for path, text in CHART.items()})
    chart = f"    - {{path: '{folder or '.'}', set: [extra=true]}}\n"
    project.write({".kguard.yaml": f"helm:\n  render: true\n  charts:\n{chart}"})
    answer = project.run("check", "--select", SIGNS, "-f", "json")
    path = f"{prefix}templates/deploy.yaml"
    assert places(answer) == [(path, 18, SIGNS, True), (path, 25, SIGNS, True)]


def test_a_chart_outside_of_the_repository(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(CHART)
    (project.root / "here").mkdir()
    monkeypatch.chdir(project.root / "here")
    project.git("init", "-q", "here")
    answer = check(project, "../web")
    assert places(answer) == [(f"../{LATEST[0]}", *LATEST[1:])]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        pytest.param(["web/templates/deploy.yaml"], [LATEST[0]], id="template"),
        pytest.param(["web/templates/more.yaml"], ["web/templates/more.yaml"], id="other template"),
        pytest.param(["web/values.yaml"], [LATEST[0], "web/templates/more.yaml"], id="values"),
        pytest.param(["web/templates"], [LATEST[0], "web/templates/more.yaml"], id="folder"),
    ],
)
def test_named_files(project: Project, named: list[str], expected: list[str]) -> None:
    project.write(with_template(POD))
    assert [item[0] for item in places(check(project, *named))] == expected


def test_templates_that_render_to_nothing_are_named_on_request(project: Project) -> None:
    project.write(with_template("{{- if .Values.nope }}\n" + POD + "{{- end }}\n"))
    assert places(check(project)) == [LATEST]
    said = "`web/templates/more.yaml` renders to nothing here"
    assert said in project.run("check", "--helm", "-v").out
    assert said not in project.run("check", "--helm").out


def test_a_key_written_twice_in_a_template(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace(
        "spec:\n  replicas", "spec:\n  minReadySeconds: 1\n  minReadySeconds: 2\n  replicas", 1
    )
    project.write({**CHART, "web/templates/deploy.yaml": template})
    (item,) = check(project, select="yaml-duplicate-key").json["findings"]
    assert (item["line"], item["rendered"]["certain"]) == (10, True)
    assert "9" in item["message"]


def test_hooks_and_definitions_and_tests(project: Project) -> None:
    test = POD.replace("metadata:\n", "metadata:\n  annotations: {helm.sh/hook: test}\n")
    hook = POD.replace("metadata:\n", "metadata:\n  annotations: {helm.sh/hook: pre-install}\n")
    definition = "apiVersion: x/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
    project.write(
        with_template(test, **{"web/templates/h.yaml": hook, "web/crds/a.yaml": definition})
    )
    assert [item[0] for item in places(check(project))] == [LATEST[0], "web/templates/h.yaml"]


def test_crlf_and_unicode(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace("kind:", "# größe 名前\nkind:", 1)
    project.write({**CHART, "web/templates/deploy.yaml": "\ufeff" + template.replace("\n", "\r\n")})
    answer = check(project)
    assert [(line, certain) for _, line, _, certain in places(answer)] in ([(19, True)], [])
    if not places(answer):  # Helm itself stumbles over a byte order mark.
        assert answer.code == 3


def test_crlf(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace("kind:", "# größe 名前\nkind:", 1)
    project.write({**CHART, "web/templates/deploy.yaml": template.replace("\n", "\r\n")})
    assert [(line, certain) for _, line, _, certain in places(check(project))] == [(19, True)]


def test_tpl_and_named_templates(project: Project) -> None:
    helpers = CHART["web/templates/_helpers.tpl"] + (
        '{{- define "web.pod" }}' + POD + "{{- end }}\n"
    )
    project.write(
        with_template(
            '{{ include "web.pod" . }}\n---\n{{ tpl .Values.more . }}\n',
            **{
                "web/templates/_helpers.tpl": helpers,
                "web/values.yaml": "tag: '1'\nmore: ''\n",
            },
        )
    )
    (found,) = places(check(project))
    assert found[0] == "web/templates/more.yaml"
