"""The Reviewdog Diagnostic Format as one JSON object, with safe fixes as suggestions.

Source: reviewdog/reviewdog, proto/rdf/reviewdog.proto (message DiagnosticResult).
"""

from __future__ import annotations

from typing import Any, TextIO

from kguard.model import Severity, Span
from kguard.render import links
from kguard.render.machine import dumps
from kguard.render.suggest import suggestion
from kguard.render.text import fold, messages, missing_label, uncertain
from kguard.report import Located, Report, Unchecked
from kguard.term import Style, safe

_SEVERITY = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write the report as one JSON object; `style` changes nothing."""
    out.write(dumps(result(report), depth=2) + "\n")


def result(report: Report) -> dict[str, Any]:
    """The report as plain data, ready for json.dumps."""
    return {
        "source": {"name": "kguard", "url": links.REPOSITORY},
        "diagnostics": [
            *(_unchecked(item, report) for item in report.unchecked),
            *(_diagnostic(items, report) for items in fold(report.findings)),
        ],
    }


def _diagnostic(items: list[Located], report: Report) -> dict[str, Any]:
    first = items[0]
    finding = first.finding
    code = {"value": finding.policy}
    if url := links.page_url(report.policies.get(finding.policy)):
        code["url"] = url
    found: dict[str, Any] = {
        "message": _message(items),
        "location": {"path": first.path, "range": _range(first.path, first.span, report)},
        "severity": _SEVERITY[finding.severity],
        "code": code,
    }
    # One, because reviewdog puts its comment on the lines of the first.
    for item in items:
        if (offered := suggestion(item, report)) is not None:
            # Whole lines, which is said by columns being absent.
            lines = {"start": {"line": offered.first}, "end": {"line": offered.last}}
            found["suggestions"] = [{"range": lines, "text": offered.text}]
            break
    return found


def _message(items: list[Located]) -> str:
    parts = [*messages(items), missing_label(items), uncertain(items)]
    parts += [item.finding.help for item in items]
    parts += [f"{note.path}:{note.span.line}: {note.label}" for it in items for note in it.notes]
    return "\n".join(dict.fromkeys(safe(part) for part in parts if part))


def _unchecked(item: Unchecked, report: Report) -> dict[str, Any]:
    location: dict[str, Any] = {"path": item.path}
    if item.line:
        column = max(1, item.column)
        location["range"] = _range(item.path, Span(item.line, column, item.line, column), report)
    return {
        "message": f"cannot check: {safe(item.reason)}",
        "location": location,
        "severity": "ERROR",
        "code": {"value": "cannot-check"},
    }


def _range(path: str, span: Span, report: Report) -> dict[str, Any]:
    """A place on one line: a comment on lines that a change does not touch is not shown."""
    line = report.line(path, span.line)
    end = span.end_column if span.end_line == span.line else len(line) + 1
    start = _byte_column(line, span.column)
    return {
        "start": {"line": span.line, "column": start},
        "end": {"line": span.line, "column": max(start, _byte_column(line, end))},
    }


def _byte_column(line: str, column: int) -> int:
    """A 1-based column in bytes of UTF-8, from one in code points."""
    before = line[: column - 1]
    return column + len(before.encode("utf-8", "surrogatepass")) - len(before)
