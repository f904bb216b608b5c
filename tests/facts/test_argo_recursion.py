"""Circles of templates without a way out."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from argo_world import workflow
from hypothesis import given
from hypothesis import strategies as st

from kguard.facts import Facts
from kguard.facts.argo.recursion import recursions
from kguard.index import Index
from kguard.kube.recognise import resources

NAMES = "abcdef"
GRAPHS = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3), min_size=1
)


@given(GRAPHS)
def test_circles_are_found_where_no_order_exists(graph: Mapping[str, list[str]]) -> None:
    templates = [
        {"name": name, "steps": [[{"name": f"s{n}", "template": t} for n, t in enumerate(called)]]}
        for name, called in graph.items()
    ]
    (resource,) = resources(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "WorkflowTemplate",
            "spec": {"templates": templates},
        },
        "w.yaml",
    )
    facts = Facts(Index([resource]))
    of = facts.argo_workflow(resource)
    assert of is not None

    found = list(recursions(facts, of))

    try:
        list(
            TopologicalSorter({name: set(called) for name, called in graph.items()}).static_order()
        )
    except CycleError:
        assert found
    else:
        assert not found
    for each in found:
        names = [template.name for template in each.templates]
        for here, following in zip(names, [*names[1:], names[0]], strict=True):
            assert following in graph[here]
        assert each.closing.get("template") == names[0]


def test_a_long_chain_is_no_depth() -> None:
    """Templates that call the next in a row of thousands are followed without recursion."""
    number = 5000
    text = "\ntemplates:\n" + "".join(
        f"  - {{name: t{n}, steps: [[{{name: s, template: t{(n + 1) % number}}}]]}}\n"
        for n in range(number)
    )
    facts, of = workflow(text)

    (found,) = recursions(facts, of)

    assert len(found.templates) == number
