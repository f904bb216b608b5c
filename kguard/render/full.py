"""The format for people: every finding with its source line, carets, help and notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from kguard.model import Span
from kguard.render import links
from kguard.render.frame import frame, gutter
from kguard.render.text import closing, fold_missing, missing_label, place, rendered_place
from kguard.report import Located, Report, Unchecked
from kguard.term import Style, safe

_LABELS = 3
"""Resources named for one frame; text reached through aliases can belong to very many."""


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write the report with frames, then what was not checked, notices and the summary."""
    explained: set[str] = set()
    for items in fold_missing(report.findings):
        lines = block(items, report, style)
        out.write("\n".join([*lines, *_see(items, report, style, explained)]) + "\n\n")
    for item in report.unchecked:
        out.write("\n".join(_unchecked(item, report, style)) + "\n\n")
    for line in closing(report, style):
        out.write(line + "\n")


def block(items: list[Located], report: Report, style: Style) -> Iterator[str]:
    """The lines about findings of one group: messages, place, frame, help, notes, fix."""
    first = items[0]
    severity = first.finding.severity.word
    for policy, message in dict.fromkeys((it.finding.policy, it.finding.message) for it in items):
        name = style.link(policy, links.terminal_url(report.policies.get(policy)))
        head = style.paint(f"{severity}[{name}]", severity)
        yield f"{head}: {style.paint(safe(message), 'strong')}"

    span = _shown(first)
    blank = gutter(span)
    where, text = _where(first, report)
    yield f"{blank}{style.paint('-->', 'gutter')} {where}  {_resources(items)}".rstrip()
    yield from frame(text, span, missing_label(items), style, severity)
    for kind, remark in dict.fromkeys(_remarks(items)):
        yield _remark(blank, kind, remark, style)


def _shown(item: Located) -> Span:
    """The span of the frame: that in a tool's output where the one in the file is in doubt."""
    if item.rendering is None or item.rendering.certain:
        return item.span
    return item.rendering.span


def _where(item: Located, report: Report) -> tuple[str, str]:
    """The place that is named, and the line that is shown."""
    if item.rendering is None or item.rendering.certain:
        where = place(item.path, item.span.line, item.span.column)
        return where, report.line(item.path, item.span.line)
    return f"{safe(item.path)}, rendered", item.rendering.text


def _rendered(item: Located) -> Iterator[tuple[str, str]]:
    """What was rendered, and which line the frame shows: the file's own or the rendered one."""
    if item.rendering is None:
        return
    line, command = item.rendering.span.line, safe(item.rendering.command)
    if item.rendering.certain:
        yield "rendered", f"line {line} of `{command}`; shown is the line of the file"
    else:
        near = f", it is near line {item.span.line}" if item.span.line > 1 else ""
        said = f"line {line} of `{command}` is shown; that of the file is not certain{near}"
        yield "rendered", said


def _remark(blank: str, kind: str, text: str, style: Style) -> str:
    head = f"{blank} {style.paint('=', 'gutter')} {style.paint(kind, 'help')}"
    return f"{head}: {text}" if text else head


def _resources(items: list[Located]) -> str:
    labels = list(dict.fromkeys(safe(item.finding.resource.label) for item in items))
    more = f" and {len(labels) - _LABELS} more" if len(labels) > _LABELS else ""
    return ", ".join(labels[:_LABELS]) + more


def _remarks(items: list[Located]) -> Iterator[tuple[str, str]]:
    helps = dict.fromkeys((it.finding.policy, it.finding.help) for it in items if it.finding.help)
    several = len({help for _, help in helps}) > 1 and len({policy for policy, _ in helps}) > 1
    for policy, help in helps:
        yield "help", f"{policy}: {safe(help)}" if several else safe(help)
    for item in items:
        for span in item.via:
            yield "note", f"{place(item.path, span.line, span.column)}: reached by this alias"
        yield from _rendered(item)
        for note in item.notes:
            where = rendered_place(note) and f"{safe(note.path)}, {safe(rendered_place(note))}"
            where = where or place(note.path, note.span.line, note.span.column)
            yield "note", f"{where}: {safe(note.label)}"
    for item in items:
        if (fix := item.fix) is not None:
            yield f"fix available ({'safe' if fix.safe else 'unsafe'})", safe(fix.title)
        elif item.no_fix and item.finding.fix is not None:
            yield "to be fixed by hand", f"{safe(item.finding.fix.title)} ({safe(item.no_fix)})"


def _see(items: list[Located], report: Report, style: Style, explained: set[str]) -> Iterator[str]:
    """The address of each page, at a policy's first finding, where it cannot be a link."""
    for policy in dict.fromkeys(item.finding.policy for item in items):
        url = links.page_url(report.policies.get(policy))
        if url and not style.links and policy not in explained:
            explained.add(policy)
            yield _remark(gutter(_shown(items[0])), "see", url, style)


def _unchecked(item: Unchecked, report: Report, style: Style) -> Iterator[str]:
    where = place(item.path, item.line, item.column)
    reason = style.paint(safe(item.reason), "strong")
    yield f"{style.paint('error', 'error')}: cannot check {where}: {reason}"
    text = report.line(item.path, item.line) if item.line else ""
    if text:
        column = max(1, item.column)
        span = Span(item.line, column, item.line, column + 1)
        yield from frame(text, span, "", style, "error")
