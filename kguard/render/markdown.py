"""Markdown with tables, for comments on pull requests and for the summaries of jobs.

Syntax: GitHub Flavored Markdown, which GitLab, Gitea and Forgejo render alike. Text from files is
escaped so that it makes no markup, links, images, mentions of people or references to issues.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from kguard.render import links
from kguard.render.text import fixable, fold, messages, missing_label, place, summary, uncertain
from kguard.report import Located, Report
from kguard.term import Style, safe
from kguard.words import counted

MAX_LENGTH = 60_000
"""Characters for the tables; a comment on GitHub holds 65,536 of them, a job summary 1 MiB."""
_MAX_CELL = 2_000
"""Characters of one message; a value from a file may be megabytes."""

_MARKUP = re.compile(r"[\\`*_{}\[\]<>|~&$!]")
# Mentions, references and bare addresses are looked for in the rendered text: entities do not
# hide them, a zero-width space does.
_MAGIC = re.compile(r"[@#]|(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=\bGH)(?=-)", re.IGNORECASE)
_ZERO_WIDTH = "&#8203;"
_NO_CODE_SPAN = frozenset("`|")
"""What ends a code span, or the cell it stands in."""


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write a table of findings, the most severe first, then what else there is to say."""
    findings = sorted(report.findings, key=lambda item: -item.finding.severity)
    tables = (
        ("Not checked", ("Where", "Reason"), _unchecked_rows(report)),
        ("", ("", "Finding", "Where", "Object"), _finding_rows(findings, report)),
    )
    blocks = []
    if not style.quiet:
        blocks.append(f"### kguard: {escape(summary(report, Style(verbose=True)))}")
    room = MAX_LENGTH
    for title, head, rows in tables:
        table, left_out = _table(head, rows, room)
        if table:
            blocks += [f"#### {title}"] if title else []
            blocks.append(table)
            room -= len(table)
        if left_out:
            blocks.append(f"{counted(left_out, 'row')} left out: a comment holds no more")
    if not style.quiet:
        blocks += [f"> {escape(notice)}" for notice in report.notices]
        blocks += [text(hint)] if (hint := fixable(report)) else []
    if blocks:
        out.write("\n\n".join(blocks) + "\n")


def text(message: str) -> str:
    """A message of ours as Markdown: what stands between backticks is code, all else plain."""
    parts = safe(message).split("`")
    if len(parts) % 2 == 0:  # A name with a backtick in it: nobody knows what was to be code.
        return escape(message)
    return "".join(code(part) if at % 2 else escape(part) for at, part in enumerate(parts))


def escape(plain: str) -> str:
    """Text that shows as it is, in a table or out of it."""
    marked = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", safe(plain))
    return _MAGIC.sub(
        lambda found: f"{found[0]}{_ZERO_WIDTH}" if not _in_entity(marked, found) else found[0],
        marked,
    )


def _in_entity(marked: str, found: re.Match[str]) -> bool:
    """Whether a `#` is one of those that `escape` has just written."""
    return found[0] == "#" and marked[found.start() - 1 : found.start()] == "&"


def code(plain: str) -> str:
    """Text as code, in a table or out of it; nothing for nothing."""
    shown = safe(plain)
    if not shown.strip():
        return escape(shown)
    if _NO_CODE_SPAN.isdisjoint(shown):
        return f"`{shown}`"
    entities = (char if char.isalnum() else f"&#{ord(char)};" for char in shown)
    return f"<code>{''.join(entities)}</code>"


def _table(head: Iterable[str], rows: Iterable[str], room: int) -> tuple[str, int]:
    """A table of as many rows as there is room for, and how many are left out."""
    cells = list(head)
    lines = [f"| {' | '.join(cells)} |", f"|{'---|' * len(cells)}"]
    used, left_out = sum(map(len, lines)), 0
    for row in rows:
        used += len(row) + 1
        if left_out or used > room:
            left_out += 1
        else:
            lines.append(row)
    return ("\n".join(lines) if len(lines) > 2 else ""), left_out


def _finding_rows(findings: list[Located], report: Report) -> Iterator[str]:
    for items in fold(findings):
        first = items[0]
        objects = dict.fromkeys(item.finding.resource.label for item in items)
        shown = [code(label) for label in list(objects)[:3]]
        if len(objects) > len(shown):
            shown.append(f"and {len(objects) - len(shown)} more")
        yield _row(
            first.finding.severity.word,
            "<br>".join(_remarks(items, report)),
            code(place(first.path, first.span.line, first.span.column)),
            "<br>".join(shown),
        )


def _remarks(items: list[Located], report: Report) -> Iterator[str]:
    policy = items[0].finding.policy
    url = links.page_url(report.policies.get(policy))
    name = f"[`{policy}`]({url})" if url else code(policy)
    yield f"{name} {'; '.join(_cell(message) for message in messages(items))}"
    parts = (missing_label(items), uncertain(items), *(item.finding.help for item in items))
    for part in dict.fromkeys(parts):
        if part:
            yield _cell(part)


def _cell(message: str) -> str:
    cut = message if len(message) <= _MAX_CELL else f"{message[: _MAX_CELL - 1]}…"
    return text(cut)


def _unchecked_rows(report: Report) -> Iterator[str]:
    for item in report.unchecked:
        yield _row(code(place(item.path, item.line, item.column)), _cell(item.reason))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
