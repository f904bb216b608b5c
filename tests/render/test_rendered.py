"""Findings about what a tool rendered, in every format: which line is shown, and which it is."""

from __future__ import annotations

import json

import jsonschema
import pytest

from kguard.model import Confidence, Finding, Fix, Rendering, Severity, Span
from kguard.record import replace
from kguard.render import FORMATS
from kguard.report import Located, Note, Report
from kguard.term import Style

from .build import HERE, POLICIES
from .test_golden import rendered
from .test_json import VALIDATOR

TEMPLATE = "kind: Pod\nimage: {{ .Values.image }}\n"
SPAN = Span(61, 8, 61, 18)
COMMAND = "helm template web"


def located(*, certain: bool, line: int = 61, **more: object) -> Located:
    """A finding in a template, on its second line or near its first."""
    from kguard.kube.recognise import resources

    data = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "image": "web:latest"}
    (pod,) = resources(data, "web/templates/pod.yaml")
    finding = Finding(
        "image-latest",
        Severity.WARNING,
        Confidence.HIGH,
        "image `web:latest` has the tag `latest`",
        pod,
        ("image",),
        fix=Fix((), True, "pin it"),
    )
    span = Span(2, 8, 2, 27) if certain else Span(1, 1, 1, 1)
    there = Span(line, SPAN.column, line, SPAN.end_column)
    text = "image: web:latest\x1b[31m"
    rendering = Rendering(COMMAND, there, text, certain)
    made = Located(finding, "web/templates/pod.yaml", span, rendering=rendering, key="k")
    return replace(made, **more)


def report(*items: Located) -> Report:
    """A report of these findings."""
    lines = TEMPLATE.split("\n")
    return Report(
        findings=list(items),
        files=1,
        resources=1,
        policies=POLICIES,
        line=lambda path, number: lines[number - 1],
        text=lambda path: TEMPLATE,
    )


def test_a_certain_line_is_that_of_the_file() -> None:
    text = rendered("full", report(located(certain=True)), Style())
    assert text.splitlines()[:7] == [
        "warning[image-latest]: image `web:latest` has the tag `latest`",
        " --> web/templates/pod.yaml:2:8  Pod/p",
        "  |",
        "2 | image: {{ .Values.image }}",
        "  |        ^^^^^^^^^^^^^^^^^^^",
        "  = rendered: line 61 of `helm template web`; shown is the line of the file",
        text.splitlines()[6],
    ]


def test_a_line_that_is_not_certain_is_the_rendered_one() -> None:
    text = rendered("full", report(located(certain=False)), Style())
    assert text.splitlines()[:6] == [
        "warning[image-latest]: image `web:latest` has the tag `latest`",
        "  --> web/templates/pod.yaml, rendered  Pod/p",
        "   |",
        "61 | image: web:latest\\x1b[31m",
        "   |        ^^^^^^^^^^",
        "   = rendered: line 61 of `helm template web` is shown; that of the file is not certain",
    ]


def test_a_line_near_by_is_named() -> None:
    item = located(certain=False, span=Span(2, 1, 2, 6))
    text = rendered("full", report(item), Style())
    assert "that of the file is not certain, it is near line 2" in text


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("full", "junit")])
@pytest.mark.parametrize("certain", [True, False])
def test_other_formats_say_what_is_not_certain(form: str, certain: bool) -> None:
    text = rendered(form, report(located(certain=certain)), Style())
    assert "web/templates/pod.yaml" in text
    if form in ("json", "json-v1"):
        (item,) = json.loads(text)["findings"]
        said = item["rendered"]["certain"] is False
        VALIDATOR.validate(json.loads(text))
    else:
        said = "the line in the file is not certain" in text
    assert said == (not certain)


@pytest.mark.parametrize("certain", [True, False])
def test_sarif_keeps_to_its_schema(certain: bool) -> None:
    schema = json.loads((HERE / "sarif-subset.schema.json").read_text("utf-8"))
    written = json.loads(rendered("sarif", report(located(certain=certain)), Style()))
    jsonschema.Draft202012Validator(schema).validate(written)
    (result,) = written["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == (2 if certain else 1)
    assert result["properties"]["rendered"]["line"] == 61


def test_findings_on_different_rendered_lines_are_not_folded() -> None:
    two = report(located(certain=False, line=61), located(certain=False, line=70))
    assert rendered("full", two, Style()).count("-->") == 2
    same = report(located(certain=True, line=61), located(certain=True, line=70))
    assert rendered("full", same, Style()).count("-->") == 1


@pytest.mark.parametrize("form", ["full", "concise", "json", "rdjson", "markdown"])
def test_no_fix_is_offered(form: str) -> None:
    text = rendered(form, report(located(certain=True)), Style())
    assert "pin it" not in text
    assert "to try with" not in text
    assert "[*]" not in text


def test_a_note_about_something_rendered_says_so() -> None:
    rendering = Rendering(COMMAND, Span(9, 1, 9, 5), "spec:", certain=False)
    note = Note("web/templates/hpa.yaml", Span(1, 1, 1, 1), "this HPA", rendering)
    text = rendered("full", report(located(certain=True, notes=(note,))), Style())
    assert "web/templates/hpa.yaml, line 9 of `helm template web`: this HPA" in text
