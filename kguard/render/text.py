"""What several text formats share: places, groups of findings, the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from kguard.model import Severity, named_route
from kguard.report import Located, Note, Report
from kguard.term import Style, safe
from kguard.words import counted

FEW = 5
"""Up to so many skipped files are named where nothing else was in the input."""


def place(path: str, line: int, column: int) -> str:
    """`path:line:column`, without what is 0, that is unknown."""
    text = safe(path)
    if line:
        text += f":{line}:{column}" if column else f":{line}"
    return text


def fold(findings: list[Located]) -> Iterator[list[Located]]:
    """Findings in groups that share policy, severity and place: they are shown once.

    `findings` are sorted as a report is; text reached through aliases often has several.
    """
    for _, group in groupby(
        findings,
        key=lambda it: (*_place_of(it), it.finding.policy, it.finding.severity),
    ):
        yield list(group)


def fold_missing(findings: list[Located]) -> Iterator[list[Located]]:
    """Groups as `fold` makes them, those about keys that one place lacks joined into one frame."""
    for _, groups in groupby(
        fold(findings),
        key=lambda items: (
            *_place_of(items[0]),
            items[0].finding.severity,
            "" if all(item.missing for item in items) else items[0].finding.policy,
        ),
    ):
        yield [item for group in groups for item in group]


def _place_of(item: Located) -> tuple[object, ...]:
    """The place of a finding; where it is not certain, that in the tool's output."""
    if item.rendering is None or item.rendering.certain:
        return (item.path, item.span)
    return (item.path, item.span, item.rendering.command, item.rendering.span)


def rendered_place(item: Located | Note) -> str:
    """Where something stands in a tool's output, if it is not certain where in the file."""
    rendering = item.rendering
    if rendering is None or rendering.certain:
        return ""
    return f"line {rendering.span.line} of `{rendering.command}`"


def uncertain(items: list[Located]) -> str:
    """What to say of a place that is only near the one in the file; empty where it is that one."""
    where = rendered_place(items[0])
    return f"{where}; the line in the file is not certain" if where else ""


def messages(items: list[Located]) -> list[str]:
    """The different messages of a group, in order."""
    return list(dict.fromkeys(item.finding.message for item in items))


def missing_label(items: list[Located]) -> str:
    """What is said behind the carets where keys are missing: no `resources.limits` in here."""
    names = dict.fromkeys(safe(named_route({}, item.missing)) for item in items if item.missing)
    return f"no {', '.join(f'`{name}`' for name in names)} in here" if names else ""


def summary(report: Report, style: Style) -> str:
    """One line: how many findings in how many files, and how many more are not shown."""
    found = [
        style.paint(counted(number, severity.word), severity.word)
        for severity in sorted(Severity, reverse=True)
        if (number := report.count(severity))
    ]
    files = f"{counted(report.files, 'file')} ({counted(report.resources, 'resource')})"
    text = f"{', '.join(found) or 'no findings'} in {files}"
    hidden = []
    if report.suppressed:
        hidden.append(f"{report.suppressed} suppressed")
    if report.baselined:
        hidden.append(f"{report.baselined} in the baseline")
    if report.unchanged:
        hidden.append(f"{report.unchanged} on what is unchanged")
    if report.unchecked:
        hidden.append(style.paint(f"{len(report.unchecked)} not checked", "error"))
    if report.undecided:
        hidden.append(f"{report.undecided} undecided")
    if report.skipped:
        hidden.append(f"{len(report.skipped)} skipped")
    if hidden:
        text += f"; {', '.join(hidden)}"
    unsaid = report.undecided or (report.skipped and not _names_skipped(report, style))
    return f"{text} (-v lists them)" if unsaid and not style.verbose else text


def fixable(report: Report, mark: str = "") -> str:
    """How many fixes `kguard fix` has to try, empty for none; `mark` is theirs in the report.

    Whether one uncovers another fault and is left out is known once it has been tried.
    """
    fixes = [item.fix for item in report.findings if item.fix is not None]
    safe = sum(1 for fix in fixes if fix.safe)
    unsafe = len(fixes) - safe
    if not safe:
        return f"{_fixes(unsafe)} to try with `kguard fix --unsafe`" if unsafe else ""
    return f"{mark}{_fixes(safe)} to try with `kguard fix`" + (
        f", {unsafe} more with `--unsafe`" if unsafe else ""
    )


def _fixes(number: int) -> str:
    return "1 fix" if number == 1 else f"{number} fixes"


def _names_skipped(report: Report, style: Style) -> bool:
    """Whether skipped files are named: on request, and where there was nothing else.

    Somebody who named one file that is none of ours must not have to ask why.
    """
    return style.verbose or (not report.files and len(report.skipped) <= FEW)


def closing(report: Report, style: Style, mark: str = "") -> Iterator[str]:
    """The lines below the findings: notices, what was skipped, statistics, the summary.

    `mark` is what the format puts beside findings with a safe fix.
    """
    if not style.quiet:
        for notice in report.notices:
            yield f"{style.paint('notice', 'note')}: {safe(notice)}"
        for detail in report.details if style.verbose else ():
            yield f"{style.paint('detail', 'note')}: {safe(detail)}"
        if _names_skipped(report, style):
            for skipped in report.skipped:
                yield f"skipped {safe(skipped.path)}: {safe(skipped.reason)}"
    if style.statistics:
        yield from statistics(report, style)
    if not style.quiet:
        yield summary(report, style)
        if hint := fixable(report, mark):
            yield hint


def statistics(report: Report, style: Style) -> Iterator[str]:
    """A table of findings per policy and severity, the most frequent first."""
    counts = Counter((item.finding.policy, item.finding.severity) for item in report.findings)
    if not counts:
        return
    width = max(len("count"), len(str(max(counts.values()))))
    yield style.paint(f"{'count':>{width}}  {'severity':8}  policy", "strong")
    for (policy, severity), number in sorted(
        counts.items(), key=lambda row: (-row[1], row[0][0], -row[0][1])
    ):
        word = style.paint(f"{severity.word:8}", severity.word)
        yield f"{number:>{width}}  {word}  {policy}"
    yield ""
