"""JUnit XML: a suite per file, a case per object and policy, so that what passed is seen too.

There is no standard; this keeps to what Jenkins, GitLab and Azure Pipelines all read. Every
finding is a failure and its severity the failure's type, whatever `--fail-on` says of the exit
code.
"""

from __future__ import annotations

from typing import TextIO
from xml.etree import ElementTree as xml

from kguard.render.full import block
from kguard.render.text import fold, messages, place
from kguard.report import Located, Report, Unchecked
from kguard.term import Style, safe

_PLAIN = Style()

_Cases = dict[tuple[str, str], list[Located]]
"""Findings by resource label and policy; none where the object passed."""


def render(report: Report, out: TextIO, style: Style) -> None:
    """Write the report as one XML document; `style` changes nothing."""
    root = xml.Element("testsuites", name="kguard")
    cases = _cases(report)
    unchecked: dict[str, list[Unchecked]] = {}
    for item in report.unchecked:
        unchecked.setdefault(item.path, []).append(item)
    for path in sorted(cases.keys() | unchecked.keys()):
        _suite(root, path, cases.get(path, {}), unchecked.get(path, []), report)
    _count(root, root.findall("testsuite/testcase"))
    xml.indent(root)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(xml.tostring(root, encoding="unicode") + "\n")


def _cases(report: Report) -> dict[str, _Cases]:
    """By file; verdicts and findings can each lack the other (kguard's own notices have none)."""
    found: dict[str, _Cases] = {}
    for policy, path, label in sorted(report.judged):
        found.setdefault(path, {}).setdefault((label, policy), [])
    for item in report.findings:
        case = (item.finding.resource.label, item.finding.policy)
        found.setdefault(item.path, {}).setdefault(case, []).append(item)
    return found


def _suite(
    root: xml.Element, path: str, cases: _Cases, unchecked: list[Unchecked], report: Report
) -> None:
    suite = xml.SubElement(root, "testsuite", name=safe(path))
    for item in unchecked:
        case = _case(suite, path, "file", "readable")
        where = place(item.path, item.line, item.column)
        reason = safe(item.reason)
        error = xml.SubElement(case, "error", message=reason, type="cannot check")
        error.text = f"{where}: {reason}"
    for (label, policy), items in sorted(cases.items()):
        case = _case(suite, path, label, policy)
        if items:
            worst = max(item.finding.severity for item in items)
            message = "; ".join(messages(items))
            failure = xml.SubElement(case, "failure", message=safe(message), type=worst.word)
            frames = ("\n".join(block(group, report, _PLAIN)) for group in fold(items))
            failure.text = "\n\n".join(frames)
    _count(suite, list(suite))


def _case(suite: xml.Element, path: str, label: str, name: str) -> xml.Element:
    return xml.SubElement(
        suite, "testcase", classname=safe(label), name=safe(name), file=safe(path)
    )


def _count(element: xml.Element, cases: list[xml.Element]) -> None:
    element.set("tests", str(len(cases)))
    for kind in ("failure", "error"):
        element.set(f"{kind}s", str(sum(1 for case in cases if case.find(kind) is not None)))
