"""One policy over a text: for what the marks of examples cannot hold."""

from __future__ import annotations

from textwrap import dedent

from kguard.engine import run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Finding
from kguard.policy.registry import builtin
from kguard.source import read


def the_finding(policy: str, text: str) -> Finding:
    """The only finding of a policy in a world, whose indentation does not count."""
    documents = read("world.yaml", dedent(text).encode()).documents
    found = [each for d in documents for each in resources(d.data, "world.yaml", d.index)]
    chosen = [each for each in builtin() if each.id == policy]
    (finding,) = run(chosen, found, Facts(Index(found))).findings
    return finding
