"""Comments, annotations, baselines and fixes in charts; every format."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cli_project import POD, Project
from helm_checked import LATEST, SIGNS, check, places, with_template
from rendered_tools import CHART

from kguard.inputs.templates import TemplateOrigin, TemplateSource

pytestmark = pytest.mark.usefixtures("helm")


@pytest.mark.parametrize(
    ("comment", "hidden"),
    [
        pytest.param("          # kguard: ignore[image-latest] a test\n", True, id="line above"),
        pytest.param("        # kguard: ignore[image-latest] a test\n", False, id="elsewhere"),
    ],
)
def test_a_comment_in_the_template_ignores_a_line_that_is_certain(
    project: Project, comment: str, hidden: bool
) -> None:
    template = CHART["web/templates/deploy.yaml"]
    target = '          image: "' if hidden else "        {{- if .Values.extra"
    assert template.count(target) == 1
    project.write(
        {**CHART, "web/templates/deploy.yaml": template.replace(target, comment + target)}
    )
    answer = check(project)
    assert answer.json["summary"]["suppressed"] == int(hidden)
    assert len(answer.json["findings"]) == int(not hidden)


def test_a_comment_over_a_container_covers_what_is_indented_below_it(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace(
        "        - name: web\n",
        "        # kguard: ignore[image-latest,missing-cpu-request] a test\n        - name: web\n",
    )
    project.write({**CHART, "web/templates/deploy.yaml": template})
    answer = check(project, select="image-latest,missing-cpu-request,meta")
    assert (answer.json["findings"], answer.json["summary"]["suppressed"]) == ([], 2)


def test_a_comment_for_the_file_covers_lines_that_are_not_certain(project: Project) -> None:
    comment = "# kguard: ignore-file[image-latest] a test\n"
    text = comment + "{{ .Values.first }}\n---\n{{ .Values.second }}\n"
    values = json.dumps(
        {"first": POD, "second": POD.replace("name: web", "name: b", 1), "tag": "1"}
    )
    project.write(with_template(text, **{"v.yaml": values}))
    answer = check(project, "--helm-values", "v.yaml", "web")
    assert (answer.json["findings"], answer.json["summary"]["suppressed"]) == ([], 2)


def test_a_comment_for_a_line_that_is_not_certain_is_not_called_unused(project: Project) -> None:
    text = (
        "{{ .Values.first }}\n---\n{{ .Values.second }}\n"
        "# kguard: ignore[image-latest] a test\n{{ .Values.third }}\n"
    )
    project.write(with_template(text, **{"v.yaml": json.dumps({"first": POD, "tag": "1"})}))
    answer = check(project, "--helm-values", "v.yaml", "web", select="image-latest,meta")
    assert [item["policy"] for item in answer.json["findings"]] == ["image-latest"]


def test_a_template_may_render_to_what_an_ignore_is_for_another_time(project: Project) -> None:
    comment = "# kguard: ignore-file[service-selects-nothing] only with `extra`\n"
    template = comment + CHART["web/templates/deploy.yaml"]
    project.write({**CHART, "web/templates/deploy.yaml": template})
    answer = check(project, "web", select="service-selects-nothing,unused-ignore")
    assert (answer.json["findings"], answer.json["notices"]) == ([], [])


def test_an_annotation_in_the_template_ignores(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace(
        "  labels:\n    {{- include",
        "  annotations: {ignore.kguard.dev/image-latest: a test}\n  labels:\n    {{- include",
    )
    project.write({**CHART, "web/templates/deploy.yaml": template})
    answer = check(project)
    assert (answer.json["findings"], answer.json["summary"]["suppressed"]) == ([], 1)


def test_a_baseline_takes_rendered_findings(project: Project) -> None:
    project.write(CHART)
    project.run("baseline", "--helm", "--select", SIGNS)
    answer = check(project, "--baseline", ".kguard-baseline.json")
    assert (answer.code, answer.json["summary"]["baselined"]) == (0, 1)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({}, [], id="not rendered"),
        pytest.param({"web/values.yaml": "a: ["}, ["--helm"], id="failed"),
    ],
)
def test_a_baseline_keeps_what_a_run_could_not_see(
    project: Project, more: Mapping[str, str], words: list[str]
) -> None:
    project.write(CHART)
    project.run("baseline", "--helm", "--select", SIGNS)
    before = project.read(".kguard-baseline.json")
    assert "image-latest" in before
    project.write(more)
    project.run("baseline", "--prune", "--select", SIGNS, *words)
    assert project.read(".kguard-baseline.json") == before


def test_fixes_are_refused(project: Project) -> None:
    budget = (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
        "spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}\n"
    )
    project.write(with_template("{{- if true }}\n" + budget + "{{- end }}\n"))
    before = project.read("web/templates/more.yaml")
    (item,) = check(project, select="pdb-blocks-drain").json["findings"]
    assert (item["line"], item["fixable"]) == (5, None)
    answer = project.run("fix", "--helm", "--select", "pdb-blocks-drain")
    assert answer.out == "nothing to fix, 1 left\n"
    answer = project.run("fix", "--helm", "--unsafe", "--select", "pdb-blocks-drain")
    assert project.read("web/templates/more.yaml") == before
    assert "it is about what a tool renders" in answer.err
    # Files beside it are fixed all the same.
    project.write({"budget.yaml": budget})
    project.run("fix", "--helm", "--unsafe", "--select", "pdb-blocks-drain")
    assert project.read("web/templates/more.yaml") == before
    assert "maxUnavailable: 1" in project.read("budget.yaml")


@pytest.mark.parametrize(
    "form", ["sarif", "github", "gitlab", "junit", "markdown", "rdjson", "concise"]
)
def test_every_format_names_the_template(project: Project, form: str) -> None:
    project.write(CHART)
    out = project.run("check", "--helm", "--select", SIGNS, "-f", form).out
    assert "web/templates/deploy.yaml" in out
    assert "18" in out


def test_only_what_values_may_have_changed(project: Project) -> None:
    project.write({**CHART, "pod.yaml": POD})
    project.git("add", "-A")
    project.git("-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "one")
    assert check(project, "--diff-base", "HEAD").json["findings"] == []
    project.write({"web/values.yaml": CHART["web/values.yaml"] + "more: 1\n"})
    assert places(check(project, "--diff-base", "HEAD")) == [LATEST]


def test_certain_places_are_true(project: Project, helm: Path) -> None:
    """A mark at the end of a line of the template has to come out in the line that it makes."""
    project.write(CHART)
    path = project.root / "web/templates/deploy.yaml"

    def render() -> list[str]:
        command = [
            str(helm),
            "template",
            "web",
            "web",
            "--set",
            "extra=true,resources.limits.cpu=1",
        ]
        done = subprocess.run(command, cwd=project.root, check=True, capture_output=True, text=True)
        return done.stdout.split("\n")

    rendered = render()
    marked = 0
    for number, place in enumerate(_places(path, rendered)):
        text = path.read_text("utf-8").split("\n")
        if place is None or "{{" in text[place - 1]:
            continue
        text[place - 1] += "  # MARK"
        original = path.read_bytes()
        path.write_text("\n".join(text), "utf-8")
        assert "# MARK" in render()[number]
        path.write_bytes(original)
        marked += 1
    assert marked > 10


def _places(path: Path, rendered: list[str]) -> list[int | None]:
    """The certain line of the template for each line of what one document renders to."""
    from kguard.source import read

    text = "\n".join(rendered)
    (document,) = read("out", text.encode()).documents
    starts = [0]
    for line in rendered:
        starts.append(starts[-1] + len(line) + 1)
    first = text.index("apiVersion")
    origin: Any = TemplateOrigin(
        TemplateSource("t", path.read_bytes()), text, first, len(text.rstrip()), starts
    )
    assert document is not None
    found = []
    for number, line in enumerate(rendered):
        place = origin._place(starts[number] + len(line) - len(line.lstrip())) if line else None
        found.append(origin._source.line_of(place.start) if place else None)
    return found
