"""Fingerprints survive edits elsewhere in the object, and change with the object or the place."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.fingerprint import fingerprint, ratchet_key
from kguard.kube.dockerfile import as_resource, parse
from kguard.kube.recognise import resources
from kguard.model import Confidence, Finding, Resource, Route, Severity


def of(resource: Resource, route: Route) -> str:
    found = Finding("some-policy", Severity.ERROR, Confidence.HIGH, "faulty", resource, route)
    return fingerprint(found)


def workflow(groups: list[Any]) -> Resource:
    spec = {"templates": [{"name": "main", "steps": groups}]}
    data = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": spec}
    (found,) = resources(data, "flow.yaml")
    return found


def step(group: int, number: int) -> Route:
    return ("spec", "templates", 0, "steps", group, number, "template")


ONE, TWO = {"name": "one", "template": "a"}, {"name": "two", "template": "b"}


def test_a_step_is_known_by_its_name_whatever_runs_beside_it() -> None:
    alone = of(workflow([[ONE]]), step(0, 0))
    assert of(workflow([[TWO, ONE]]), step(0, 1)) == alone
    assert of(workflow([[TWO], [ONE]]), step(1, 0)) == alone
    assert of(workflow([[TWO]]), step(0, 0)) != alone


def stage(text: str, number: int, instruction: int) -> str:
    route = ("stages", number, "instructions", instruction, "value")
    return of(as_resource(parse(text), "Dockerfile"), route)


FROM = "FROM debian:12\n"
CMD = "CMD python app.py\n"


@pytest.mark.parametrize(
    ("text", "number", "instruction", "same"),
    [
        (f"{FROM}RUN true\n{CMD}", 0, 1, True),
        (f"FROM golang:1 AS build\n{FROM}{CMD}", 1, 0, True),
        (f"{FROM}CMD python other.py\n", 0, 0, False),
        (f"FROM alpine:3\n{CMD}", 0, 0, False),
    ],
    ids=["an instruction above", "a stage above", "another command", "another base"],
)
def test_an_instruction_of_a_stage(text: str, number: int, instruction: int, same: bool) -> None:
    assert (stage(text, number, instruction) == stage(FROM + CMD, 0, 0)) is same


def ratchet(patch: str) -> str:
    """The key of a fault inside the text of a patch."""
    data = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": {"podSpecPatch": patch},
    }
    (resource,) = resources(data, "flow.yaml")
    route = ("spec", "podSpecPatch", 0, "containers", 0, "image")
    found = Finding("some-policy", Severity.ERROR, Confidence.HIGH, "faulty", resource, route)
    return ratchet_key(found)


def test_a_change_inside_a_text_is_a_change_of_the_value() -> None:
    text = "containers: [{name: main, image: a}]"

    assert ratchet(text) == ratchet(text)
    assert ratchet(text) != ratchet(text.replace("image: a", "image: b"))
