"""How long the JSON is in which a pod gets its template, the variable `ARGO_TEMPLATE`.

Source: argo-workflows workflow/controller/workflowpod.go (createWorkflowPod, simplifiedTmpl) and
workflow/common/util.go (ProcessArgs: an artifact of the call takes the place of the input).
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Call, Template, calls_of, target_of
from kguard.facts.run import Facts
from kguard.facts.sizes import json_bytes
from kguard.model import dig

MOST = 131_072
"""What one variable can hold (MaxEnvVarLen in workflow/common/common.go)."""


def handed_bytes(facts: Facts, template: Template, *, parameters: bool = False) -> int:
    """The bytes that the pods of a template get of it; 0 where it makes none itself.

    From Argo 3.6 on they get it without its input `parameters`. A template may be called by
    thousands of steps: its JSON is written once.
    """
    return facts.remember_part(_whole if parameters else _without_parameters, template)


def _whole(template: Template) -> int:
    return json_bytes(dict(template.data)) if template.runs_pod else 0


def _without_parameters(template: Template) -> int:
    if not template.runs_pod:
        return 0
    inputs = {"artifacts": template.get("inputs", "artifacts")}
    return json_bytes({**template.data, "inputs": inputs})


def handed_by_calls(
    facts: Facts, template: Template, *, parameters: bool = False
) -> Iterator[tuple[Call, Template, int]]:
    """The steps and tasks with literal artifacts, what they call, and what its pods get in all."""
    for call in calls_of(facts, template):
        facts.go_on()  # The literals of each are written as JSON.
        artifacts = call.get("arguments", "artifacts")
        listed = artifacts if isinstance(artifacts, list) else []
        literal = [each for each in listed if isinstance(dig(each, "raw", "data"), str)]
        target = target_of(facts, call).template if literal else None
        if target is not None and target.runs_pod:
            own = handed_bytes(facts, target, parameters=parameters)
            yield call, target, own + json_bytes(literal)
