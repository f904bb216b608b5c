"""Which locks are the same, what bounds them, and which wait for themselves."""

from __future__ import annotations

import pytest
from argo_world import workflow, world

from kguard.facts.argo.deadlocks import deadlocks
from kguard.facts.argo.locks import limit_of, locks, workflow_locks

NAMES = {
    "a mutex": ("mutexes: [{name: a}]", ("Mutex", "", "a", "")),
    "the old form": ("mutex: {name: a}", ("Mutex", "", "a", "")),
    "another namespace": ("mutex: {name: a, namespace: b}", ("Mutex", "b", "a", "")),
    "a mutex in a database": ("mutex: {name: a, database: true}", ("Database", "", "a", "")),
    "a semaphore": (
        "semaphores: [{configMapKeyRef: {name: a, key: b}}]",
        ("ConfigMap", "", "a", "b"),
    ),
    "a semaphore in a database": ("semaphore: {database: {key: a}}", ("Database", "", "a", "")),
    "a placeholder": ("mutex: {name: 'a-{{workflow.uid}}'}", None),
    "no name": ("mutex: {}", None),
    "no key": ("semaphore: {configMapKeyRef: {name: a}}", None),
    "another shape": ("mutex: {name: [a]}", None),
    "a namespace of another shape": ("mutex: {name: a, namespace: [b]}", None),
}


@pytest.mark.parametrize(("text", "expected"), NAMES.values(), ids=NAMES)
def test_what_makes_locks_the_same(text: str, expected: tuple[str, ...] | None) -> None:
    facts, found = workflow(f"\nsynchronization: {{{text}}}\n")

    assert [lock.name for lock in workflow_locks(facts, found)] == [expected]


def test_the_namespace_of_the_object_is_its_own() -> None:
    facts, (resource,) = world(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: w, namespace: jobs}
        spec:
          synchronization: {mutexes: [{name: a, namespace: jobs}, {name: a}]}
        """
    )
    found = facts.argo_workflow(resource)
    assert found is not None

    first, second = locks(facts, found)

    assert first.name == second.name == ("Mutex", "", "a", "")


def test_locks_of_workflow_and_templates_with_their_routes() -> None:
    facts, found = workflow(
        """
        synchronization: {semaphore: {database: {key: a}}, mutexes: [{name: b}, null, {name: c}]}
        templates:
          - {name: t, synchronization: {mutex: {name: d}}}
        """
    )

    assert [(lock.route, lock.called, lock.holder) for lock in locks(facts, found)] == [
        (("spec", "synchronization", "semaphore"), "semaphore `a`", "the workflow"),
        (("spec", "synchronization", "mutexes", 0), "mutex `b`", "the workflow"),
        (("spec", "synchronization", "mutexes", 2), "mutex `c`", "the workflow"),
        (("spec", "templates", 0, "synchronization", "mutex"), "mutex `d`", "template `t`"),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('"1"', 1),
        ('"+3"', 3),
        ('"-1"', -1),
        ('" 1"', None),
        ("one", None),
        ("2", None),
        ('""', None),
    ],
)
def test_limits_as_go_reads_them(text: str, number: int | None) -> None:
    facts, found = world(
        f"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {{name: limits}}
        data: {{a: {text}}}
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {{name: w}}
        spec:
          synchronization: {{semaphore: {{configMapKeyRef: {{name: limits, key: a}}}}}}
        """
    )
    of = facts.argo_workflow(found[1])
    assert of is not None
    (lock,) = workflow_locks(facts, of)

    limit = limit_of(facts, lock)

    assert limit is not None
    assert limit.number == number


def test_a_wide_graph_of_locks_is_followed_once() -> None:
    """Paths through 40 levels of two calls each are a million million; templates are 80."""
    levels = 40
    text = "\nentrypoint: a0\ntemplates:\n"
    for number in range(levels):
        calls = f"{{name: x, template: a{number + 1}}}, {{name: y, template: b{number + 1}}}"
        for letter in "ab":
            mutex = f"{letter}{number}" if number < levels - 1 else f"{letter}0"
            text += (
                f"  - {{name: {letter}{number}, synchronization: {{mutex: {{name: {mutex}}}}}, "
                f"steps: [[{calls}]]}}\n"
            )
    facts, found = workflow(text)

    assert sorted((each.lock.holder, each.held.holder) for each in deadlocks(facts, found)) == [
        ("template `a39`", "template `a0`"),
        ("template `b39`", "template `b0`"),
    ]
