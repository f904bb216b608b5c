"""Workflow commands: escapes, order, and the limit GitHub draws."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kguard.model import Severity
from kguard.report import Report, Unchecked
from kguard.term import Style

from .build import finding, fixture_report, read_files, report_of
from .test_golden import rendered

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(report: Report) -> list[tuple[str, dict[str, str], str]]:
    """The commands in a report, read as the runner does."""
    found = []
    for line in rendered("github", report, Style()).splitlines():
        if line.startswith("::"):
            match = COMMAND.fullmatch(line)
            assert match is not None, line
            pairs = (pair.split("=", 1) for pair in match[2].split(","))
            found.append((match[1], {key: unescape(value) for key, value in pairs}, match[3]))
    return found


def unescape(text: str) -> str:
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def report_at(path: str, message: str, **kwargs: Any) -> Report:
    files = read_files({path: b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"})
    return report_of(files, [finding("p", files.resources[0], ("spec",), message, **kwargs)])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("a, b:c%25.yaml", "100% of `a:b,c`", id="separators and percent signs"),
        pytest.param("a.yaml", "::error::two ::", id="a command in the message"),
        pytest.param("日本.yaml", "`日本` 🚀", id="unicode"),
    ],
)
def test_text_survives_the_escapes(path: str, message: str) -> None:
    ((level, properties, text),) = commands(report_at(path, message))
    assert level == "warning"
    assert properties == {
        "file": path,
        "line": "1",
        "col": "1",
        "endLine": "1",
        "endColumn": "11",
        "title": "p",
    }
    assert unescape(text) == f"{message}\nno `spec` in here"


def test_a_line_end_from_a_file_starts_no_command() -> None:
    lines = rendered("github", report_at("a\n::stop.yaml", "a\r\n::error::b"), Style()).splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("::a\\r\\n::error::b%0Ano `spec` in here")


def test_the_most_severe_come_first_and_what_was_not_read_before_them() -> None:
    order = [(level, properties["title"]) for level, properties, _ in commands(fixture_report())]
    assert order[0] == ("error", "cannot check")
    levels = [level for level, title in order if title not in ("cannot check", "kguard")]
    assert levels == sorted(levels, key=["error", "warning", "notice"].index)
    assert set(levels) == {"error", "warning", "notice"}


def test_findings_of_one_place_share_an_annotation() -> None:
    texts = [text for _, _, text in commands(fixture_report())]
    assert sum("less than one byte" in text for text in texts) == 1


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(10, [], id="as many as are drawn"),
        pytest.param(11, ["1 error not drawn"], id="one more"),
        pytest.param(30, ["20 errors not drawn"], id="many more"),
    ],
)
def test_what_github_does_not_draw_is_said(number: int, expected: list[str]) -> None:
    unchecked = [Unchecked(f"{n}.yaml", 0, 0, "gone") for n in range(number)]
    lines = rendered("github", Report(unchecked=unchecked), Style()).splitlines()
    prefix = "GitHub draws 10 annotations per level: "
    assert [line.removeprefix(prefix) for line in lines if line.startswith(prefix)] == expected


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.NOTE, "notice")],
)
def test_severities_have_githubs_words(severity: Severity, level: str) -> None:
    ((found, _, _),) = commands(report_at("a.yaml", "m", severity=severity))
    assert found == level
