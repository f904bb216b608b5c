"""One policy over a few objects: for what the marks of examples cannot hold."""

from __future__ import annotations

from textwrap import dedent

from kguard.engine import Outcome, run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Finding, Resource
from kguard.policy.registry import builtin
from kguard.source import read


def objects(text: str, path: str = "world.yaml", *, unit: str = "") -> list[Resource]:
    """The objects of a text, whose indentation does not count."""
    documents = read(path, dedent(text).encode()).documents
    return [each for d in documents for each in resources(d.data, path, d.index, unit=unit)]


def judged(policy: str, world: list[Resource], facts: Facts | None = None) -> Outcome:
    """What a policy finds in objects, which are all there is where no facts say otherwise."""
    chosen = [each for each in builtin() if each.id == policy]
    return run(chosen, world, facts or Facts(Index(world)))


def the_finding(policy: str, text: str) -> Finding:
    """The only finding of a policy in the objects of a text."""
    (finding,) = judged(policy, objects(text)).findings
    return finding
