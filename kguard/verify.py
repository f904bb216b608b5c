"""Run the examples of policy pages: what is marked must be found, there and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.engine import run
from kguard.facts import Assumptions, Facts
from kguard.index import Index
from kguard.kube import drone
from kguard.kube.recognise import resources
from kguard.model import Duplicate, Finding, Resource, Route
from kguard.policy.examples import Example, Mark
from kguard.policy.page import Policy
from kguard.quantity.versions import major_minor
from kguard.record import record, replace
from kguard.rules import Rule

_Sources = Mapping[tuple[str, int], Any]
"""What locates the routes of an example, by the name of the file and the number of the document."""


@record
class Mismatch:
    """One way in which an example and its policy disagree, as a sentence."""

    example: Example
    text: str


def verify(policy: Policy, example: Example) -> Iterator[Mismatch]:
    """Every disagreement between an example's marks and what its policy finds in it."""
    found: list[tuple[Mark, list[str]]] = []
    world, sources, problems = read_example(example)
    yield from (Mismatch(example, problem) for problem in problems)
    table = {policy.id: Rule({**policy.defaults, **example.params})}
    complete = {""} if "complete" in example.options else set()
    facts = Facts(Index(world, complete=complete), _assumptions(example, world))
    outcome = run([policy], world, facts, lambda _: table)
    for crash in outcome.crashes:
        yield Mismatch(example, f"`{crash.policy}` raised {crash.error!r}")
    if outcome.unknown and "unknown" not in example.options:
        reasons = "; ".join(reason for _, reason in outcome.unknown)
        yield Mismatch(example, f"no verdict, and the example does not say `unknown`: {reasons}")
    if "unknown" in example.options and not outcome.unknown:
        yield Mismatch(example, "judged, while the example says `unknown`")
    for finding in outcome.findings:
        file, line = _place(sources, finding.resource, finding.route, finding.at_key, finding.line)
        mark = Mark(file, line, finding.policy, finding.severity.word)
        found.append((mark, list(_said(finding, sources))))
    usual = policy.severity.word
    expected = [replace(mark, severity=mark.severity or usual) for mark in example.marks]
    for mark, said in found:
        same = [wanted for wanted in expected if _agrees(wanted, mark, said)]
        if same:
            expected.remove(same[0])
        else:
            where = f"{mark.file}:{mark.line}: {mark.severity}[{mark.policy}]"
            yield Mismatch(example, f"not expected: {where}: " + "\n    ".join(said))
    for mark in expected:
        severity = f" as {mark.severity}" if mark.severity != usual else ""
        texts = f" with `{'` and `'.join(mark.says)}`" if mark.says else ""
        where = f"{mark.file}:{mark.line}"
        yield Mismatch(example, f"not found: {mark.policy}{severity} at {where}{texts}")


def _agrees(wanted: Mark, found: Mark, said: list[str]) -> bool:
    heard = all(any(text in line for line in said) for text in wanted.says)
    return heard and replace(wanted, says=()) == found


def _said(finding: Finding, sources: _Sources) -> Iterator[str]:
    """What a report shows of a finding, line by line."""
    yield finding.message
    if finding.help:
        yield finding.help
    if finding.fix is not None:
        yield f"{'fix' if finding.fix.safe else 'fix, unsafe'}: {finding.fix.title}"
    for related in finding.related:
        file, line = _place(sources, related.resource, related.route)
        yield f"{file}:{line}: {related.label}"


def _place(
    sources: _Sources, resource: Resource, route: Route, at_key: bool = False, line: int = 0
) -> tuple[str, int]:
    origin = resource.origin
    document = sources[origin.path, origin.document]
    located = document.locate((*origin.prefix, *route), at_key=at_key, line=line)
    return origin.path, located.span.line


def read_example(
    example: Example,
) -> tuple[list[Resource], _Sources, list[str]]:
    """The resources of an example, what locates them, and what could not be read."""
    from kguard.source import read

    world: list[Resource] = []
    sources: dict[tuple[str, int], Any] = {}
    problems: list[str] = []
    for name, text in example.files.items():
        if name.rpartition("/")[2].lower().startswith("dockerfile"):
            from kguard.kube import dockerfile

            parsed = dockerfile.parse(text)
            world.append(dockerfile.as_resource(parsed, name))
            sources[name, 0] = parsed
            continue
        source = read(name, text.encode())
        problems += [f"{name}:{error.line}: {error.message}" for error in source.errors]
        cut = drone.lost(source)
        for document in source.documents:
            sources[name, document.index] = document
            world += resources(
                document.data,
                name,
                document.index,
                duplicates=tuple(Duplicate(d.route, d.first.line) for d in document.duplicates),
                cut=cut.get(document.index, 0),
                woodpecker=example.options.get("woodpecker") == "kubernetes",
            )
    return world, sources, problems


def _assumptions(example: Example, world: list[Resource]) -> Assumptions:
    options = example.options
    images: Mapping[str, Any] = {}
    if example.image_map:
        from kguard.kube.images import parse_image_map

        dockerfiles = {r.origin.path: r for r in world if r.kind == "Dockerfile"}
        images = parse_image_map(example.image_map, dockerfiles)
    return Assumptions(
        kube=major_minor(options["kube"]) if "kube" in options else Assumptions().kube,
        argo=major_minor(options["argo"]) if "argo" in options else None,
        argo_assume_none=options.get("assume") == "none",
        drone_requests_given=options.get("drone") == "requests-given",
        drone_limits_given=options.get("drone") == "limits-given",
        images=images,
        retagged=frozenset(options.get("retagged", "").split(",")),
    )
