"""`kguard check --add-ignore`: write a comment for each finding that is to be accepted."""

from __future__ import annotations

import datetime
from collections import defaultdict

from kguard.cli import BUG, OK, UNCHECKED, UsageError, fail
from kguard.cli.common import say_unchecked
from kguard.cli.session import Session
from kguard.ignore import Explained, GrammarError, parse_date, utc_today
from kguard.ignore.write import add_ignores as with_comments
from kguard.ignore.write import explanation, write_file
from kguard.inputs.load import read_source
from kguard.report import Located
from kguard.words import counted


def add_ignores(session: Session, reason: str, until: str | None) -> int:
    """Write the comments and say what was written; exit 3 where a finding cannot have one
    or a file could not be read.

    Raises UsageError for a reason or date that cannot be written.
    """
    try:
        why = explanation(reason, parse_date(until) if until else None)
    except GrammarError as error:
        raise UsageError(str(error)) from None
    today = utc_today()
    if why.until is not None and why.until < today:
        raise UsageError(f"--until {why.until} is over already")
    session.finish()
    by_path: dict[str, list[Located]] = defaultdict(list)
    for item in session.report.findings:
        by_path[item.path].append(item)
    written, changed, failed = 0, 0, say_unchecked(session.report)
    for path, located in sorted(by_path.items()):
        added, complete = _add(session, path, located, why, today)
        written += added
        changed += added > 0
        failed |= not complete
    print(f"added ignores for {counted(written, 'finding')} in {counted(changed, 'file')}")
    if session.crashes:
        from kguard.cli.crashes import report_crashes

        report_crashes(session.crashes, session.registry)
        return BUG
    return UNCHECKED if failed else OK


def _add(
    session: Session, path: str, located: list[Located], why: Explained, today: datetime.date
) -> tuple[int, bool]:
    """Write the comments into one file; how many findings they hide, and whether it is all."""
    if path == session.discovery.stdin:
        fail("standard input cannot be changed")
        return 0, False
    real = session.discovery.real_path(path)
    try:
        with open(real, "rb") as file:
            data = file.read()
        addition = with_comments(path, data, located, why, read=read_source, today=today)
        if addition.added:
            write_file(real, addition)
    except OSError as error:
        fail(f"{path}: cannot be changed: {error.strerror}")
        return 0, False
    for impossible in addition.impossible:
        place = f"{path}:{impossible.located.span.line}"
        fail(f"{place}: {impossible.located.finding.policy}: {impossible.reason}")
    return len(addition.added), not addition.impossible
