"""The controller's Deployment, its version, and the variables of a container."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts import Assumptions, Facts
from kguard.facts.argo.controller import argo_controller, argo_version
from kguard.facts.environment import Variable, variable
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource

IMAGE = "quay.io/argoproj/workflow-controller:v3.7.18"


def made(data: dict[str, Any], unit: str = "") -> Resource:
    (found,) = resources(data, "a.yaml", unit=unit)
    return found


def deployment(
    container: Any, name: str = "c", unit: str = "", kind: str = "Deployment"
) -> Resource:
    return made(
        {
            "apiVersion": "apps/v1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": {"template": {"spec": {"containers": [container]}}},
        },
        unit,
    )


def config_map(data: Any, name: str = "environment") -> Resource:
    metadata = {"name": name}
    return made({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


RECOGNISED = {
    "the official image": ({"image": IMAGE}, True),
    "a mirror": ({"image": "mirror:5000/a/workflow-controller@sha256:" + "0" * 64}, True),
    "its program": ({"image": "a", "command": ["/bin/workflow-controller"]}, True),
    "its program as an argument": ({"image": "a", "args": ["workflow-controller", "-v"]}, True),
    "the server": (
        {"image": "argocli:v4", "args": ["server", "--configmap=workflow-controller"]},
        False,
    ),
    "a name that only contains it": ({"image": "workflow-controller-ui:1"}, False),
    "a patch": ({"name": "workflow-controller", "command": ["workflow-controller"]}, False),
    "no image reference": ({"image": "UPPER workflow-controller"}, False),
    "other shapes": ({"image": ["workflow-controller"], "command": "workflow-controller"}, False),
}


@pytest.mark.parametrize(("container", "expected"), RECOGNISED.values(), ids=RECOGNISED)
def test_what_runs_the_controller(container: Any, expected: bool) -> None:
    item = deployment(container)

    assert (argo_controller(Facts(Index([item])), item) is not None) is expected


def test_only_a_deployment_is_the_controller() -> None:
    item = deployment({"image": IMAGE}, kind="StatefulSet")

    assert argo_controller(Facts(Index([item])), item) is None


VERSIONS = {
    "a release": (["v3.7.18"], (3, 7)),
    "without v": (["4.0.6"], (4, 0)),
    "a candidate": (["v4.1.0-rc1"], (4, 1)),
    "minor alone": (["v3.6"], (3, 6)),
    "latest": (["latest"], None),
    "a placeholder": (["{{ tag }}"], None),
    "two that agree": (["v3.7.18", "v3.7.2"], (3, 7)),
    "two that differ": (["v3.7.18", "v4.0.6"], None),
    "none": ([], None),
}


@pytest.mark.parametrize(("tags", "expected"), VERSIONS.values(), ids=VERSIONS)
def test_the_version_is_that_of_the_units_controller(tags: list[str], expected: Any) -> None:
    near = config_map({})
    items = [
        deployment({"image": f"workflow-controller:{tag}"}, f"c{number}")
        for number, tag in enumerate(tags)
    ]
    elsewhere = deployment({"image": "workflow-controller:v3.4.0"}, unit="elsewhere")
    index = Index([near, *items, elsewhere])

    assert argo_version(Facts(index), near) == expected
    assert argo_version(Facts(index, Assumptions(argo=(3, 5))), near) == (3, 5)


MAP = {"configMapRef": {"name": "environment"}}
VARIABLES: dict[str, tuple[Any, Variable | None]] = {
    "absent": ({}, None),
    "literal": ({"env": [{"name": "A", "value": "1"}]}, Variable("1", ("env", 0))),
    "no value is empty": ({"env": [{"name": "A"}]}, Variable("", ("env", 0))),
    "the last wins": (
        {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
        Variable("2", ("env", 1)),
    ),
    "a reference": ({"env": [{"name": "A", "valueFrom": {}}]}, Variable(None, ("env", 0))),
    "an expansion": ({"env": [{"name": "A", "value": "$(B)"}]}, Variable(None, ("env", 0))),
    "no text": ({"env": [{"name": "A", "value": True}]}, Variable(None, ("env", 0))),
    "a ConfigMap of the unit": ({"envFrom": [MAP]}, Variable("from map", ("envFrom", 0))),
    "env goes over envFrom": (
        {"envFrom": [MAP], "env": [{"name": "A", "value": "1"}]},
        Variable("1", ("env", 0)),
    ),
    "a ConfigMap elsewhere": (
        {"envFrom": [{"configMapRef": {"name": "x"}}]},
        Variable(None, ("envFrom", 0)),
    ),
    "a Secret": ({"envFrom": [{"secretRef": {"name": "x"}}]}, Variable(None, ("envFrom", 0))),
    "a prefix that rules it out": ({"envFrom": [{"secretRef": {}, "prefix": "B_"}]}, None),
    "the last source wins": (
        {"envFrom": [MAP, {"secretRef": {"name": "x"}}]},
        Variable(None, ("envFrom", 1)),
    ),
    "other shapes": ({"env": {"A": "1"}, "envFrom": "x"}, None),
}


@pytest.mark.parametrize(("container", "expected"), VARIABLES.values(), ids=VARIABLES)
def test_what_a_variable_is_set_to(container: Any, expected: Variable | None) -> None:
    item = deployment({"image": IMAGE, **container})
    index = Index([item, config_map({"A": "from map", "C": "3"})])
    controller = argo_controller(Facts(index), item)

    assert controller is not None
    assert variable(index, controller.container, "A") == expected


def test_a_configmap_without_the_key_sets_nothing() -> None:
    item = deployment({"image": IMAGE, "envFrom": [MAP]})
    index = Index([item, config_map({"B": "1"})])
    controller = argo_controller(Facts(index), item)

    assert controller is not None
    assert variable(index, controller.container, "A") is None
