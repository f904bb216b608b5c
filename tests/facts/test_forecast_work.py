"""How much work a forecast is, and how much of it goes by between two looks at the clock."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from kguard.facts import Expired, Facts
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast import nodes
from kguard.facts.forecast.forecast import counter_of, forecast_of, whole_run
from kguard.facts.forecast.limits import outlook_of
from kguard.index import Index
from kguard.kube.recognise import resources

LONG = "a long text of words " * 20


def loaded(*templates: Any, **more: Any) -> tuple[Facts, Workflow]:
    data = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": {"entrypoint": "main", "templates": list(templates), **more},
    }
    (resource,) = resources(data, "w.yaml")
    facts = Facts(Index([resource]))
    found = facts.argo_workflow(resource)
    assert found is not None
    return facts, found


def dag(calls: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "main",
        "dag": {"tasks": [{"name": f"t{n}", "template": "x", **more} for n in range(calls)]},
    }


def having(inputs: int, **more: Any) -> dict[str, Any]:
    parameters = [{"name": f"p{n}", **more} for n in range(inputs)]
    return {"name": "x", "inputs": {"parameters": parameters}, "container": {}}


class Work:
    """Counts the functions that are called, and the most of them between two looks at the clock."""

    def __init__(self, facts: Facts, looks: int = sys.maxsize) -> None:
        self.all = self.most = self._since = 0
        self._left = looks
        facts._expired = self.look

    def look(self, needed: float = 0.0) -> bool:
        self.most, self._since = max(self.most, self._since), 0
        self._left -= 1
        return self._left < 0 or needed > 1000

    def _called(self, frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            self.all += 1
            self._since += 1

    def __enter__(self) -> Work:
        sys.setprofile(self._called)
        return self

    def __exit__(self, *args: object) -> None:
        sys.setprofile(None)
        self.look()


def work(facts: Facts, found: Workflow) -> Work:
    with Work(facts) as counted:
        forecast_of(facts, found)
    return counted


OWN = {
    "no values": {},
    "values": {"value": "x"},
    "long values": {"value": LONG},
    "values that read another": {"value": "{{inputs.parameters.p1}}"},
}


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
def test_calls_do_not_go_through_all_inputs_of_their_template(own: dict[str, str]) -> None:
    handed = {"arguments": {"parameters": [{"name": "p0", "value": "y"}]}}

    def counted(calls: int, inputs: int) -> int:
        return work(*loaded(dag(calls, **handed), having(inputs, **own))).all

    assert counted(200, 1000) < 1.1 * (counted(200, 2) + counted(1, 1000))


MANY = {
    "calls": (dag(1000), having(1)),
    "inputs": (dag(1), having(10_000, value="x")),
    "long inputs": (dag(1), having(3_000, value=LONG)),
    "arguments": (
        dag(1, arguments={"parameters": [{"name": f"p{n}", "value": "x"} for n in range(5000)]}),
        having(1),
    ),
    "arguments for a template that is elsewhere": (
        dag(1, arguments={"parameters": [{"name": f"p{n}", "value": "x"} for n in range(5000)]}),
    ),
    "inputs that read one": (
        dag(3, arguments={"parameters": [{"name": "p0", "value": "x"}]}),
        having(5000, value="{{inputs.parameters.p0}}"),
    ),
    "tags": (dag(1), having(1, value="{{inputs.parameters.p0}}" * 5000)),
    "hooks": (
        dag(1, hooks={f"h{n}": {"template": "x", "expression": "true"} for n in range(1000)}),
        having(1),
    ),
}


@pytest.mark.parametrize("templates", MANY.values(), ids=MANY)
def test_the_clock_is_looked_at_again_and_again(templates: Any) -> None:
    facts, found = loaded(*templates)
    facts.argo_workflow(found.resource)
    assert work(facts, found).most < 10_000  # About a millisecond.


@pytest.mark.parametrize("templates", MANY.values(), ids=MANY)
def test_a_forecast_ends_where_time_is_up(templates: Any) -> None:
    facts, found = loaded(*templates)
    facts.argo_workflow(found.resource)
    with Work(facts, 5), pytest.raises(Expired):
        forecast_of(facts, found)


def test_an_argument_is_read_once_for_all_loops_over_it() -> None:
    written = {"parameters": [{"name": "a", "value": json.dumps(list(range(5000)))}]}
    written["parameters"] += [{"name": f"b{n}", "value": "x"} for n in range(1000)]

    def counted(calls: int) -> int:
        loop = dag(calls, withParam="{{workflow.parameters.a}}")
        return work(*loaded(loop, having(1), arguments=written)).all

    assert counted(100) - counted(50) < 50 * 200


def test_long_texts_do_not_take_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of many templates has all the texts of the one that all of them call."""
    monkeypatch.setattr(nodes, "_MOST_KEPT", 1000)
    between = [{"name": f"y{n}", "steps": [[{"name": "a", "template": "x"}]]} for n in range(20)]
    tasks = [{"name": f"t{n}", "template": f"y{n}"} for n in range(20)]
    templates = [{"name": "main", "dag": {"tasks": tasks}}, *between, having(100, value=LONG)]
    facts, found = loaded(*templates)
    count = whole_run(counter_of(facts, found))
    assert count is not None
    assert len(count.copies) == 100  # Without a clock nothing is left out.
    with Work(facts), pytest.raises(Expired):
        forecast_of(facts, found)


def test_a_loop_over_nothing_has_no_long_texts() -> None:
    main = dag(1, withItems=[], arguments={"parameters": [{"name": "p0", "value": LONG}]})
    facts, found = loaded(main, having(1))
    forecast = forecast_of(facts, found)
    assert forecast is not None
    assert forecast.count.pods == 0
    assert forecast.packed < len(LONG)
    assert outlook_of(facts, found) is not None
