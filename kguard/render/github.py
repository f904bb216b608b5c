"""GitHub Actions workflow commands, which put findings on the lines of a pull request.

Syntax and escapes: docs.github.com, "Workflow commands for GitHub Actions", and the runner's
ActionCommand.cs.
"""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from kguard.model import Severity
from kguard.render.text import fold, messages, missing_label, summary, uncertain
from kguard.report import Located, Report
from kguard.term import Style, safe
from kguard.words import counted

MAX_SHOWN = 10
"""Annotations GitHub draws per level in one step; the others are only in the log."""

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write one command per finding, the most severe first, then the summary as plain text."""
    levels: Counter[str] = Counter()
    for unchecked in report.unchecked:
        levels["error"] += 1
        where: dict[str, str | int] = {"file": unchecked.path}
        if unchecked.line:
            where["line"] = unchecked.line
            where["col"] = max(1, unchecked.column)
        out.write(_command("error", {**where, "title": "cannot check"}, safe(unchecked.reason)))
    for items in sorted(fold(report.findings), key=lambda group: -group[0].finding.severity):
        level = _LEVEL[items[0].finding.severity]
        levels[level] += 1
        out.write(_command(level, _properties(items[0]), _text(items)))
    for notice in report.notices:
        levels["notice"] += 1
        out.write(_command("notice", {"title": "kguard"}, safe(notice)))
    if not style.quiet:
        out.write(summary(report, style) + "\n")
    hidden = [
        counted(levels[level] - MAX_SHOWN, level)
        for level in _LEVEL.values()
        if levels[level] > MAX_SHOWN
    ]
    if hidden:
        out.write(
            f"GitHub draws {MAX_SHOWN} annotations per level: {', '.join(hidden)} not drawn\n"
        )


def _properties(item: Located) -> dict[str, str | int]:
    span = item.span
    found: dict[str, str | int] = {"file": item.path, "line": span.line, "col": span.column}
    # Columns are taken only for annotations of one line, so the first line stands for the rest.
    if span.end_line == span.line:
        found |= {"endLine": span.line, "endColumn": span.end_column}
    return {**found, "title": item.finding.policy}


def _text(items: list[Located]) -> str:
    """All a group has to say; annotations are scarce, lines in one are not."""
    parts = [*messages(items), missing_label(items), uncertain(items)]
    parts += [item.finding.help for item in items]
    parts += [f"{n.path}:{n.span.line}: {n.label}" for item in items for n in item.notes]
    return "\n".join(safe(part) for part in dict.fromkeys(parts) if part)


def _command(level: str, properties: dict[str, str | int], text: str) -> str:
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{level} {written}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(safe(text)).replace(":", "%3A").replace(",", "%2C")
