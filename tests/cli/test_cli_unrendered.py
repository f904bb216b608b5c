"""What is said of charts and kustomizations that nobody asked to render, or that are not there."""

from __future__ import annotations

import pytest
from cli_project import FIXED, Project

TEMPLATE = "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\n"
NOTICE = "`charts/web` is a chart and was not rendered: `--helm` does"
NOTHING = "nothing here could be checked without rendering the"


def chart(name: str, more: str = "") -> dict[str, str]:
    """The files of a chart."""
    return {
        f"{name}/Chart.yaml": f"name: web\nversion: 1.0.0\n{more}",
        f"{name}/values.yaml": "tag: 1.4.2\n",
        f"{name}/templates/pod.yaml": TEMPLATE,
        f"{name}/templates/other.yaml": TEMPLATE,
    }


OVERLAY = {
    "overlay/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
    "overlay/patch.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
}


def test_a_chart_beside_manifests_is_said_and_the_run_passes(project: Project) -> None:
    project.write({"k8s/pod.yaml": FIXED, **chart("charts/web")})
    answer = project.check(".")
    assert (answer.code, answer.json["notices"], answer.json["unchecked"]) == (0, [NOTICE], [])
    told = project.run("check", "--select", "resources")
    assert (told.code, told.out.splitlines()[0]) == (0, f"notice: {NOTICE}")
    assert project.run("check", "--select", "resources", "-q").out == ""


def test_a_run_that_judged_nothing_because_of_charts_is_as_one_over_nothing(
    project: Project,
) -> None:
    project.write(chart("charts/web"))
    answer = project.check("charts")
    assert (answer.code, answer.json["notices"]) == (3, [NOTICE])
    assert answer.json["unchecked"] == [
        {"file": "charts", "line": 0, "column": 0, "reason": f"{NOTHING} charts"}
    ]
    assert project.run("check", "-q").out == f"error: cannot check .: {NOTHING} charts\n\n"


@pytest.mark.parametrize("name", ["templates/pod.yaml", "Chart.yaml", "values.yaml"])
def test_a_file_of_a_chart_that_a_hook_names_passes(project: Project, name: str) -> None:
    project.write(chart("charts/web"))
    assert project.check("--force-exclude", f"charts/web/{name}").code == 0


def test_what_a_chart_holds_belongs_to_it(project: Project) -> None:
    project.write({"pod.yaml": FIXED, **chart("charts/web"), **chart("charts/web/charts/db")})
    assert project.check(".").json["notices"] == [NOTICE]


def test_a_chart_that_only_depends_on_others_is_said(project: Project) -> None:
    metadata = "name: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0}]\n"
    project.write({"pod.yaml": FIXED, "charts/web/Chart.yaml": metadata})
    assert project.check(".").json["notices"] == [NOTICE]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(chart("lib", "type: library\n"), id="library"),
        pytest.param(
            {"plain/Chart.yaml": "name: web\nversion: 1.0.0\n", "plain/templates/pod.yaml": FIXED},
            id="nothing-but-manifests",
        ),
    ],
)
def test_a_chart_that_renders_to_no_more_than_was_judged_is_none_to_tell_of(
    project: Project, files: dict[str, str]
) -> None:
    project.write({"pod.yaml": FIXED, **files})
    answer = project.check(".")
    assert (answer.code, answer.json["notices"]) == (0, [])


def test_of_many_charts_a_few_are_named(project: Project) -> None:
    project.write({"pod.yaml": FIXED})
    for number in range(7):
        project.write(chart(f"charts/c{number}"))
    notices = project.check(".").json["notices"]
    assert len(notices) == 6
    assert notices[-1] == "2 more charts were not rendered: `--helm` does"


def test_an_overlay_without_its_base_is_said(project: Project) -> None:
    project.write({"base/pod.yaml": FIXED, **OVERLAY})
    told = "`overlay` is a kustomization and was not built: `--kustomize` does"
    answer = project.check("overlay")
    assert (answer.code, answer.json["notices"]) == (3, [told])
    assert answer.json["unchecked"][0]["reason"] == f"{NOTHING} kustomizations"
    assert project.check(".").json["notices"] == []
    assert project.check("overlay/patch.yaml").code == 0


def test_a_kustomization_that_cannot_be_read_is_told_of_once(project: Project) -> None:
    project.write({"base/kustomization.yaml": "resources:\n\t- pod.yaml\n"})
    answer = project.check("base")
    reasons = [each["reason"] for each in answer.json["unchecked"]]
    assert (answer.code, reasons) == (3, ["tab used for indentation"])
    assert answer.json["notices"] == []


def test_a_baseline_of_charts_alone_is_none(project: Project) -> None:
    project.write(chart("charts/web"))
    answer = project.run("baseline", "charts")
    assert answer.code == 3
    assert answer.err == f"kguard: {NOTICE}\nkguard: charts: {NOTHING} charts\n"


def test_a_baseline_says_what_it_is_not_about(project: Project) -> None:
    project.write({"pod.yaml": FIXED, **chart("charts/web")})
    answer = project.run("baseline")
    assert (answer.code, answer.err) == (0, f"kguard: {NOTICE}\n")


@pytest.mark.parametrize(
    ("words", "notices"),
    [
        pytest.param(["--helm-values", "prod.yaml"], ["--helm-values"], id="values"),
        pytest.param(["--helm-set", "a=b", "--helm-values", "x"], ["--helm-values", "--helm-set"]),
        pytest.param(["--config", "helm.set=[a=b]", "--helm"], ["--config helm.set"], id="config"),
        pytest.param(["--helm"], [], id="no option of a chart"),
    ],
)
def test_options_for_charts_where_none_is_checked_are_said(
    project: Project, words: list[str], notices: list[str]
) -> None:
    project.write({"pod.yaml": FIXED, ".kguard.yaml": "helm: {render: true, values: [x.yaml]}\n"})
    told = [f"`{name}` changes nothing: no chart is among the files" for name in notices]
    answer = project.check("pod.yaml", *words)
    assert (answer.code, answer.json["notices"]) == (0, told)
    project.write(chart("web"))
    project.monkeypatch.setenv("KGUARD_HELM", "/nowhere/helm")
    assert project.check("web", "--helm", *words).json["notices"] == []
