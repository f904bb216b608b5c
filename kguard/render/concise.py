"""One line per finding, for grep, editors and long logs."""

from __future__ import annotations

from typing import TextIO

from kguard.render import links
from kguard.render.text import closing, fold, messages, place, uncertain
from kguard.report import Report
from kguard.term import Style, safe

_FIXABLE = "[*]"


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write `path:line:column: severity[policy] message` lines, then the summary.

    `[*]` before the message says that `kguard fix` has a safe fix.
    """
    for items in fold(report.findings):
        first = items[0]
        severity, policy = first.finding.severity.word, first.finding.policy
        where = place(first.path, first.span.line, first.span.column)
        url = links.terminal_url(report.policies.get(policy))
        head = style.paint(f"{severity}[{style.link(policy, url)}]", severity)
        if any(item.fix is not None and item.fix.safe for item in items):
            head += f" {_FIXABLE}"
        near = f" ({safe(doubt)})" if (doubt := uncertain(items)) else ""
        for message in messages(items):
            out.write(f"{where}: {head} {safe(message)}{near}\n")
    for unchecked in report.unchecked:
        where = place(unchecked.path, unchecked.line, unchecked.column)
        head = style.paint("error", "error")
        out.write(f"{where}: {head}: cannot check: {safe(unchecked.reason)}\n")
    for line in closing(report, style, f"{_FIXABLE} "):
        out.write(line + "\n")
