"""Files in memory as a run sees them: read, recognised, judged, located."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kguard.engine import run
from kguard.facts import Assumptions, Facts
from kguard.fingerprint import with_keys
from kguard.ignore import Applied, IgnoreEntry, Verdicts, apply, gather
from kguard.index import Index
from kguard.inputs.sources import Document, Source
from kguard.kube.recognise import resources
from kguard.model import Place, Resource, Route, named_route
from kguard.policy.registry import Registry, build_registry, load_registry
from kguard.report import Located
from kguard.rules import Rules
from kguard.source import read

TODAY = datetime.date(2026, 6, 15)
WITHOUT_EFFECT = "ignore without effect: "


def registry() -> Registry:
    """The built-in policies that the tests of ignores speak of."""
    everything = load_registry(entry_points=False).policies
    wanted = [p for p in everything.values() if p.family in ("resources", "meta")]
    return build_registry(wanted)


REGISTRY = registry()
DEFAULT = ("missing-cpu-request", "missing-memory-request")


@dataclass
class Loaded:
    """Sources and resources of some files; the `World` that ignores look into."""

    sources: dict[str, Source] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)

    def locate(self, resource: Resource, route: Route) -> tuple[str, Place]:
        origin = resource.origin
        return origin.path, self._document(resource).locate((*origin.prefix, *route))

    def elsewhere(self, resource: Resource, route: Route) -> Iterable[tuple[str, int, int]]:
        return ()

    def extent(self, resource: Resource, route: Route) -> tuple[int, int]:
        return self._document(resource).extent((*resource.origin.prefix, *route))

    def _document(self, resource: Resource) -> Document:
        documents = self.sources[resource.origin.path].documents
        return next(d for d in documents if d.index == resource.origin.document)


def load(files: Mapping[str, str | bytes], context: Iterable[str] = ()) -> Loaded:
    """Read files given as path → content; those named in `context` are looked at only."""
    loaded = Loaded()
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        source = loaded.sources[path] = read(path, data)
        for document in source.documents:
            loaded.resources += resources(
                document.data, path, document.index, context=path in context
            )
    return loaded


@dataclass
class Ran:
    """The outcome of a run, short enough to compare in a test."""

    applied: Applied
    loaded: Loaded
    before: list[Located]

    @property
    def kept(self) -> list[tuple[str, int]]:
        return [(item.finding.policy, item.span.line) for item in self.applied.kept]

    @property
    def hidden(self) -> list[tuple[str, int]]:
        return [(h.located.finding.policy, h.located.span.line) for h in self.applied.hidden]

    @property
    def meta(self) -> list[tuple[str, int]]:
        return [
            (item.finding.policy, item.span.line)
            for item in self.applied.meta
            if not item.finding.message.startswith(WITHOUT_EFFECT)
        ]

    @property
    def problems(self) -> list[tuple[int, str]]:
        """What is said of ignores that are written wrongly, and where."""
        return [
            (item.span.line, item.finding.message.removeprefix(WITHOUT_EFFECT))
            for item in self.applied.meta
            if item.finding.message.startswith(WITHOUT_EFFECT)
        ]


def check(
    files: str | bytes | Mapping[str, str | bytes],
    *,
    policies: Iterable[str] = DEFAULT,
    entries: Iterable[IgnoreEntry] = (),
    context: Iterable[str] = (),
    today: datetime.date = TODAY,
    whole: bool = True,
    rules: Rules | None = None,
) -> Ran:
    """Judge files by some policies, then apply what ignores there are in them and in `entries`."""
    if isinstance(files, (str, bytes)):
        files = {"a.yaml": files}
    loaded = load(files, context)
    facts = Facts(Index(loaded.resources), Assumptions())
    outcome = run([REGISTRY.policies[name] for name in policies], loaded.resources, facts)
    assert outcome.crashes == []
    located = []
    for finding in outcome.findings:
        path, place = loaded.locate(finding.resource, finding.route)
        route = named_route(finding.resource.data, finding.route)
        located.append(Located(finding, path, place.span, place.missing, place.via, route))
    before = with_keys(located)
    ignores = gather(loaded.resources, loaded, REGISTRY, entries)
    verdicts = Verdicts(outcome.judged, {policy for policy, _ in outcome.unknown}, whole)
    applied = apply(before, ignores, verdicts, REGISTRY, loaded, today=today, rules=rules)
    return Ran(applied, loaded, before)


def pod(
    *,
    at_end: str = "",
    at_name: str = "",
    above: str = "",
    top: str = "",
    annotations: str = "",
    resources: str = "{requests: {cpu: 100m}}",
) -> str:
    """A Pod that requests no memory (line 10, if not told otherwise), with room for ignores."""
    return "\n".join(
        (
            top,  # 1
            "apiVersion: v1",  # 2
            "kind: Pod",  # 3
            f"metadata: {{name: a, annotations: {{{annotations}}}}}",  # 4
            "spec:",  # 5
            "  containers:",  # 6
            f"    {above}",  # 7
            f"    - name: web {at_name}",  # 8
            "      image: registry.example.com/web:1",  # 9
            f"      resources: {resources} {at_end}",  # 10
            "",
        )
    )


MEMORY = ("missing-memory-request", 10)
"""The one finding on `pod()`."""
