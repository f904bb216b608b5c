"""The Reviewdog Diagnostic Format, and fixes as suggestions in it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from kguard.model import REMOVE, Edit, Fix, Route
from kguard.record import replace
from kguard.render.suggest import MAX_LINES
from kguard.report import Report, Unchecked
from kguard.term import Style

from .build import HERE, finding, fixture_report, read_files, report_of
from .test_golden import rendered

SCHEMA = json.loads((HERE / "rdjson-subset.schema.json").read_text(encoding="utf-8"))

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  restartPolicy: Never  # once
  nodeName: n
"""


def result_of(report: Report) -> dict[str, Any]:
    """A report as reviewdog reads it, validated."""
    result: dict[str, Any] = json.loads(rendered("rdjson", report, Style()))
    jsonschema.Draft202012Validator(SCHEMA).validate(result)
    return result


def one(
    text: str = POD, route: Route = ("metadata", "name"), *edits: Edit, safe: bool = True
) -> Any:
    """The diagnostic of a finding at a route, with a fix where there are edits."""
    files = read_files({"a.yaml": text.encode()})
    fix = Fix(edits, safe=safe, title="do it") if edits else None
    report = report_of(files, [finding("image-latest", files.resources[0], route, "m", fix=fix)])
    (diagnostic,) = result_of(report)["diagnostics"]
    return diagnostic


def taken(text: str, diagnostic: Any) -> str:
    """The text with the suggestion of a diagnostic taken, as reviewdog's own words have it."""
    (suggestion,) = diagnostic["suggestions"]
    first, last = (suggestion["range"][end]["line"] for end in ("start", "end"))
    lines = text.split("\n")
    # reviewdog writes no line at all for an empty text (buildSingleSuggestion of its services).
    new = suggestion["text"].split("\n") if suggestion["text"] else []
    return "\n".join([*lines[: first - 1], *new, *lines[last:]])


@pytest.mark.parametrize(
    "report",
    [pytest.param(fixture_report(), id="fixtures"), pytest.param(Report(), id="empty")],
)
def test_reports_follow_the_format(report: Report) -> None:
    diagnostics = result_of(report)["diagnostics"]
    places = {(item.path, item.span, item.finding.policy) for item in report.findings}
    assert len(diagnostics) == len(places) + len(report.unchecked)


def test_columns_are_bytes() -> None:
    diagnostic = one("apiVersion: v1\nkind: Pod\nmetadata: {annotations: {ü: 🚀}, name: ab}\n")
    # Column 39 in characters; `ü` has one byte more than that, the rocket three.
    assert diagnostic["location"]["range"] == {
        "start": {"line": 3, "column": 43},
        "end": {"line": 3, "column": 45},
    }


def test_a_diagnostic_names_its_policy_and_the_page() -> None:
    url = "https://github.com/kguard/kguard/blob/main/policies/images/image_latest.md"
    assert one()["code"] == {"value": "image-latest", "url": url}


def test_what_could_not_be_checked_is_an_error_with_or_without_a_place() -> None:
    unchecked = [Unchecked("a.yaml", 0, 0, "gone"), Unchecked("b.yaml", 2, 0, "tab")]
    first, second = result_of(Report(unchecked=unchecked))["diagnostics"]
    assert (first["severity"], first["location"]) == ("ERROR", {"path": "a.yaml"})
    assert second["location"]["range"]["start"] == {"line": 2, "column": 1}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        pytest.param(
            Edit(("spec", "restartPolicy"), "Always"),
            POD.replace("Never", "Always"),
            id="value",
        ),
        pytest.param(
            Edit(("spec", "nodeName"), REMOVE),
            POD.replace("  nodeName: n\n", ""),
            id="last removed",
        ),
        pytest.param(
            Edit(("metadata", "name"), REMOVE),
            POD.replace("metadata:\n  name: a\n", "metadata: {}\n"),
            id="only removed",
        ),
        pytest.param(
            Edit(("spec", "hostNetwork"), True), POD + "  hostNetwork: true\n", id="added"
        ),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_safe_fix_is_a_suggestion(edit: Edit, expected: str, line_end: str) -> None:
    diagnostic = one(POD.replace("\n", line_end), ("spec",), edit)
    assert taken(POD, diagnostic) == expected


@pytest.mark.parametrize(
    "diagnostic",
    [
        pytest.param(one(), id="no fix"),
        pytest.param(one(POD, ("spec",), Edit(("spec", "nodeName"), "x"), safe=False), id="unsafe"),
        pytest.param(
            one(
                POD.replace("name: a", "name: &a a").replace("nodeName: n", "nodeName: *a"),
                ("spec",),
                Edit(("metadata", "name"), "x"),
            ),
            id="refused",
        ),
        pytest.param(
            one(
                POD + "# c\n" * (MAX_LINES + 1) + "  subdomain: s\n",
                ("spec",),
                Edit(("spec", "nodeName"), "x"),
                Edit(("spec", "subdomain"), "x"),
            ),
            id="spread",
        ),
    ],
)
def test_no_suggestion(diagnostic: Any) -> None:
    assert "suggestions" not in diagnostic


def test_a_finding_shown_in_another_file_has_no_suggestion() -> None:
    files = read_files({"a.yaml": POD.encode()})
    fix = Fix((Edit(("spec", "nodeName"), "x"),), safe=True, title="do it")
    item = finding("image-latest", files.resources[0], ("spec",), "m", fix=fix)
    report = report_of(files, [item])
    report.findings = [replace(report.findings[0], path="b.yaml")]
    assert "suggestions" not in result_of(report)["diagnostics"][0]
