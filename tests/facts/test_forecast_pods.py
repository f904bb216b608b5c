"""Pods at once and what they ask for, worked out by hand."""

from __future__ import annotations

import random
from itertools import compress, product

import pytest
from argo_world import HEAD, workflow, world

from kguard.facts.forecast.antichain import heaviest_antichain, transitive
from kguard.facts.forecast.forecast import counter_of
from kguard.facts.forecast.limits import outlook_of
from kguard.facts.forecast.pods import Load, Pods, pods_of

LEAVES = """
  - {name: a, container: {image: i, resources: {requests: {cpu: 1, memory: 1Gi}}}}
  - {name: b, container: {image: i, resources: {requests: {cpu: 3, memory: 1Mi}}}}
  - {name: d, daemon: true, container: {image: i, resources: {requests: {cpu: 5}}}}
  - {name: wait, suspend: {}}
  - {name: ask, http: {url: u}}
  - {name: locked, synchronization: {mutex: {name: m}}, container: {image: i}}
"""


def pods(spec: str, *, worst: bool = False) -> Pods:
    """The pods of a workflow whose templates end with LEAVES."""
    facts, found = workflow(f"\nentrypoint: main\n{spec.strip()}{LEAVES}")
    result = pods_of(counter_of(facts, found, worst=worst))
    assert result is not None
    return result


# Templates → pods at once, cores at once, pods in all.
PEAKS = {
    "one group after the other": (
        "templates:\n  - {name: main, steps: [[{template: a}, {template: a}], [{template: b}]]}",
        (2, 3, 3),
    ),
    "a loop": (
        "templates:\n  - {name: main, steps: [[{template: a, withItems: [1, 2, 3]}]]}",
        (3, 3, 3),
    ),
    "loops in loops": (
        """templates:
  - {name: main, steps: [[{template: inner, withSequence: {count: 4}}]]}
  - {name: inner, dag: {tasks: [{name: x, template: a, withSequence: {count: 5}}]}}""",
        (20, 20, 20),
    ),
    "a diamond": (
        """templates:
  - name: main
    dag:
      tasks:
        - {name: w, template: a}
        - {name: x, template: a, depends: w}
        - {name: v, template: b, dependencies: [w]}
        - {name: z, template: a, depends: x && v}""",
        (2, 4, 4),
    ),
    "two branches of a DAG": (
        """templates:
  - name: main
    dag:
      tasks:
        - {name: w, template: a}
        - {name: x, template: b, depends: w}
        - {name: v, template: b}
        - {name: z, template: a, depends: v}""",
        (2, 6, 4),
    ),
    "parallelism of the template": (
        """templates:
  - {name: main, parallelism: 2, steps: [[{template: a, withSequence: {count: 9}}]]}""",
        (2, 2, 9),
    ),
    "no parallelism where it is 0": (
        """parallelism: 0
templates:
  - {name: main, parallelism: 0, steps: [[{template: a, withSequence: {count: 9}}]]}""",
        (9, 9, 9),
    ),
    "parallelism above": (
        """parallelism: 9
templates:
  - {name: main, parallelism: 10, steps: [[{template: a, withSequence: {count: 9}}]]}""",
        (9, 9, 9),
    ),
    "a DAG that waits for a task it has not": (
        """templates:
  - name: main
    dag: {tasks: [{name: x, template: a, depends: gone}, {name: v, template: b, depends: x}]}""",
        (1, 3, 2),
    ),
    "which counts its own children only": (
        """templates:
  - {name: main, parallelism: 2, steps: [[{template: inner, withSequence: {count: 9}}]]}
  - {name: inner, steps: [[{template: a, withSequence: {count: 3}}]]}""",
        (6, 6, 27),
    ),
    "parallelism of the workflow": (
        """parallelism: 4
templates:
  - {name: main, steps: [[{template: a, withSequence: {count: 9}}], [{template: b}]]}""",
        (4, 9, 10),
    ),
    "a daemon stays": (
        "templates:\n  - {name: main, steps: [[{template: d}], [{template: a}], [{template: b}]]}",
        (2, 8, 3),
    ),
    "a daemon in a DAG": (
        """templates:
  - name: main
    dag: {tasks: [{name: x, template: d}, {name: v, template: b, depends: x}]}""",
        (2, 8, 2),
    ),
    "what waits is no pod": (
        "templates:\n  - {name: main, steps: [[{template: wait, withItems: [1, 2]}]]}",
        (0, 0, 0),
    ),
    "a mutex": (
        "templates:\n  - {name: main, steps: [[{template: locked, withSequence: {count: 9}}]]}",
        (1, 0, 9),
    ),
    "several mutexes": (
        """templates:
  - {name: main, steps: [[{template: two, withSequence: {count: 9}}]]}
  - {name: two, synchronization: {mutexes: [{name: "{{item}}"}, {name: m}]}, container: {}}""",
        (1, 0, 9),
    ),
    "a mutex of the run": (
        """templates:
  - {name: main, steps: [[{template: one, withSequence: {count: 9}}]]}
  - {name: one, synchronization: {mutex: {name: "a-{{ workflow.name }}"}}, container: {}}""",
        (1, 0, 9),
    ),
    "a mutex for each item": (
        """templates:
  - {name: main, steps: [[{template: own, withSequence: {count: 9}}]]}
  - {name: own, synchronization: {mutex: {name: "{{inputs.parameters.x}}"}}, container: {}}""",
        (9, 0, 9),
    ),
    "mutexes for each item": (
        """templates:
  - {name: main, steps: [[{template: own, withSequence: {count: 9}}]]}
  - name: own
    synchronization: {mutexes: [{name: "a-{{=sprig.trim(inputs.parameters.x)}}"}]}
    container: {}""",
        (9, 0, 9),
    ),
    "an exit handler follows": (
        "onExit: b\ntemplates:\n  - {name: main, steps: [[{template: a}, {template: a}]]}",
        (2, 3, 3),
    ),
    "a hook runs beside": (
        """hooks: {running: {template: b, expression: x}}
templates:
  - {name: main, steps: [[{template: a, hooks: {x: {template: a}, exit: {template: b}}}]]}""",
        (3, 6, 4),
    ),
    "an exit handler is taken before a hook of that name": (
        """onExit: b
hooks: {exit: {template: a}, running: {template: a, expression: x}}
templates:
  - {name: main, steps: [[{template: a, onExit: b, hooks: {exit: {template: wait}}}]]}""",
        (2, 4, 4),
    ),
}


@pytest.mark.parametrize(("spec", "expected"), PEAKS.values(), ids=PEAKS)
def test_peaks(spec: str, expected: tuple[int, int, int]) -> None:
    found = pods(spec)

    assert (found.peak.pods, found.peak.cpu / 1000, found.total.pods) == expected


def test_the_agent_of_http_templates_is_a_pod() -> None:
    found = pods("templates:\n  - {name: main, steps: [[{template: ask, withItems: [1, 2]}]]}")

    assert found.peak == Load(1, 10, 64_000_000)


def test_every_attempt_is_a_pod_one_after_the_other() -> None:
    spec = """templates:
  - {name: main, retryStrategy: {limit: 1}, steps: [[{template: r, withItems: [1, 2]}]]}
  - {name: r, retryStrategy: {limit: 2}, container: {image: i}}"""

    assert (pods(spec).peak.pods, pods(spec).total.pods) == (2, 2)
    assert (pods(spec, worst=True).peak.pods, pods(spec, worst=True).total.pods) == (2, 12)


# What a pod is made of → (millicores, bytes, whether that is all).
REQUESTS = {
    "a container": (
        "container: {resources: {requests: {cpu: 1, memory: 1Ki}}}",
        (1000, 1024, True),
    ),
    "limits": ("script: {resources: {limits: {cpu: 1, memory: 1Ki}}}", (1000, 1024, True)),
    "nothing": ("container: {image: i}", (0, 0, False)),
    "members of a set": (
        "containerSet: {containers: [{name: x, resources: {requests: {cpu: 1, memory: 1}}}, "
        "{name: main, resources: {requests: {cpu: 1, memory: 1}}}]}",
        (2000, 2, True),
    ),
    "sidecars": (
        "container: {resources: {requests: {cpu: 1, memory: 1}}}\n"
        "    sidecars: [{resources: {requests: {cpu: 500m, memory: 2}}}]",
        (1500, 3, True),
    ),
    "init containers": (
        "container: {resources: {requests: {cpu: 1, memory: 1}}}\n"
        "    initContainers: [{resources: {requests: {cpu: 4, memory: 0}}}]",
        (4000, 1, True),
    ),
    # Sidecars start with the main container: the init container is alone.
    "an init container before sidecars": (
        "container: {resources: {requests: {cpu: 1, memory: 1}}}\n"
        "    sidecars: [{resources: {requests: {cpu: 2, memory: 2}}}]\n"
        "    initContainers: [{resources: {requests: {cpu: 4, memory: 0}}}]",
        (4000, 3, True),
    ),
    # One that stays is beside those that come after it, and beside the main container.
    "an init container that stays": (
        "container: {resources: {requests: {cpu: 1, memory: 1}}}\n"
        "    initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 2, memory: 2}}}, "
        "{resources: {requests: {cpu: 500m, memory: 4}}}]",
        (3000, 6, True),
    ),
    "an init container before one that stays": (
        "container: {resources: {requests: {cpu: 1, memory: 1}}}\n"
        "    initContainers: [{resources: {requests: {cpu: 2500m, memory: 4}}}, "
        "{restartPolicy: Always, resources: {requests: {cpu: 2, memory: 2}}}]",
        (3000, 4, True),
    ),
}


@pytest.mark.parametrize(("template", "expected"), REQUESTS.values(), ids=REQUESTS)
def test_requests(template: str, expected: tuple[int, int, bool]) -> None:
    facts, found = workflow(f"\nentrypoint: t\ntemplates:\n  - name: t\n    {template}")
    result = pods_of(counter_of(facts, found))

    assert result is not None
    assert (result.peak.cpu, result.peak.memory, result.peak.exact) == expected


def test_what_the_controller_adds() -> None:
    facts, resources = world(
        HEAD
        + """spec:
  entrypoint: t
  templates: [{name: t, container: {image: i}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data:
  mainContainer: "{resources: {requests: {cpu: 2, memory: 1Mi}}}"
  executor: "{resources: {requests: {cpu: 100m, memory: 1Mi}}}"
"""
    )
    found = facts.argo_workflow(resources[0])
    result = pods_of(counter_of(facts, found)) if found else None

    assert result is not None
    assert result.peak == Load(1, 2100, 2 * 1024**2)


def test_what_the_controller_adds_starts_before_an_init_container_that_stays() -> None:
    facts, resources = world(
        HEAD
        + """spec:
  entrypoint: t
  templates:
    - name: t
      container: {image: i, resources: {requests: {cpu: 1, memory: 1}}}
      initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 2, memory: 2}}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data: {executor: "{resources: {requests: {cpu: 4, memory: 1}}}"}
"""
    )
    found = facts.argo_workflow(resources[0])
    result = pods_of(counter_of(facts, found)) if found else None

    assert result is not None
    assert result.peak == Load(1, 7000, 4)  # With the container `wait`, not with `init`.


def test_the_heaviest_antichain_is_that_of_a_search_through_all() -> None:
    source = random.Random(3)
    for _ in range(150):
        size = source.randint(1, 7)
        before = {n: {m for m in range(n) if source.random() < 0.3} for n in range(size)}
        weights = {n: source.choice([0, 1, 1, 2, 5, 100]) for n in range(size)}
        after = transitive(before)
        best = 0
        for chosen in product([False, True], repeat=size):
            some = list(compress(range(size), chosen))
            if not any(two in after[one] for one in some for two in some):
                best = max(best, sum(weights[each] for each in some))

        assert heaviest_antichain(weights, after) == best


def test_deep_chains_end() -> None:
    templates = "".join(
        f"\n  - {{name: t{n}, steps: [[{{template: t{n + 1}}}, {{template: t{n + 1}}}]]}}"
        for n in range(300)
    )
    facts, found = workflow(f"\nentrypoint: t0\ntemplates:{templates}")

    assert outlook_of(facts, found) is not None


def test_circles_end() -> None:
    assert heaviest_antichain({0: 1, 1: 1}, transitive({0: {1}, 1: {0}})) >= 0
