"""The versioned JSON format; report.schema.json beside this module describes it.

Within a version keys are only added: readers ignore those they do not know.
"""

from __future__ import annotations

from typing import Any, TextIO

from kguard.model import Resource, Severity, Span
from kguard.render.machine import dumps, rendered
from kguard.report import Located, Note, Report, Unchecked
from kguard.term import Style

VERSION = 1


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write the report as one JSON object; `style` changes nothing."""
    out.write(dumps(document(report), depth=2) + "\n")


def document(report: Report) -> dict[str, Any]:
    """The report as plain data, ready for json.dumps."""
    return {
        "version": VERSION,
        "findings": [_finding(item) for item in report.findings],
        "unchecked": [_unchecked(item) for item in report.unchecked],
        "skipped": [{"file": item.path, "reason": item.reason} for item in report.skipped],
        "notices": list(report.notices),
        "summary": {
            "files": report.files,
            "documents": report.documents,
            "resources": report.resources,
            **{s.word: report.count(s) for s in sorted(Severity, reverse=True)},
            "suppressed": report.suppressed,
            "baselined": report.baselined,
        },
    }


def _finding(item: Located) -> dict[str, Any]:
    finding = item.finding
    found: dict[str, Any] = {
        "policy": finding.policy,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "message": finding.message,
        "help": finding.help,
        "file": item.path,
        **_position(item.span),
        "resource": _resource(finding.resource),
        "path": item.named_route,
        "related": [_related(note) for note in item.notes],
        "fixable": _fixable(item),
        "fingerprint": item.key,
    }
    if item.rendering is not None:
        found["rendered"] = rendered(item.rendering)
    return found


def _position(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _resource(resource: Resource) -> dict[str, str | None]:
    named: dict[str, str | None] = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "namespace": resource.namespace,
        "name": resource.name,
    }
    if not resource.name and resource.generate_name:
        named["generateName"] = resource.generate_name
    return named


def _related(note: Note) -> dict[str, Any]:
    return {"file": note.path, **_position(note.span), "label": note.label}


def _fixable(item: Located) -> str | None:
    if item.fix is None:
        return None
    return "safe" if item.fix.safe else "unsafe"


def _unchecked(item: Unchecked) -> dict[str, Any]:
    return {"file": item.path, "line": item.line, "column": item.column, "reason": item.reason}
