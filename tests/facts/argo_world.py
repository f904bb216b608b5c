"""Small worlds of Argo objects for the tests of their facts."""

from __future__ import annotations

from textwrap import dedent

from kguard.facts import Assumptions, Facts
from kguard.facts.argo.workflow import Workflow
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.source import read

HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\n"


def world(text: str, assume: Assumptions | None = None) -> tuple[Facts, list[Resource]]:
    """The facts and the objects of a YAML text."""
    source = read("world.yaml", dedent(text).encode())
    assert source.errors == ()
    found = [
        resource
        for document in source.documents
        for resource in resources(document.data, "world.yaml", document.index)
    ]
    return Facts(Index(found), assume), found


def workflow(spec: str) -> tuple[Facts, Workflow]:
    """The facts of one Workflow whose spec is that text, and the workflow."""
    facts, (resource,) = world(HEAD + "spec:\n" + dedent(spec).replace("\n", "\n  ").rstrip(" "))
    found = facts.argo_workflow(resource)
    assert found is not None
    return facts, found
