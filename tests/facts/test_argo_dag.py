"""Dependencies between tasks and circles among them."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest
from argo_world import world
from hypothesis import given
from hypothesis import strategies as st

from kguard.facts import Facts
from kguard.facts.argo.dag import Dag, dags
from kguard.index import Index
from kguard.kube.recognise import resources


def dag_of(tasks: list[dict[str, object]]) -> Dag:
    (resource,) = resources(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "WorkflowTemplate",
            "spec": {"templates": [{"name": "a", "dag": {"tasks": tasks}}]},
        },
        "w.yaml",
    )
    (found,) = dags(Facts(Index([resource])), resource)
    return found


DEPENDS = {
    "a name": ("A", [("A", "")]),
    "a result": ("A.Succeeded", [("A", "Succeeded")]),
    "both": ("A && (B.Failed || !c-1.Skipped)", [("A", ""), ("B", "Failed"), ("c-1", "Skipped")]),
    "without spaces": ("A||B.Omitted", [("A", ""), ("B", "Omitted")]),
    "nothing": ("", []),
    "a placeholder": ("{{x}}", []),
}


@pytest.mark.parametrize(("depends", "expected"), DEPENDS.values(), ids=DEPENDS)
def test_expressions(depends: str, expected: list[tuple[str, str]]) -> None:
    (task,) = dag_of([{"name": "t", "depends": depends}]).tasks

    assert [(each.name, each.result) for each in task.dependencies] == expected


NAMES = "abcdefgh"
GRAPHS = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=4), min_size=1
)


@given(GRAPHS)
def test_circles_are_found_where_no_order_exists(graph: Mapping[str, list[str]]) -> None:
    known = {name: [each for each in after if each in graph] for name, after in graph.items()}
    found = list(
        dag_of([{"name": name, "dependencies": after} for name, after in graph.items()]).cycles()
    )
    try:
        list(TopologicalSorter(known).static_order())
    except CycleError:
        assert found
    else:
        assert not found
    for circle in found:
        names = [task.name for task in circle]
        for name, following in zip(names, [*names[1:], names[0]], strict=True):
            assert following in known[name]
    members = [task.name for circle in found for task in circle]
    assert len(members) == len(set(members))


def test_a_long_chain_is_no_circle() -> None:
    tasks: list[dict[str, object]] = [
        {"name": f"t{n}", "depends": f"t{n + 1}"} for n in range(5_000)
    ]

    assert list(dag_of([*tasks, {"name": "t5000"}]).cycles()) == []


def test_inline_dags_are_found() -> None:
    facts, (resource,) = world(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: WorkflowTemplate
        spec:
          templates:
            - name: a
              steps: [[{name: b, inline: {dag: {tasks: [{name: c}]}}}]]
        """
    )

    assert [dag.route[-1] for dag in dags(facts, resource)] == ["inline"]
