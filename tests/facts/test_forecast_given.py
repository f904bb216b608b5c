"""Arguments of a run that are written, by the strongest layer that gives a value."""

from __future__ import annotations

from argo_world import world

from kguard.facts.forecast.given import arguments_of


def test_of_the_values_for_an_argument_the_strongest_counts() -> None:
    facts, (run, template) = world(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: w}
        spec:
          workflowTemplateRef: {name: t}
          arguments:
            parameters:
              - {name: own, value: first}
              - {name: own, value: second}
              - {name: open}
              - {name: zero, value: 0}
              - {name: [a], value: x}
              - text
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: WorkflowTemplate
        metadata: {name: t}
        spec:
          entrypoint: main
          arguments:
            parameters:
              - {name: zero, value: 7}
              - {name: own, value: weaker}
              - {name: open, value: given}
              - {name: weak, value: there}
              - {name: nowhere}
          templates: [{name: main, suspend: {}}]
        """
    )
    workflow = facts.argo_workflow(run)
    assert workflow is not None
    found = arguments_of(workflow)

    assert {name: each.value for name, each in found.items()} == {
        "own": "first",
        "open": "given",
        "zero": 0,
        "weak": "there",
        "nowhere": None,
    }
    places = {
        name: (each.scope.resource, each.scope.get(*each.keys)) for name, each in found.items()
    }
    assert places == {
        "own": (run, "first"),
        "open": (template, "given"),
        "zero": (run, 0),
        "weak": (template, "there"),
        "nowhere": (template, None),
    }
