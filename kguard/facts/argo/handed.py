"""How long the JSON is in which a pod gets its template, the variable `ARGO_TEMPLATE`.

Source: argo-workflows workflow/controller/workflowpod.go (createWorkflowPod, simplifiedTmpl) and
workflow/common/util.go (ProcessArgs: an artifact of the call takes the place of the input).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.templates import Call, Template, calls_of, named_template, target_of
from kguard.facts.argo.wrong import items_of, named
from kguard.facts.quantities import literal
from kguard.facts.run import Facts
from kguard.facts.sizes import json_bytes
from kguard.model import Scope, dig

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
        target = target_of(facts, call).template if _literal(call) else None
        size = _with(facts, target, call, parameters) if target is not None else 0
        if target is not None and size:
            yield call, target, size


def handed_by_run(facts: Facts, template: Template, *, parameters: bool = False) -> int:
    """What the pods of an entrypoint get with the literal artifacts of the workflow's arguments.

    0 for any other template.
    """
    workflow = template.workflow
    if template.resource is not workflow.resource or template.route[-1:] == ("inline",):
        return 0
    entrypoint = named_template(facts, workflow, workflow.value("entrypoint")).template
    # Several may have that name, by mistake: one of them is run.
    if entrypoint is None or entrypoint.data is not template.data:
        return 0
    return _with(facts, template, workflow, parameters)


def _with(facts: Facts, target: Template, giver: Scope, parameters: bool) -> int:
    """What the pods of a template get where its artifacts are given; 0 where none is taken."""
    if not target.runs_pod:
        return 0
    taken = facts.remember_part(_taken, target)
    given = [each for each in _literal(giver) if literal(each.get("name")) in taken]
    own = handed_bytes(facts, target, parameters=parameters)
    return own + json_bytes(given) if given else 0


def _taken(target: Template) -> frozenset[str]:
    names = named(target, "inputs", "artifacts")
    return frozenset(name for name in names if isinstance(name, str))


def _literal(giver: Scope) -> list[Mapping[str, Any]]:
    """The artifacts of `arguments` whose text is written there."""
    listed = items_of(giver, "arguments", "artifacts")
    return [each for _, each in listed if isinstance(dig(each, "raw", "data"), str)]
