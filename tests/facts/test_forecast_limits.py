"""Which limit a run comes to, and which call brings it there."""

from __future__ import annotations

import pytest
from argo_world import HEAD, workflow, world

from kguard.facts.forecast.count import Count
from kguard.facts.forecast.forecast import Forecast, counter_of
from kguard.facts.forecast.limits import (
    MAX_OBJECT,
    MAX_REQUEST,
    Chunks,
    Limit,
    Outlook,
    heaviest_call,
    limit_of,
    outlook_of,
    rounded_down,
)

SPEC = "spec: {entrypoint: t, templates: [{name: t, container: {image: i}}]}\n---\n"
CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data: {persistence: "{nodeStatusOffLoad: %s}"}
"""
CONTROLLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: workflow-controller}
spec:
  template:
    spec:
      containers:
        - image: quay.io/argoproj/workflow-controller:v4.0.6
          env: [{name: MAX_WORKFLOW_SIZE, value: "%s"}]
"""
# No pods: then nothing stands beside the nodes but the specification.
PACKED = Forecast(Count(others=100), 0).packed

# What else is there → bytes of nodes, of the specification → the limit.
LIMITS = {
    "fits as it is": ("", MAX_OBJECT - 10, 10, Limit(MAX_OBJECT, MAX_OBJECT, False, False)),
    "is packed": ("", MAX_OBJECT - 9, 10, Limit(PACKED + 10, MAX_OBJECT, False)),
    "does not fit": ("", 10, MAX_OBJECT, Limit(PACKED + MAX_OBJECT, MAX_OBJECT, False)),
    "a lower limit": (CONTROLLER % 5000, 4000, 1001, Limit(PACKED + 1001, 5000, False)),
    "a higher limit": (
        CONTROLLER % 1_200_000,
        1_199_000,
        1000,
        Limit(1_200_000, 1_200_000, False, False),
    ),
    "a limit above etcd's": (
        CONTROLLER % 4_000_000,
        MAX_REQUEST,
        1000,
        Limit(PACKED + 1000, MAX_REQUEST, False),
    ),
    "no limit": (CONTROLLER % "1Mi", 2000, 10, Limit(2010, MAX_OBJECT, False, False)),
    "no limit, with other digits": (
        CONTROLLER % "\N{FULLWIDTH DIGIT FIVE}",
        20,
        1,
        Limit(21, MAX_OBJECT, False, False),
    ),
    "offloading": (CONFIG % "true", 10**9, 1000, Limit(1000, MAX_REQUEST, True)),
    "no offloading": (CONFIG % "false", 10, 1000, Limit(1010, MAX_OBJECT, False, False)),
}


@pytest.mark.parametrize(("beside", "raw", "spec", "expected"), LIMITS.values(), ids=LIMITS)
def test_limits(beside: str, raw: int, spec: int, expected: Limit) -> None:
    facts, found = world(HEAD + SPEC + beside)
    run = facts.argo_workflow(found[0])
    assert run is not None

    limit = limit_of(facts, run, Forecast(Count(others=100, raw=raw), spec))

    assert limit == expected
    assert limit.reached is (limit.size > limit.most)


def test_etcd_takes_more_than_the_controller_stores() -> None:
    assert (MAX_OBJECT, MAX_REQUEST) == (1_048_576, 1_572_864)
    assert not Limit(5, 5, False).reached


LEAVES = "\n  - {name: pod, container: {image: i}}\n  - {name: wait, suspend: {}}"

# Templates → the name of the call that brings most of a run.
HEAVIEST = {
    "no calls": ("  - {name: main, suspend: {}}", None),
    "one call": ("  - {name: main, steps: [[{name: a, template: pod}]]}", "a"),
    "the outermost of two loops": (
        """  - {name: main, steps: [[{name: a, template: in, withItems: [1, 2]}]]}
  - {name: in, steps: [[{name: b, template: pod, withSequence: {count: 50}}]]}""",
        "a",
    ),
    "a loop below a call that brings nearly all": (
        """  - {name: main, steps: [[{name: a, template: in}, {name: c, template: pod}]]}
  - {name: in, steps: [[{name: b, template: pod, withSequence: {count: 50}}]]}""",
        "b",
    ),
    "the larger of two loops": (
        """  - name: main
    steps: [[{name: a, template: pod, withItems: [1, 2]}, {name: b, template: pod, withItems: [1]}]]
""",
        "a",
    ),
    "many calls together": (
        """  - name: main
    steps:
      - [{name: a, template: wait}, {name: b, template: in}, {name: c, template: in}]
      - [{name: d, template: in}]
  - {name: in, steps: [[{name: e, template: pod, withItems: [1, 2]}]]}""",
        "b",
    ),
    "a loop of one item is none": (
        """  - {name: main, steps: [[{name: a, template: in, withItems: [1]}]]}
  - {name: in, steps: [[{name: b, template: pod, withItems: [1, 2]}]]}""",
        "b",
    ),
    "a circle": ("  - {name: main, steps: [[{name: a, template: main}]]}", "a"),
    "a template that was not seen": (
        "  - {name: main, steps: [[{name: a, templateRef: {name: t, template: x}}]]}",
        "a",
    ),
}


@pytest.mark.parametrize(("spec", "expected"), HEAVIEST.values(), ids=HEAVIEST)
def test_the_heaviest_call(spec: str, expected: str | None) -> None:
    facts, found = workflow(f"\nentrypoint: main\ntemplates:\n{spec.rstrip()}{LEAVES}")
    heaviest = heaviest_call(counter_of(facts, found))

    assert (heaviest.name if heaviest else None) == expected


@pytest.mark.parametrize(
    ("offloading", "start", "half"),
    [("true", 200_000, 39_000), ("false", 10_000, 3_800), ("false", 200_000, 3_800)],
)
def test_with_so_many_items_a_run_just_fits(offloading: str, start: int, half: int) -> None:
    """The loop's share grows with its items; what stands beside it does hardly."""

    def outlook(items: int) -> tuple[Limit, int, object]:
        facts, found = world(
            HEAD
            + f"""spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - [{{name: a, template: pod, withSequence: {{count: {items}}}}}]
        - [{{name: b, template: wait, withSequence: {{count: 3000}}}}]
    - {{name: pod, container: {{image: i}}}}
    - {{name: wait, suspend: {{}}}}
---"""
            + CONFIG % offloading
        )
        run = facts.argo_workflow(found[0])
        assert run is not None
        found_outlook = outlook_of(facts, run)
        assert found_outlook is not None
        return found_outlook.limit, found_outlook.most_items, found_outlook.chunks

    limit, most, chunks = outlook(start)
    below, above = outlook(most - 1), outlook(most + 2)

    assert (below[0].reached, limit.reached, above[0].reached) == (False, True, True)
    assert (below[2], chunks) == (None, Chunks(half, -(-start // half)))


@pytest.mark.parametrize("start", [3_000, 12_000])
def test_items_that_are_written_down_take_room_in_the_specification(start: int) -> None:
    def outlook(number: int) -> Outlook:
        items = ", ".join(f"{each:040}" for each in range(10**38, 10**38 + number))
        facts, found = workflow(
            f"""
        entrypoint: main
        templates:
          - {{name: main, steps: [[{{name: a, template: pod, withItems: [{items}]}}]]}}
          - {{name: pod, container: {{image: i}}}}
            """
        )
        result = outlook_of(facts, found)
        assert result is not None
        return result

    most = outlook(start).most_items
    below, above = outlook(most * 98 // 100), outlook(most * 102 // 100)

    assert (below.limit.reached, above.limit.reached) == (False, True)


def test_no_more_items_are_foretold_of_what_takes_no_room() -> None:
    """Offloaded nodes leave only the pods beside them."""
    facts, found = world(
        HEAD
        + """spec:
  entrypoint: main
  templates:
    - {name: main, steps: [[{name: a, template: wait, withSequence: {count: 30}}]]}
    - {name: wait, suspend: {}}
---"""
        + CONFIG % "true"
    )
    run = facts.argo_workflow(found[0])
    assert run is not None
    outlook = outlook_of(facts, run)

    assert outlook is not None
    assert (outlook.items, outlook.most_items) == (30, 30)


def test_an_outlook_is_of_a_run_that_goes_well_and_of_one_that_needs_every_attempt() -> None:
    facts, found = workflow(
        """
        entrypoint: main
        templates:
          - {name: main, steps: [[{name: a, template: pod, withSequence: {count: 2000}}]]}
          - {name: pod, retryStrategy: {limit: 9}, container: {image: i}}
        """
    )
    outlook = outlook_of(facts, found)

    assert outlook is not None
    assert (outlook.nominal.count.pods, outlook.worst.count.pods) == (2000, 20_000)
    assert (outlook.kinds["Pod"], outlook.worst_kinds["Pod"]) == (2000, 20_000)
    assert (outlook.pods.total.pods, outlook.worst_pods.total.pods) == (2000, 20_000)
    assert (outlook.by and outlook.by.name, outlook.items) == ("a", 2000)
    assert (outlook.limit.reached, outlook.worst_limit.reached) == (False, True)
    assert outlook.chunks is None
    assert outlook.worst_chunks is not None
    assert outlook.worst_chunks.items < 500


def test_an_outlook_without_calls() -> None:
    facts, found = workflow(f"\nentrypoint: pod\ntemplates:{LEAVES}")
    outlook = outlook_of(facts, found)

    assert outlook is not None
    assert (outlook.by, outlook.items, outlook.most_items) == (None, 0, 0)
    assert (outlook.chunks, outlook.worst_chunks) == (None, None)


def test_no_number_of_items_fits_where_the_specification_alone_does_not() -> None:
    facts, found = workflow(
        f"""
        entrypoint: main
        arguments: {{parameters: [{{name: a, value: {"x" * MAX_REQUEST}}}]}}
        templates:
          - {{name: main, steps: [[{{name: a, template: pod, withItems: [1, 2, 3]}}]]}}
          - {{name: pod, container: {{image: i}}}}
        """
    )
    outlook = outlook_of(facts, found)

    assert outlook is not None
    assert outlook.limit.reached
    assert (outlook.most_items, outlook.chunks) == (0, None)


NOTHING = {
    "a library": "kind: WorkflowTemplate\nspec: {templates: [{name: t, suspend: {}}]}",
    "no such template": "kind: Workflow\nspec: {entrypoint: x, templates: [{name: t}]}",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_nothing_is_foretold_of_what_does_not_run(text: str) -> None:
    facts, (resource,) = world(f"apiVersion: argoproj.io/v1alpha1\nmetadata: {{name: a}}\n{text}")
    found = facts.argo_workflow(resource)

    assert found is not None
    assert outlook_of(facts, found) is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, 0), (9, 9), (99, 99), (100, 100), (109, 100), (3718, 3700), (12_999, 12_000)],
)
def test_two_digits_are_kept(number: int, expected: int) -> None:
    assert rounded_down(number) == expected
