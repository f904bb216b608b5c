"""No forecast raises, whatever stands where something else belongs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from argo_world import world

from kguard.facts import Facts
from kguard.facts.forecast.forecast import counter_of
from kguard.facts.forecast.limits import outlook_of
from kguard.facts.forecast.runs import runs_through
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Key

_, (WORKFLOW, CONFIG) = world(
    """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {name: w, annotations: {kguard.dev/expected-items: "5"}}
    spec:
      entrypoint: main
      onExit: work
      parallelism: 5
      hooks: {exit: {template: loop}, running: {template: work, expression: x}}
      arguments: {parameters: [{name: p, value: v}]}
      retryStrategy: {limit: 1}
      templates:
        - name: main
          dag:
            tasks:
              - {name: a, template: loop, depends: b.Succeeded, withSequence: {count: 3}}
              - {name: b, inline: {suspend: {}}, dependencies: [c]}
              - {name: c, templateRef: {name: t, template: a}, withParam: "[1, 2]"}
              - {name: d, template: main, when: x}
        - name: loop
          parallelism: 3
          daemon: true
          retryStrategy: {limit: "2", backoff: {duration: 1m, factor: 2, maxDuration: 1h}}
          steps:
            - - name: d
                template: work
                arguments: {parameters: [{name: p, value: "{{item}}"}]}
                withItems: [a long item, {a: b}]
                hooks: {exit: {template: set}}
                onExit: work
            - [{name: e, template: work, withParam: "{{x}}"}, {name: f, template: http}]
        - name: work
          synchronization: {mutexes: [{name: m}]}
          inputs: {parameters: [{name: p, default: x}]}
          outputs: {parameters: [{name: x, valueFrom: {path: /x}}]}
          sidecars: [{name: s, resources: {requests: {cpu: 1}}}]
          container: {image: a, resources: {requests: {cpu: 1, memory: 1Gi}}}
        - {name: set, containerSet: {containers: [{name: main, resources: {limits: {cpu: 1}}}]}}
        - {name: http, http: {url: u}}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap}
    data:
      executor: "{resources: {requests: {cpu: 1}}}"
      persistence: "nodeStatusOffLoad: true"
    """
)
WRONG: list[Any] = [None, True, -7, "text", "{{x}}", "", [], [None, [[]]], {}, {"a": 1}]


def routes(data: Any, route: tuple[Key, ...] = ()) -> list[tuple[Key, ...]]:
    """Every route into nested data."""
    items: Any = enumerate(data) if isinstance(data, list) else ()
    items = data.items() if isinstance(data, dict) else items
    found = [route] if route else []
    for key, value in items:
        found += routes(value, (*route, key))
    return found


def replaced(data: Any, route: tuple[Key, ...], value: Any) -> Any:
    """A copy of `data` with another value at a route."""
    copy = deepcopy(data)
    target = copy
    for key in route[:-1]:
        target = target[key]
    target[route[-1]] = value
    return copy


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_no_forecast_raises(wrong: Any) -> None:
    documents = [WORKFLOW.data, CONFIG.data]
    forecasts = 0
    for route in routes(documents):
        found = [
            resource
            for document in replaced(documents, route, wrong)
            for resource in resources(document, "w.yaml")
        ]
        facts = Facts(Index(found))
        for workflow in filter(None, map(facts.argo_workflow, found)):
            runs_through(counter_of(facts, workflow))
            outlook = outlook_of(facts, workflow)
            if outlook is not None:
                forecasts += 1
                assert 0 <= outlook.nominal.count.nodes <= outlook.worst.count.nodes
                assert 0 <= outlook.pods.peak.pods <= outlook.worst_pods.total.pods + 1

    assert forecasts > 50
