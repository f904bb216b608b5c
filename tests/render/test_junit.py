"""JUnit XML: well-formed whatever a manifest holds, and green where something passed."""

from __future__ import annotations

from xml.etree import ElementTree as xml

import pytest

from kguard.model import Severity
from kguard.report import Report, Unchecked
from kguard.term import Style

from .build import finding, fixture_report, read_files, report_of
from .test_golden import rendered


def parsed(report: Report) -> xml.Element:
    """The report, with its structure checked."""
    root = xml.fromstring(rendered("junit", report, Style()).encode())
    assert root.tag == "testsuites"
    for suite in root:
        assert (suite.tag, list(suite.attrib)) == (
            "testsuite",
            ["name", "tests", "failures", "errors"],
        )
        _check_counts(suite, list(suite))
        for case in suite:
            assert (case.tag, list(case.attrib)) == ("testcase", ["classname", "name", "file"])
            assert [child.tag for child in case] in ([], ["failure"], ["error"])
            for child in case:
                assert list(child.attrib) == ["message", "type"]
                assert child.text
    _check_counts(root, [case for suite in root for case in suite])
    return root


def _check_counts(element: xml.Element, cases: list[xml.Element]) -> None:
    expected = {
        "tests": len(cases),
        "failures": sum(1 for case in cases if case.find("failure") is not None),
        "errors": sum(1 for case in cases if case.find("error") is not None),
    }
    assert {key: int(element.get(key, "-1")) for key in expected} == expected


def test_suites_are_files_and_cases_are_objects_and_policies() -> None:
    report = fixture_report()
    root = parsed(report)
    assert [suite.get("name") for suite in root] == sorted(
        {path for _, path, _ in report.judged} | {"deploy/broken.yaml"}
    )
    cases = {(c.get("name"), c.get("file"), c.get("classname")) for c in root.iter("testcase")}
    found = {(i.finding.policy, i.path, i.finding.resource.label) for i in report.findings}
    assert cases == {*report.judged, *found, ("readable", "deploy/broken.yaml", "file")}


def test_what_passed_is_seen() -> None:
    green = [
        (case.get("classname"), case.get("name"))
        for case in parsed(fixture_report()).iter("testcase")
        if len(case) == 0
    ]
    assert ("Pod/shell", "missing-memory-request") in green
    assert ("Pod/shell", "image-latest") not in green


def test_several_findings_of_one_object_and_policy_are_one_failure() -> None:
    (failure,) = (
        case.find("failure")
        for case in parsed(fixture_report()).iter("testcase")
        if (case.get("classname"), case.get("name"))
        == ("Deployment/shop/web", "missing-memory-request")
    )
    assert failure is not None
    assert failure.get("message") == (
        "container `web` requests no memory; container `log` requests no memory"
    )
    assert failure.get("type") == "warning"
    assert str(failure.text).count("-->") == 2


@pytest.mark.parametrize("severities", [(Severity.NOTE, Severity.ERROR), (Severity.ERROR,) * 2])
def test_a_failure_is_of_the_worst_severity(severities: tuple[Severity, ...]) -> None:
    files = read_files({"a.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"})
    (pod,) = files.resources
    found = [finding("p", pod, ("spec",), word.word, severity=word) for word in severities]
    (failure,) = parsed(report_of(files, found)).iter("failure")
    assert failure.get("type") == "error"


def test_what_was_not_checked_is_an_error() -> None:
    (case,) = parsed(Report(unchecked=[Unchecked("a.yaml", 4, 1, "no YAML")])).iter("testcase")
    error = case.find("error")
    assert error is not None
    assert (error.get("message"), error.text) == ("no YAML", "a.yaml:4:1: no YAML")


@pytest.mark.parametrize(
    "char", ["\x00", "\x1b", "\x0b", "\ufffe", "\uffff", "\ud800", "<", "&", '"', "]]>", "\n", "\r"]
)
def test_any_character_makes_valid_xml(char: str) -> None:
    files = read_files({"a.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"})
    report = report_of(files, [finding("p", files.resources[0], (), f"a{char}b", help=char)])
    report.judged = [("p", f"x{char}.yaml", f"Pod/{char}")]
    report.unchecked = [Unchecked(f"y{char}", 0, 0, char)]
    report.line = lambda path, number: f"text {char}"
    assert len(list(parsed(report).iter("testcase"))) == 3
