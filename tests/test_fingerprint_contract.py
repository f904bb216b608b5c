"""What a fingerprint is made of, by value: a change here makes every baseline out there useless."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.fingerprint import fingerprint, ratchet_key, said_once
from kguard.kube.dockerfile import as_resource, parse
from kguard.kube.recognise import resources
from kguard.model import RENDERED, Confidence, Finding, Origin, Resource, Route, Severity, Span
from kguard.record import replace
from kguard.report import Located

IMAGE: Route = ("spec", "template", "spec", "containers", 0, "image")


def deployment(**metadata: Any) -> Resource:
    containers = [
        {"name": "app", "image": "app:1"},
        {"image": "b:1", "args": ["x"]},
        [],
        "text",
        {"name": 5},
    ]
    data = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata or {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }
    (found,) = resources(data, "deploy/web.yaml", unit="deploy")
    return found


def finding(resource: Resource, route: Route = IMAGE, policy: str = "image-latest") -> Finding:
    return Finding(policy, Severity.ERROR, Confidence.HIGH, "faulty", resource, route)


NAMED = deployment()
BUILT = as_resource(parse("FROM debian:12\nCMD python app.py\n"), "Dockerfile")
UNNAMED: Route = ("spec", "template", "spec", "containers", 1, "image")

KEYS = {
    "an object with a name": (finding(NAMED), "aebb4a147ab5be0124071a7681fc169b"),
    "another policy": (finding(NAMED, policy="image-missing"), "a9da21a9f26f57314ed7a6a4e138e04d"),
    "no namespace": (finding(deployment(name="web")), "47ca26e9f99515f1e10860b1a4a7a729"),
    "a generated name": (
        finding(deployment(generateName="web-")),
        "b3b804c22f5076d5a7b48c49cbd02826",
    ),
    "no name": (finding(deployment(labels={"a": "b"})), "b261dae150189e86813d89d884f4eacc"),
    "the object itself": (finding(NAMED, ()), "1778a8e5c396d3c6c37e54aabd0f648d"),
    "an item without a name": (finding(NAMED, UNNAMED), "6808732d5d4c450a44a06d0034c0c94e"),
    "a list in a list": (finding(NAMED, (*IMAGE[:4], 2, 0)), "55fadd21678169cda42fffa04ac48444"),
    "an item whose name is none": (
        finding(NAMED, (*IMAGE[:4], 4)),
        "5c8d9538c833c2a751b5e9b5060f5955",
    ),
    "an instruction of a stage": (
        finding(BUILT, ("stages", 0, "instructions", 0, "value")),
        "253ec561a92a3b15796c2294bff77c67",
    ),
    "a text in a list": (finding(NAMED, (*IMAGE[:4], 3)), "8838bab7518adda6173f9c9317d17fe2"),
}


@pytest.mark.parametrize(("found", "key"), KEYS.values(), ids=KEYS)
def test_the_value_of_a_fingerprint(found: Finding, key: str) -> None:
    assert fingerprint(found) == key


def test_no_two_of_them_are_the_same() -> None:
    assert len({fingerprint(found) for found, _ in KEYS.values()}) == len(KEYS)


def test_the_second_of_a_kind_has_another() -> None:
    assert fingerprint(finding(NAMED), 1) == "69a3441800ace74ca64da27f435683ef"


def test_the_value_of_a_ratchets_key() -> None:
    assert ratchet_key(finding(NAMED)) == "9b77858e7fc3e950f4b84b079d170814"


def test_a_run_that_is_one_unit_names_findings_as_others_do() -> None:
    one = replace(NAMED, unit=".")
    built = replace(
        NAMED, unit="kustomize build deploy", origin=Origin("deploy/web.yaml", RENDERED)
    )
    for each in (one, built):
        assert fingerprint(finding(each)) == fingerprint(finding(NAMED))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ({"cpu": "1", "memory": "2"}, {"memory": "2", "cpu": "1"}, True),
        ("a:1", "a:2", False),
        (1, "1", False),
        (None, {}, False),
    ],
    ids=["keys in another order", "another text", "a number as a text", "nothing"],
)
def test_a_ratchet_compares_values(before: object, after: object, same: bool) -> None:
    def key(value: object) -> str:
        data = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"x": value}}
        (resource,) = resources(data, "p.yaml")
        return ratchet_key(finding(resource, ("spec", "x")))

    assert (key(before) == key(after)) is same


def located(resource: Resource, line: int, message: str = "faulty") -> Located:
    found = replace(finding(resource), message=message)
    return Located(found, resource.origin.path, Span(line, 1, line, 5))


def built(unit: str) -> Resource:
    return replace(NAMED, unit=unit, origin=Origin("deploy/web.yaml", RENDERED))


def test_what_every_rendering_of_a_file_says_is_said_once() -> None:
    first, again = located(built("overlay a"), 5), located(built("overlay b"), 5)
    assert said_once([first, again]) == [first]
    assert said_once([again, first]) == [again]


@pytest.mark.parametrize(
    "other",
    [
        located(built("overlay a"), 5),
        located(built("overlay b"), 6),
        located(built("overlay b"), 5, "with other words"),
        located(replace(NAMED, unit="overlay b"), 5),
    ],
    ids=["in the same rendering", "on another line", "otherwise", "in a file as it is"],
)
def test_all_else_is_said(other: Located) -> None:
    first = located(built("overlay a"), 5)
    assert said_once([first, other]) == [first, other]
