"""GitLab's Code Quality report."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from kguard.model import Severity
from kguard.record import replace
from kguard.render import gitlab
from kguard.report import Report, Unchecked
from kguard.term import Style

from .build import HERE, finding, fixture_report, read_files, report_of
from .test_golden import rendered

SCHEMA = json.loads((HERE / "gitlab-subset.schema.json").read_text(encoding="utf-8"))


def entries_of(report: Report) -> list[dict[str, Any]]:
    """The entries of a report, validated."""
    entries = json.loads(rendered("gitlab", report, Style()))
    jsonschema.Draft202012Validator(SCHEMA).validate(entries)
    return list(entries)


def one(**kwargs: Any) -> Report:
    """A report of one finding in line 3."""
    files = read_files({"a.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"})
    route = ("metadata", "name")
    return report_of(files, [finding("image-latest", files.resources[0], route, "m", **kwargs)])


def test_every_finding_and_everything_unchecked_is_an_entry() -> None:
    report = fixture_report()
    assert len(entries_of(report)) == len(report.findings) + len(report.unchecked) == 16


def test_nothing_found_is_an_empty_array() -> None:
    assert rendered("gitlab", Report(files=3), Style()) == "[]\n"


def test_an_entry_says_what_where_and_why() -> None:
    report = one(help="because")
    (entry,) = entries_of(report)
    assert entry == {
        "description": "m (because)",
        "check_name": "image-latest",
        "fingerprint": report.findings[0].key,
        "severity": "major",
        "location": {"path": "a.yaml", "lines": {"begin": 3, "end": 3}},
    }


@pytest.mark.parametrize(
    ("severity", "word"),
    [(Severity.ERROR, "critical"), (Severity.WARNING, "major"), (Severity.NOTE, "info")],
    ids=lambda value: str(value),
)
def test_severities_are_those_of_gitlab(severity: Severity, word: str) -> None:
    assert [entry["severity"] for entry in entries_of(one(severity=severity))] == [word]


def test_what_could_not_be_checked_blocks_and_has_a_line() -> None:
    report = Report(unchecked=[Unchecked("a.yaml", 0, 0, "permission denied")])
    (entry,) = entries_of(report)
    assert (entry["severity"], entry["check_name"]) == ("blocker", "cannot-check")
    assert entry["location"]["lines"] == {"begin": 1, "end": 1}


@pytest.mark.parametrize("key", ["", "0" * 32], ids=["none", "the same"])
def test_fingerprints_are_never_shared(key: str) -> None:
    (item,) = one().findings
    report = Report(
        findings=[replace(item, key=key)] * 3,
        unchecked=[Unchecked("a.yaml", line, 1, "tab used for indentation") for line in (1, 2)],
    )
    fingerprints = [entry["fingerprint"] for entry in entries_of(report)]
    assert len(set(fingerprints)) == 5
    assert fingerprints == [entry["fingerprint"] for entry in gitlab.entries(report)]
