"""Reports for the render tests: real files, real places, findings said by hand.

Renderers are tested apart from policies, so that a new policy changes no golden file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from kguard.kube.recognise import resources
from kguard.model import (
    Confidence,
    Finding,
    Fix,
    Related,
    Resource,
    Route,
    Severity,
    Span,
    named_route,
)
from kguard.policy.page import Policy
from kguard.report import Located, Note, Report, Skipped, Unchecked
from kguard.source import SourceFile, read

HERE = Path(__file__).parent
FIXTURES = HERE / "fixtures"

POLICIES = {
    policy.id: policy
    for policy in (
        Policy(
            id="image-latest",
            title="Image without a fixed version",
            family="images",
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            each="container",
            page=str(FIXTURES / "pages" / "image_latest.md"),
            module="kguard.policies.images.image_latest",
        ),
        Policy(
            id="memory-absurdly-small",
            title="Memory that no process can start in",
            family="resources",
            severity=Severity.ERROR,
            each="container",
            page=str(FIXTURES / "pages" / "memory_absurdly_small.md"),
            module="kguard.policies.resources.memory_absurdly_small",
        ),
        Policy(
            id="missing-memory-request",
            title="Container requests no memory",
            family="resources",
            severity=Severity.WARNING,
            each="container",
            page=str(FIXTURES / "pages" / "missing_memory_request.md"),
            module="kguard.policies.resources.missing_memory_request",
        ),
    )
}
"""Pages of the tests' own, so that no change to the real ones changes a golden file."""


@dataclass(frozen=True)
class Files:
    """Files that were read, and the objects in them."""

    sources: Mapping[str, SourceFile]
    resources: tuple[Resource, ...]

    def resource(self, label: str, path: str = "") -> Resource:
        """The one object with this label (in this file)."""
        (found,) = (
            r for r in self.resources if r.label == label and r.origin.path.startswith(path)
        )
        return found

    def line(self, path: str, number: int) -> str:
        """As Report.line."""
        return self.sources[path].line(number) if path in self.sources else ""

    def text(self, path: str) -> str:
        """As Report.text."""
        source = self.sources.get(path)
        return ("\ufeff" if source.bom else "") + source.text if source else ""


def read_files(contents: Mapping[str, bytes]) -> Files:
    """Read files given as path and bytes."""
    sources = {path: read(path, data) for path, data in contents.items()}
    found = [
        resource
        for path, source in sources.items()
        for document in source.documents
        for resource in resources(document.data, path, document.index)
    ]
    return Files(sources, tuple(found))


def read_fixtures() -> Files:
    """The fixtures, under the paths a user who stands above them would see."""
    files = sorted([*FIXTURES.glob("*.yaml"), *FIXTURES.glob("*.json")])
    return read_files({f"deploy/{path.name}": path.read_bytes() for path in files})


def finding(
    policy: str,
    resource: Resource,
    route: Route,
    message: str,
    *,
    severity: Severity = Severity.WARNING,
    confidence: Confidence = Confidence.HIGH,
    help: str = "",
    related: Iterable[Related] = (),
    fix: Fix | None = None,
) -> Finding:
    """A finding as the engine would give it."""
    return Finding(
        policy, severity, confidence, message, resource, route, help, tuple(related), fix
    )


def locate(files: Files, item: Finding) -> Located:
    """Give a finding its place, its route in words and a stand-in for the fingerprint."""
    resource = item.resource
    span, missing, via = _place(files, resource, item.route)
    named = named_route(resource.data, item.route)
    key = blake2b(f"{item.policy} {resource.label} {named}".encode(), digest_size=16).hexdigest()
    notes = []
    for related in item.related:
        there = _place(files, related.resource, related.route)[0]
        notes.append(Note(related.resource.origin.path, there, related.label))
    return Located(item, resource.origin.path, span, missing, via, named, key, tuple(notes))


def _place(files: Files, resource: Resource, route: Route) -> tuple[Span, Route, tuple[Span, ...]]:
    origin = resource.origin
    documents = {d.index: d for d in files.sources[origin.path].documents}
    place = documents[origin.document].locate((*origin.prefix, *route))
    return place.span, place.missing, place.via


def report_of(files: Files, findings: Iterable[Finding], **rest: object) -> Report:
    """A report of those findings, sorted; `rest` are fields of Report."""
    located = sorted((locate(files, item) for item in findings), key=lambda item: item.order)
    fields = {
        "unchecked": [
            Unchecked(path, error.line, error.column, error.message)
            for path, source in files.sources.items()
            for error in source.errors
        ],
        "files": len(files.sources),
        "documents": sum(len(source.documents) for source in files.sources.values()),
        "resources": len(files.resources),
        "policies": POLICIES,
        "judged": [
            (policy, resource.origin.path, resource.label)
            for resource in files.resources
            if resource.kind != "ConfigMap"
            for policy in POLICIES
        ],
        "line": files.line,
        "text": files.text,
    }
    return Report(findings=located, **{**fields, **rest})  # type: ignore[arg-type]


def fixture_report() -> Report:
    """The report all golden files show."""
    files = read_fixtures()
    pods: Route = ("spec", "template", "spec", "containers")
    web, scaler = (
        files.resource("Deployment/shop/web"),
        files.resource("HorizontalPodAutoscaler/shop/web"),
    )
    importer, exporter = files.resource("Job/import-*"), files.resource("Job/export")
    foreign = files.resource("Pod/ünïcode")
    needs = Related(scaler, ("spec", "metrics", 0, "resource", "target"), "this HPA needs it")

    def image(resource: Resource, route: Route, name: str) -> Finding:
        return finding(
            "image-latest",
            resource,
            (*route, "image"),
            f"image of container `{name}` has no fixed version",
            confidence=Confidence.MEDIUM,
            help="`latest` names another image tomorrow",
        )

    def too_small(number: int) -> Finding:
        return finding(
            "memory-absurdly-small",
            web,
            (*pods, number, "resources", "limits", "memory"),
            "memory limit `512m` is less than one byte",
            severity=Severity.ERROR,
            help="the suffix `m` means thousandths",
            fix=Fix((), safe=False, title="write `512Mi`"),
        )

    def no_request(resource: Resource, route: Route, name: str, *related: Related) -> Finding:
        return finding(
            "missing-memory-request",
            resource,
            (*route, "resources", "requests", "memory"),
            f"container `{name}` requests no memory",
            related=related,
        )

    findings = [
        no_request(web, (*pods, 0), "web", needs),
        no_request(web, (*pods, 1), "log", needs),
        too_small(0),
        too_small(1),
        image(web, (*pods, 1), "log"),
        image(importer, (*pods, 0), "copy"),
        image(exporter, (*pods, 0), "copy"),
        no_request(exporter, (*pods, 1), "tell"),
        finding(
            "job-no-deadline",
            exporter,
            ("spec", "activeDeadlineSeconds"),
            "job `export` has no deadline",
            severity=Severity.NOTE,
            fix=Fix((), safe=True, title="set `activeDeadlineSeconds: 3600`"),
        ),
        image(files.resource("Pod/shell"), ("spec", "containers", 0), "shell"),
        image(files.resource("Pod/windows"), ("spec", "containers", 0), "windows"),
        image(files.resource("Pod/minified"), ("spec", "containers", 0), "app"),
        image(foreign, ("spec", "containers", 0), "日本語🚀"),
        no_request(foreign, ("spec", "containers", 1), "red\x1b[31m"),
        finding(
            "memory-absurdly-small",
            foreign,
            ("metadata", "annotations", "image"),
            "a made-up finding behind wide and invisible characters",
            severity=Severity.ERROR,
        ),
    ]
    return report_of(
        files,
        findings,
        skipped=[Skipped("charts/shop", "unrendered Helm template")],
        notices=["the Argo controller's ConfigMap was not seen: its defaults are unknown"],
        suppressed=2,
        baselined=4,
    )
