"""SARIF as GitHub code scanning wants it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from kguard.model import Severity, Span
from kguard.policy.page import Policy
from kguard.record import replace
from kguard.render import sarif
from kguard.report import Report, Unchecked
from kguard.term import Style

from .build import HERE, finding, fixture_report, read_files, report_of
from .test_golden import rendered

SCHEMA = json.loads((HERE / "sarif-subset.schema.json").read_text())


def run_of(report: Report) -> dict[str, Any]:
    """The only run of a report, validated."""
    log: dict[str, Any] = json.loads(rendered("sarif", report, Style()))
    jsonschema.Draft202012Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    return dict(run)


def one(text: str = "metadata: {name: a}", **kwargs: Any) -> Report:
    """A report of one finding at `metadata.name`."""
    files = read_files({"a.yaml": f"apiVersion: v1\nkind: Pod\n{text}\n".encode()})
    item = finding(
        kwargs.pop("policy", "image-latest"),
        files.resources[0],
        ("metadata", "name"),
        kwargs.pop("message", "m"),
        **kwargs,
    )
    return report_of(files, [item])


@pytest.mark.parametrize(
    "report",
    [pytest.param(fixture_report(), id="fixtures"), pytest.param(Report(), id="empty")],
)
def test_reports_follow_the_standard(report: Report) -> None:
    run = run_of(report)
    assert len(run["results"]) == len(report.findings)


def test_rules_are_those_that_found_something_and_results_point_to_them() -> None:
    run = run_of(fixture_report())
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == [
        "image-latest",
        "job-no-deadline",
        "memory-absurdly-small",
        "missing-memory-request",
    ]
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])


def test_a_rule_carries_its_page() -> None:
    (rule,) = run_of(one())["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "Image without a fixed version"
    assert rule["fullDescription"]["text"] == "The tag `latest` names another image tomorrow."
    assert rule["help"]["markdown"].startswith("# Image without a fixed version\n")
    assert rule["defaultConfiguration"] == {"level": "warning"}
    assert rule["properties"] == {
        "precision": "medium",
        "problem.severity": "warning",
        "tags": ["kubernetes", "images"],
    }
    assert rule["helpUri"].endswith("/policies/images/image_latest.md")


def test_a_page_that_is_gone_costs_no_report(tmp_path: Any) -> None:
    report = one(policy="mine")
    gone = str(tmp_path / "mine.md")
    report.policies = {"mine": Policy("mine", "My own", "own", Severity.NOTE, "pod", gone)}
    (rule,) = run_of(report)["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"] == "My own"
    assert "helpUri" not in rule


def test_columns_count_utf16_code_units() -> None:
    run = run_of(one('metadata: {labels: {a: "🚀é"}, name: a🚀}'))
    (result,) = run["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    before = 'metadata: {labels: {a: "🚀é"}, name: '
    start = len(before.encode("utf-16-le")) // 2 + 1
    assert run["columnKind"] == "utf16CodeUnits"
    assert region == {"startLine": 3, "startColumn": start, "endLine": 3, "endColumn": start + 3}


def test_a_region_is_one_line() -> None:
    report = one()
    report.findings = [replace(report.findings[0], span=Span(3, 1, 5, 2))]
    region = run_of(report)["results"][0]["locations"][0]["physicalLocation"]["region"]
    end = len("metadata: {name: a}") + 1
    assert region == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": end}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("deploy/web.yaml", "deploy/web.yaml"),
        ("my files/100%.yaml", "my%20files/100%25.yaml"),
        ("a:b#c?.yaml", "a%3Ab%23c%3F.yaml"),
        ("ü/日.yaml", "%C3%BC/%E6%97%A5.yaml"),
        ("bad\udcff.yaml", "bad%FF.yaml"),
        ("/srv/a.yaml", "file:///srv/a.yaml"),
    ],
)
def test_paths_are_uris(path: str, uri: str) -> None:
    report = one()
    report.findings = [replace(report.findings[0], path=path)]
    (result,) = run_of(report)["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_a_line_is_fingerprinted_as_github_does_and_by_our_key() -> None:
    report = fixture_report()
    results = run_of(report)["results"]
    assert [r["partialFingerprints"]["kguard/v1"] for r in results] == [
        item.key for item in report.findings
    ]
    lines = [(i.path, i.span.line) for i in report.findings]
    hashes = [r["partialFingerprints"]["primaryLocationLineHash"] for r in results]
    assert len(set(hashes)) == len(set(lines))
    assert all(value.partition(":")[2].isdecimal() for value in hashes)


def test_without_a_file_our_key_is_all_there_is() -> None:
    report = one()
    report.text = lambda path: ""
    (result,) = run_of(report)["results"]
    assert set(result["partialFingerprints"].values()) == {report.findings[0].key}


def test_too_many_results_are_cut_to_the_most_severe_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 4)
    run = run_of(fixture_report())
    assert [r["level"] for r in run["results"]] == ["warning", "error", "error", "error"]
    assert {
        "level": "warning",
        "message": {"text": "11 results left out, the least severe: GitHub takes no more"},
    } in run["invocations"][0]["toolExecutionNotifications"]


def test_what_was_not_checked_is_a_notification() -> None:
    report = Report(
        unchecked=[Unchecked("a.yaml", 4, 1, "tab used for indentation"), Unchecked("b", 0, 0, "r")]
    )
    (invocation,) = run_of(report)["invocations"]
    assert invocation["executionSuccessful"] is False
    first, second = invocation["toolExecutionNotifications"]
    assert first["message"]["text"] == "cannot check a.yaml: tab used for indentation"
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 4
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_a_run_that_read_everything_was_successful() -> None:
    assert run_of(one())["invocations"][0]["executionSuccessful"] is True


def test_names_from_a_manifest_make_no_links() -> None:
    (result,) = run_of(one(message="container `[click](https://evil.example)`"))["results"]
    assert "](" not in result["message"]["text"]


def test_related_places_are_numbered() -> None:
    results = run_of(fixture_report())["results"]
    related = [r["relatedLocations"] for r in results if "relatedLocations" in r]
    assert len(related) == 2
    assert [(place["id"], place["message"]["text"]) for place in related[0]] == [
        (1, "this HPA needs it")
    ]
