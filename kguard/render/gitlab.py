"""GitLab's Code Quality report, which puts findings beside the changes of a merge request.

Keys and severities: docs.gitlab.com, "Code Quality", section on the report format. GitLab drops
entries without a description, fingerprint, severity or location (its schema codeclimate.json), and
keeps one of those that share a fingerprint (its lib/gitlab/ci/reports/codequality_reports.rb).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO

from kguard.digest import blake2b
from kguard.model import Severity
from kguard.render.machine import dumps
from kguard.render.text import uncertain
from kguard.report import Located, Report, Unchecked
from kguard.term import Style, safe

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}
_UNCHECKED = "blocker"
"""Of what could not be checked nobody knows how bad it is."""
_CHECK_NAME_UNCHECKED = "cannot-check"
_DIGEST_BYTES = 16


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write the report as one JSON array; `style` changes nothing."""
    out.write(dumps(entries(report), depth=1) + "\n")


def entries(report: Report) -> list[dict[str, Any]]:
    """The report as plain data, ready for json.dumps; no two entries share a fingerprint."""
    seen: set[str] = set()
    found = []
    for entry in _entries(report):
        entry["fingerprint"] = _unique(entry["fingerprint"], seen)
        seen.add(entry["fingerprint"])
        found.append(entry)
    return found


def _entries(report: Report) -> Iterator[dict[str, Any]]:
    yield from map(_finding, report.findings)
    yield from map(_unchecked, report.unchecked)


def _finding(item: Located) -> dict[str, Any]:
    finding = item.finding
    remarks = "; ".join(part for part in (finding.help, uncertain([item])) if part)
    text = f"{finding.message} ({remarks})" if remarks else finding.message
    return {
        "description": safe(text),
        "check_name": finding.policy,
        "fingerprint": item.key or _digest(finding.policy, item.path, finding.message),
        "severity": _SEVERITY[finding.severity],
        "location": {
            "path": item.path,
            "lines": {"begin": item.span.line, "end": item.span.end_line},
        },
    }


def _unchecked(item: Unchecked) -> dict[str, Any]:
    line = max(1, item.line)
    return {
        "description": f"cannot check: {safe(item.reason)}",
        "check_name": _CHECK_NAME_UNCHECKED,
        "fingerprint": _digest(_CHECK_NAME_UNCHECKED, item.path, item.reason),
        "severity": _UNCHECKED,
        "location": {"path": item.path, "lines": {"begin": line, "end": line}},
    }


def _unique(fingerprint: str, seen: set[str]) -> str:
    """The fingerprint, or one made of it where it is taken."""
    number, name = 1, fingerprint
    while name in seen:
        number += 1
        name = _digest(fingerprint, str(number))
    return name


def _digest(*parts: str) -> str:
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()
