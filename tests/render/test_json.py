"""The JSON format: its schema, and every key from where it should come."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import kguard.render
from kguard.render.json import document
from kguard.report import Report, Skipped, Unchecked
from kguard.term import Style

from .build import finding, fixture_report, read_files, report_of
from .test_golden import rendered

SCHEMA = json.loads((Path(kguard.render.__file__).parent / "report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(fixture_report(), id="fixtures"),
        pytest.param(Report(), id="empty"),
        pytest.param(
            Report(unchecked=[Unchecked("a", 0, 0, "r")], skipped=[Skipped("b", "r")]), id="unread"
        ),
    ],
)
def test_reports_follow_the_schema(report: Report) -> None:
    written = json.loads(rendered("json", report, Style()))
    VALIDATOR.validate(written)
    assert written == document(report)


def test_every_key_is_in_the_schema() -> None:
    """The schema allows more keys, for readers; what is written now is described."""
    written = document(fixture_report())
    described = SCHEMA["properties"]
    assert written.keys() == described.keys()
    assert written["summary"].keys() == described["summary"]["properties"].keys()
    position = SCHEMA["$defs"]["position"]["properties"].keys()
    always = SCHEMA["$defs"]["finding"]["properties"].keys() - {"rendered"}
    for item in written["findings"]:
        assert item.keys() == always | position


@pytest.mark.parametrize(
    ("broken", "value"),
    [
        ("severity", "info"),
        ("line", 0),
        ("fixable", "none"),
        ("path", None),
        ("policy", "Not An Id"),
        ("related", [{"file": "a", "label": "no place"}]),
    ],
)
def test_the_schema_refuses(broken: str, value: object) -> None:
    written = document(fixture_report())
    written["findings"][0][broken] = value
    assert not VALIDATOR.is_valid(written)


def test_a_finding_in_full() -> None:
    written = document(fixture_report())["findings"]
    (item,) = (f for f in written if f["message"] == "container `web` requests no memory")
    assert item.pop("fingerprint")
    assert item == {
        "policy": "missing-memory-request",
        "severity": "warning",
        "confidence": "high",
        "message": "container `web` requests no memory",
        "help": "",
        "file": "deploy/shop.yaml",
        "line": 13,
        "column": 11,
        "endLine": 13,
        "endColumn": 20,
        "resource": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "namespace": "shop",
            "name": "web",
        },
        "path": "spec.template.spec.containers[web].resources.requests.memory",
        "related": [
            {
                "file": "deploy/shop.yaml",
                "line": 30,
                "column": 32,
                "endLine": 30,
                "endColumn": 38,
                "label": "this HPA needs it",
            }
        ],
        "fixable": None,
    }


def test_json_v1_is_json() -> None:
    report = fixture_report()
    assert rendered("json-v1", report, Style()) == rendered("json", report, Style())


def test_one_finding_is_one_line() -> None:
    report = fixture_report()
    lines = rendered("json", report, Style()).splitlines()
    assert sum('"policy":' in line for line in lines) == len(report.findings)


def test_text_is_readable_but_harmless() -> None:
    files = read_files({"a.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"})
    trouble = "日本語 \x1b \x9b \u202e \u2028 \ud800"
    report = report_of(files, [finding("p", files.resources[0], (), trouble)])
    text = rendered("json", report, Style())
    assert r"日本語 \u001b \u009b \u202e \u2028 \ud800" in text
    assert json.loads(text)["findings"][0]["message"] == trouble


def test_columns_are_code_points() -> None:
    written = document(fixture_report())["findings"]
    (item,) = (f for f in written if f["path"] == "metadata.annotations.image")
    line = fixture_report().line(item["file"], item["line"])
    assert line[item["column"] - 1 : item["endColumn"] - 1] == '"nothing"'
