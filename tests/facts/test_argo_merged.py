"""What Argo merges into the containers of templates, and where each part of it is written."""

from __future__ import annotations

import pytest
from argo_world import workflow, world

from kguard.facts.argo.chains import chains
from kguard.facts.argo.containers import pods_made
from kguard.facts.argo.scheduling import spot
from kguard.model import Route

SPEC = """
podSpecPatch: |
  containers:
    - name: wait
      resources: {limits: {memory: 1Gi}}
    - name: main
      image: patched:1
      resources: {limits: {cpu: 2}}
templateDefaults:
  container: {image: "default:1", resources: {limits: {memory: 3Gi, cpu: 3}}}
templates:
  - name: a
    podSpecPatch: '{"containers": [{"name": "main", "resources": {"requests": {"cpu": 4}}}]}'
    container: {resources: {requests: {memory: 5Gi}}}
  - name: b
    container: {resources: {requests: {cpu: 6}}}
  - name: c
    script: {image: "own:1"}
"""

OWN: Route = ("spec", "templates", 0, "podSpecPatch", 0, "containers", 0)
PATCH: Route = ("spec", "podSpecPatch", 0, "containers", 1)
PLACES: dict[str, tuple[int, Route, object, Route]] = {
    "a patch of the template": (
        0,
        ("resources", "requests", "cpu"),
        4,
        (
            "spec",
            "templates",
            0,
            "podSpecPatch",
            0,
            "containers",
            0,
            "resources",
            "requests",
            "cpu",
        ),
    ),
    "a patch of the workflow": (
        0,
        ("resources", "limits", "cpu"),
        2,
        (*PATCH, "resources", "limits", "cpu"),
    ),
    "an image in a patch": (0, ("image",), "patched:1", (*PATCH, "image")),
    "its own": (
        0,
        ("resources", "requests", "memory"),
        "5Gi",
        ("spec", "templates", 0, "container", "resources", "requests", "memory"),
    ),
    "templateDefaults": (
        0,
        ("resources", "limits", "memory"),
        "3Gi",
        ("spec", "templateDefaults", "container", "resources", "limits", "memory"),
    ),
    "what is shared beside what is its own": (
        1,
        ("resources", "limits", "cpu"),
        2,
        (*PATCH, "resources", "limits", "cpu"),
    ),
    "no defaults of another type": (
        2,
        ("resources", "limits", "memory"),
        None,
        ("spec", "templates", 2, "script", "resources", "limits", "memory"),
    ),
}


@pytest.mark.parametrize(("number", "keys", "value", "route"), PLACES.values(), ids=PLACES)
def test_a_value_in_force_and_its_place(
    number: int, keys: Route, value: object, route: Route
) -> None:
    facts, found = workflow(SPEC)
    container = facts.argo_pods(found.resource)[number].containers[0]

    assert (value, route) == (container.get(*keys), container.at(*keys))


def test_what_is_shared_is_judged_once() -> None:
    facts, found = workflow(SPEC)
    first, second, third = facts.argo_pods(found.resource)

    assert [each.name for each in first.containers] == ["a", "wait"]
    assert [each.name for each in second.containers] == ["b"]
    assert second.containers[0].get("resources", "limits", "memory") is None
    assert third.containers[0].get("image") is None


@pytest.mark.parametrize("where", ["workflow", "template", "templateDefaults"])
def test_the_image_in_a_patch_that_is_filled_in_later_is_not_known(where: str) -> None:
    patch = 'podSpecPatch: "{{workflow.parameters.patch}}"'
    spec = {
        "workflow": f"{patch}\ntemplates: [{{name: a, container: {{image: b}}}}]",
        "template": f"templates: [{{name: a, {patch}, container: {{image: b}}}}]",
        "templateDefaults": f"templateDefaults: {{{patch}}}\n"
        "templates: [{name: a, container: {image: b}}]",
    }
    facts, found = workflow("\n" + spec[where])
    (pod,) = facts.argo_pods(found.resource)

    assert pod.containers[0].get("image") == "{{workflow.parameters.patch}}"


def test_a_pod_has_the_executor_of_the_configuration() -> None:
    facts, (_, resource) = world(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: workflow-controller-configmap}
        data:
          executor: |
            resources: {requests: {cpu: 1, memory: 1Gi}}
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: w}
        spec:
          podSpecPatch: "containers: [{name: wait, resources: {requests: {cpu: 2}}}]"
          templates: [{name: a, container: {}, sidecars: [{name: s}]}, {name: b, suspend: {}}]
        """
    )
    found = facts.argo_workflow(resource)
    assert found is not None
    cpu = [
        {each.name: each.get("resources", "requests", "cpu") for each in pod.containers}
        for pod in pods_made(facts, found)
    ]

    assert cpu == [{"init": 1, "wait": 2, "main": None, "s": None}]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("nodeSelector: {karpenter.sh/capacity-type: spot}", "karpenter.sh/capacity-type"),
        ("nodeSelector: {karpenter.sh/capacity-type: on-demand}", None),
        ("tolerations: [{key: cloud.google.com/gke-spot}]", "cloud.google.com/gke-spot"),
        ("tolerations: [{operator: Exists}]", None),
        ("nodeSelector: {disk: ssd}", None),
    ],
    ids=["selected", "on demand", "tolerated", "everything tolerated", "another label"],
)
def test_nodes_that_may_go(wish: str, expected: str | None) -> None:
    facts, found = workflow(f"\ntemplates:\n  - name: a\n    container: {{}}\n    {wish}")
    (template,) = facts.argo_templates(found.resource)
    wanted = spot(facts, template)

    assert expected == (wanted.key if wanted else None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("steps: [[{name: a}], [{name: b}, {name: c}], [{name: d}], [{name: e}]]", ["a", "de"]),
        ("dag: {tasks: [{name: b, dependencies: [a]}, {name: a}]}", ["ab"]),
        (
            "dag: {tasks: [{name: a}, {name: b, depends: a}, {name: c, depends: a}, "
            "{name: d, depends: c}]}",
            ["a", "b", "cd"],
        ),
        ("dag: {tasks: [{name: a, depends: b}, {name: b, depends: a}]}", []),
    ],
    ids=["groups", "against the order", "branches", "a circle"],
)
def test_chains(body: str, expected: list[str]) -> None:
    facts, found = workflow(f"\ntemplates:\n  - name: t\n    {body}")
    (template,) = facts.argo_templates(found.resource)

    assert expected == [
        "".join(c.name for c in chain) for chain in chains(facts, template) if chain
    ]
