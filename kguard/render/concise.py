"""One finding per line, for grep, editors and long logs."""

from __future__ import annotations

from typing import TextIO

from kguard.render import links
from kguard.render.text import closing, place
from kguard.report import Report
from kguard.term import Style, safe


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write `path:line:column: severity[policy] message` lines, then the summary."""
    for item in report.findings:
        finding, severity = item.finding, item.finding.severity.word
        where = place(item.path, item.span.line, item.span.column)
        url = links.terminal_url(report.policies.get(finding.policy))
        head = style.paint(f"{severity}[{style.link(finding.policy, url)}]", severity)
        out.write(f"{where}: {head} {safe(finding.message)}\n")
    for unchecked in report.unchecked:
        where = place(unchecked.path, unchecked.line, unchecked.column)
        head = style.paint("error", "error")
        out.write(f"{where}: {head}: cannot check: {safe(unchecked.reason)}\n")
    for line in closing(report, style):
        out.write(line + "\n")
