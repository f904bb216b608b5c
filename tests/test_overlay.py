"""An overlay and a changed index answer what an index made of the same objects anew answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.kube.workloads import TEMPLATES
from kguard.model import Resource
from kguard.overlay import Overlay

VERSIONS = {
    "Deployment": ["apps/v1"],
    "StatefulSet": ["apps/v1"],
    "Service": ["v1"],
    "LimitRange": ["v1"],
    "ConfigMap": ["v1"],
    "PodDisruptionBudget": ["policy/v1", "policy/v1beta1"],
    "HorizontalPodAutoscaler": ["autoscaling/v2", "autoscaling/v1"],
    "ScaledObject": ["keda.sh/v1alpha1"],
    "VerticalPodAutoscaler": ["autoscaling.k8s.io/v1"],
    "WorkflowTemplate": ["argoproj.io/v1alpha1"],
    "ClusterWorkflowTemplate": ["argoproj.io/v1alpha1"],
}
NAMES = ["web", "db", "job"]
KINDS = sorted({(v[0].rpartition("/")[0], kind) for kind, v in VERSIONS.items()})


def some_labels(dice: random.Random) -> dict[str, Any]:
    return {key: dice.choice(["x", "y"]) for key in ("app", "tier", "zone") if dice.random() < 0.6}


def some_selector(dice: random.Random) -> Any:
    broken: list[Any] = [None, {}, ["app"], {"matchLabels": {"app": 3}}, {"unknown": 1}]
    if dice.random() < 0.2:
        return dice.choice(broken)
    selector: dict[str, Any] = {"matchLabels": some_labels(dice)}
    if dice.random() < 0.3:
        operator = dice.choice(["In", "NotIn", "Exists", "Sometimes"])
        expression: dict[str, Any] = {"key": "tier", "operator": operator}
        if operator.endswith("In"):
            expression["values"] = ["x"]
        selector["matchExpressions"] = [expression]
    return selector


def some_reference(dice: random.Random) -> Any:
    if dice.random() < 0.15:
        return dice.choice([None, "web", {"name": 3}])
    kind = dice.choice(["Deployment", "StatefulSet"])
    return {"apiVersion": "apps/v1", "kind": kind, "name": dice.choice(NAMES)}


def some_object(dice: random.Random, kind: str | None = None) -> Resource:
    unit = "" if kind or dice.random() < 0.8 else "chart\na"
    kind = kind or dice.choice(list(VERSIONS))
    metadata: dict[str, Any] = {}
    if dice.random() < 0.9:
        metadata["name"] = dice.choice(NAMES)
    if dice.random() < 0.9 and not kind.startswith("Cluster"):
        metadata["namespace"] = dice.choice(["a", "b"])
    spec: Any = {}
    if kind in ("Deployment", "StatefulSet"):
        template = {"metadata": {"labels": some_labels(dice)}, "spec": {"containers": []}}
        spec = {"template": template} if dice.random() < 0.9 else {}
    elif kind == "Service":
        spec = {"selector": dice.choice([some_labels(dice), None, {"app": ["x"]}])}
    elif kind == "PodDisruptionBudget":
        spec = {"selector": some_selector(dice)}
    elif kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        spec = {"scaleTargetRef": some_reference(dice)}
    elif kind == "VerticalPodAutoscaler":
        spec = {"targetRef": some_reference(dice)}
    version = dice.choice(VERSIONS[kind])
    data = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
    (made,) = resources(data, "x.yaml", unit=unit)
    return made


Lookup = Callable[[Index, Resource, random.Random], Any]


def _named(name: str) -> Lookup:
    def lookup(index: Index, near: Resource, dice: random.Random) -> Any:
        found = getattr(index, name)(near, *dice.choice(KINDS), dice.choice(NAMES))
        return [id(each) for each in found]

    return lookup


def _of_kind(name: str) -> Lookup:
    def lookup(index: Index, near: Resource, dice: random.Random) -> Any:
        return [id(each) for each in getattr(index, name)(near, *dice.choice(KINDS))]

    return lookup


def _beside(name: str) -> Lookup:
    def lookup(index: Index, near: Resource, dice: random.Random) -> Any:
        return [id(each) for each in getattr(index, name)(near)]

    return lookup


LOOKUPS: dict[str, Lookup] = {
    "named": _named("named"),
    "cluster_scoped": _named("cluster_scoped"),
    "of_kind": _of_kind("of_kind"),
    "beside": lambda index, near, dice: index.beside(near, dice.sample(KINDS, 4)),
    "elsewhere": lambda index, near, dice: sorted(
        id(each) for each in index.elsewhere(near, *dice.choice(KINDS))
    ),
    "everywhere": lambda index, near, dice: sorted(
        id(each) for each in index.everywhere(*dice.choice(KINDS))
    ),
    "in_unit": _of_kind("in_unit"),
    "services_of": _beside("services_of"),
    "kinds_in_unit": lambda index, near, dice: index.kinds_in_unit(near),
    "autoscalers_of": _beside("autoscalers_of"),
    "named_elsewhere": lambda index, near, dice: sorted(
        id(each) for each in index.named_elsewhere(near, *dice.choice(KINDS), dice.choice(NAMES))
    ),
    "autoscalers_elsewhere": lambda index, near, dice: sorted(
        id(each) for each in index.autoscalers_elsewhere(near)
    ),
    "budgets_elsewhere": lambda index, near, dice: sorted(
        id(each) for each in index.budgets_elsewhere(near)
    ),
    "autoscalers_on": _named("autoscalers_on"),
    "vertical_autoscalers_on": lambda index, near, dice: [
        id(each) for each in index.vertical_autoscalers_on(near, "Deployment", dice.choice(NAMES))
    ],
    "vertical_autoscalers_of": _beside("vertical_autoscalers_of"),
    "budgets_of": _beside("budgets_of"),
    "target_of": _beside("target_of"),
    "selected_by_budget": _beside("selected_by_budget"),
    "selected_pods": lambda index, near, dice: [
        id(each) for each in index.selected_pods(near, some_selector(dice))
    ],
    "selected_elsewhere": lambda index, near, dice: sorted(
        id(each) for each in index.selected_elsewhere(near, some_selector(dice))
    ),
    "workloads": lambda index, near, dice: sorted(id(each) for each in index.workloads()),
    "is_complete": lambda index, near, dice: index.is_complete(near),
    "is_world": lambda index, near, dice: index.is_world(near),
}
SEEDS = range(250)


def test_every_lookup_is_compared() -> None:
    public = {name for name in vars(Index) if not name.startswith("_")}
    assert public - {"changed"} == LOOKUPS.keys()


def answers(index: Index, nears: list[Resource], seed: int) -> dict[str, Any]:
    """What an index says to every lookup beside every object; the same questions for one seed."""
    dice = random.Random(seed)
    return {
        f"{number} {name} {repeat}": lookup(index, near, dice)
        for number, near in enumerate(nears)
        for name, lookup in LOOKUPS.items()
        for repeat in range(2)
    }


def differences(expected: dict[str, Any], actual: dict[str, Any]) -> dict[str, Any]:
    return {key: (expected[key], actual[key]) for key in expected if expected[key] != actual[key]}


def stored(dice: random.Random) -> list[Resource]:
    return [some_object(dice) for _ in range(dice.randrange(0, 40))]


def _is(one: Resource, other: Resource) -> bool:
    def key(each: Resource) -> tuple[Any, ...]:
        return each.unit, each.group, each.kind, each.namespace, each.name

    return bool(one.name) and key(one) == key(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_overlay(seed: int) -> None:
    dice = random.Random(seed)
    below, complete = stored(dice), dice.choice([[], [""]])
    base = Index(below, complete=complete)
    reviewed = some_object(dice)
    others = [each for each in below if not _is(each, reviewed)]
    expected = Index([*others, reviewed], complete=complete)
    nears = [reviewed, *dice.sample(others, min(3, len(others)))]
    before = answers(base, nears, seed)
    overlay = Overlay(base, reviewed)
    assert differences(answers(expected, nears, seed), answers(overlay, nears, seed)) == {}
    assert differences(before, answers(base, nears, seed)) == {}, "the index below changed"


@pytest.mark.parametrize("seed", SEEDS)
def test_changed(seed: int) -> None:
    dice = random.Random(seed)
    world, complete = stored(dice), dice.choice([[], [""]])
    index = Index(world, complete=complete)
    for _ in range(4):
        # What was asked before the change must not be answered from memory after it.
        nears = [some_object(dice), *dice.sample(world, min(3, len(world)))]
        before = answers(index, nears, seed)
        gone = dice.sample(world, dice.randrange(0, len(world) + 1) if dice.random() < 0.5 else 0)
        come = [some_object(dice) for _ in range(dice.randrange(0, 4))]
        kept = [each for each in world if not any(each is other for other in gone)]
        world = [*kept, *come]
        changed = index.changed(gone, come)
        expected = Index(world, complete=complete)
        assert differences(answers(expected, nears, seed), answers(changed, nears, seed)) == {}
        assert differences(before, answers(index, nears, seed)) == {}, "the old index changed"
        index = changed


def test_nothing_is_left_of_what_is_gone() -> None:
    dice = random.Random(0)
    world = [some_object(dice) for _ in range(50)]
    index = Index(()).changed((), world)
    answers(index, world, 0)
    empty = index.changed(world, ())
    held = {k: v for k, v in vars(empty).items() if v and isinstance(v, dict) and k != "_in_unit"}
    assert held == {}


HPA = ("autoscaling", "HorizontalPodAutoscaler")
KEDA = ("keda.sh", "ScaledObject")
PDB = ("policy", "PodDisruptionBudget")
ASKED: list[tuple[str, Callable[[Index, Resource], Any], set[tuple[str, str]]]] = [
    ("nothing", lambda index, near: index.is_complete(near), set()),
    ("of_kind", lambda index, near: index.of_kind(near, "", "LimitRange"), {("", "LimitRange")}),
    ("in_unit", lambda index, near: index.in_unit(near, "", "ConfigMap"), {("", "ConfigMap")}),
    ("named", lambda index, near: index.named(near, *PDB, "x"), {PDB}),
    ("cluster_scoped", lambda index, near: index.cluster_scoped(near, *PDB, "x"), {PDB}),
    ("services_of", lambda index, near: index.services_of(near), {("", "Service")}),
    ("budgets_of", lambda index, near: index.budgets_of(near), {PDB}),
    ("autoscalers_of", lambda index, near: index.autoscalers_of(near), {HPA, KEDA}),
    (
        "vertical_autoscalers_of",
        lambda index, near: index.vertical_autoscalers_of(near),
        {("autoscaling.k8s.io", "VerticalPodAutoscaler")},
    ),
    ("selected_pods", lambda index, near: index.selected_pods(near, {}), set(TEMPLATES)),
    ("selected_by_budget", lambda index, near: index.selected_by_budget(near), set(TEMPLATES)),
    ("workloads", lambda index, near: index.workloads(), set(TEMPLATES)),
]


@pytest.mark.parametrize(
    ("ask", "expected"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED]
)
def test_what_was_asked_is_known(
    ask: Callable[[Index, Resource], Any], expected: set[tuple[str, str]]
) -> None:
    near = some_object(random.Random(1), "Deployment")
    overlay = Overlay(Index([near]), near)
    ask(overlay, near)
    assert overlay.asked == expected


def test_the_target_of_an_autoscaler_is_asked_for() -> None:
    data = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    }
    (near,) = resources(data, "x.yaml")
    overlay = Overlay(Index(()), near)
    assert overlay.target_of(near) == []
    assert overlay.asked == {("apps", "Deployment")}


def test_autoscalers_keep_the_order_of_their_kinds() -> None:
    near = some_object(random.Random(1), "Deployment")
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": near.name}
    scalers: list[Resource] = []
    for version, kind in (
        ("keda.sh/v1alpha1", "ScaledObject"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ):
        metadata = {"name": "web", "namespace": near.namespace}
        spec = {"scaleTargetRef": reference}
        data = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
        scalers += resources(data, "x.yaml")
    overlay = Overlay(Index([near, scalers[0]]), scalers[1])
    assert overlay.autoscalers_of(near) == Index([near, *scalers]).autoscalers_of(near)
    assert len(overlay.autoscalers_of(near)) == 2
