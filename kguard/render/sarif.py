"""SARIF 2.1.0, the subset GitHub code scanning reads.

Requirements and limits: docs.github.com, "SARIF support for code scanning" and "SARIF results
exceed one or more limits"; meaning of the properties: the OASIS standard.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from kguard import __version__
from kguard.model import Confidence, Severity, Span
from kguard.policy.page import Policy
from kguard.render import links
from kguard.render.linehash import line_hashes
from kguard.render.machine import dumps, rendered, utf16_column
from kguard.render.text import uncertain
from kguard.report import Located, Report, Unchecked
from kguard.term import Style
from kguard.words import counted

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS = 25_000
"""GitHub refuses a run with more."""
_MAX_DESCRIPTION = 1024

_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_UNRESERVED = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"  # RFC 3986 and "/"
)


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write the report as one SARIF log with one run; `style` changes nothing."""
    out.write(dumps(log(report), depth=4) + "\n")


def log(report: Report) -> dict[str, Any]:
    """The report as plain data, ready for json.dumps."""
    findings = _at_most(report.findings, MAX_RESULTS)
    rules = sorted({item.finding.policy for item in findings})
    numbers = {rule: number for number, rule in enumerate(rules)}
    hashes = _hashes(report, findings)
    driver = {
        "name": "kguard",
        "semanticVersion": __version__,
        "informationUri": links.REPOSITORY,
        "rules": [_rule(rule, report, findings) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        # What editors count in, and CodeQL; a reader that ignores the property assumes it.
        "columnKind": "utf16CodeUnits",
        "invocations": [_invocation(report, len(report.findings) - len(findings))],
        "results": [_result(item, numbers, hashes, report) for item in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _at_most(findings: list[Located], limit: int) -> list[Located]:
    """The most severe findings, in the order they came in."""
    if len(findings) <= limit:
        return findings
    ranked = sorted(range(len(findings)), key=lambda at: -findings[at].finding.severity)
    return [findings[at] for at in sorted(ranked[:limit])]


def _rule(rule: str, report: Report, findings: Iterable[Located]) -> dict[str, Any]:
    policy = report.policies.get(rule)
    if policy is None:
        severity = max(item.finding.severity for item in findings if item.finding.policy == rule)
        text = {"text": rule}
        return {
            "id": rule,
            "shortDescription": text,
            "fullDescription": text,
            "help": text,
            "defaultConfiguration": {"level": severity.word},
            "properties": {"problem.severity": _PROBLEM[severity]},
        }
    body = _body(policy)
    described: dict[str, Any] = {
        "id": rule,
        "shortDescription": {"text": policy.title},
        "fullDescription": {"text": _first_paragraph(body) or policy.title},
        "help": {"text": body, "markdown": body},
        "defaultConfiguration": {"level": policy.severity.word},
        "properties": {
            "precision": _PRECISION[policy.confidence],
            "problem.severity": _PROBLEM[policy.severity],
            "tags": ["kubernetes", policy.family],
        },
    }
    if url := links.page_url(policy):
        described["helpUri"] = url
    return described


def _body(policy: Policy) -> str:
    try:
        return policy.body() or policy.title
    except (OSError, ValueError):  # The page of a user's policy was deleted during the run.
        return policy.title


def _first_paragraph(body: str) -> str:
    for paragraph in body.split("\n\n"):
        text = " ".join(paragraph.split())
        if text and not text.startswith(("#", "```", "|")):
            return text[:_MAX_DESCRIPTION]
    return ""


def _result(
    item: Located,
    numbers: dict[str, int],
    hashes: dict[tuple[str, int], str],
    report: Report,
) -> dict[str, Any]:
    finding = item.finding
    parts = (finding.message, uncertain([item]), finding.help)
    message = "\n".join(part for part in parts if part)
    where = f"{finding.resource.label} {item.named_route}".strip()
    result: dict[str, Any] = {
        "ruleId": finding.policy,
        "ruleIndex": numbers[finding.policy],
        "level": finding.severity.word,
        "message": _message(message),
        "locations": [
            {
                "physicalLocation": _physical(item.path, item.span, report),
                "logicalLocations": [{"fullyQualifiedName": where}],
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": hashes.get((item.path, item.span.line), item.key),
            "kguard/v1": item.key,
        },
    }
    if item.rendering is not None:
        result["properties"] = {"rendered": rendered(item.rendering)}
    if item.notes:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _physical(note.path, note.span, report),
                "message": _message(note.label),
            }
            for number, note in enumerate(item.notes, start=1)
        ]
    return result


def _message(text: str) -> dict[str, str]:
    # `[text](1)` in a plain message is a link (SARIF 3.11.6); names from a manifest make none.
    return {"text": text.replace("](", "] (")}


def _physical(path: str, span: Span, report: Report) -> dict[str, Any]:
    """A place on one line: GitHub comments on a pull request only if all lines are in its diff."""
    line = report.line(path, span.line)
    end = span.end_column if span.end_line == span.line else len(line) + 1
    start = utf16_column(line, span.column)
    return {
        "artifactLocation": {"uri": _uri(path)},
        "region": {
            "startLine": span.line,
            "startColumn": start,
            "endLine": span.line,
            "endColumn": max(start, utf16_column(line, end)),
        },
    }


def _uri(path: str) -> str:
    """A path as a URI reference; bytes that are no UTF-8 keep their value."""
    data = path.encode("utf-8", "surrogateescape")
    encoded = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in data)
    return f"file://{encoded}" if path.startswith("/") else encoded


def _hashes(report: Report, findings: Iterable[Located]) -> dict[tuple[str, int], str]:
    lines: dict[str, set[int]] = {}
    for item in findings:
        lines.setdefault(item.path, set()).add(item.span.line)
    return {
        (path, line): value
        for path, wanted in lines.items()
        if (text := report.text(path))
        for line, value in line_hashes(text, wanted).items()
    }


def _invocation(report: Report, left_out: int) -> dict[str, Any]:
    told = [_unchecked(item, report) for item in report.unchecked]
    told += [{"level": "note", "message": _message(notice)} for notice in report.notices]
    if left_out:
        text = f"{counted(left_out, 'result')} left out, the least severe: GitHub takes no more"
        told.append({"level": "warning", "message": _message(text)})
    return {"executionSuccessful": not report.unchecked, "toolExecutionNotifications": told}


def _unchecked(item: Unchecked, report: Report) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(item.path)}}
    if item.line:
        column = max(1, item.column)
        span = Span(item.line, column, item.line, column)
        physical = _physical(item.path, span, report)
    return {
        "level": "error",
        "message": _message(f"cannot check {item.path}: {item.reason}"),
        "locations": [{"physicalLocation": physical}],
    }
