"""Deadlines that are over before a pod starts, those that no pod can have, and room for no pod.

Sources: argo-workflows workflow/validate/validate.go (validateLeaf), workflow/controller:
operator.go (getWorkflowDeadline, failNodesWithoutCreatedPodsAfterDeadlineOrShutdown,
checkTemplateTimeout; checkParallelism: a limit of 0 is reached by no pods) and workflowpod.go
(createWorkflowPod: the seconds that are left become the pod's, and of a `timeout` it takes two at
least); kubernetes pkg/apis/core/validation/validation.go (ValidatePodSpec).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.argo.wrong import Wrong
from kguard.facts.quantities import is_placeholder
from kguard.model import Scope, dig
from kguard.quantity.durations import DurationError, parse_go_duration

_KEY = "activeDeadlineSeconds"
_MOST = (1 << 31) - 1
"""The longest deadline that Kubernetes takes for a pod, in seconds."""

_TOO_SHORT = 2 * 10**9
"""A `timeout` of so many nanoseconds is below two seconds when the pod is made."""

DEADLINES = f"Kubernetes takes 1 to {_MOST:,} seconds for a pod"
"""What a deadline of a pod may be."""


def of_workflow(workflow: Workflow, scope: Scope) -> Iterator[Wrong]:
    """The deadline and the `parallelism` that a workflow writes, where no pod starts under them.

    `scope` is the specification. A workflow that runs is ended by a deadline of 0, and held by a
    `parallelism` of 0 (github.com/argoproj/argo-workflows/issues/729).
    """
    text = no_deadline(scope.get(_KEY))
    runs = workflow.resource.kind == "Workflow" and dig(workflow.resource.data, "status", "phase")
    if text and not runs:
        yield Wrong(scope, (_KEY,), f"`{_KEY}` of the workflow is {text}", DEADLINES)
    limit = scope.get("parallelism")
    if type(limit) is int and limit <= 0 and not runs and not workflow.library:
        said = f"`parallelism` of the workflow is {limit}: no pod is started"
        help = "without it nothing is held back; `suspend: true` waits until somebody resumes it"
        yield Wrong(scope, ("parallelism",), said, help)
    if text := no_deadline(scope.get("templateDefaults", _KEY)):
        keys = ("templateDefaults", _KEY)
        yield Wrong(scope, keys, f"`{_KEY}` of `templateDefaults` is {text}", DEADLINES)


def no_deadline(value: Any) -> str:
    """A number of seconds that no pod can have, and what comes of it; empty for any other value."""
    if not isinstance(value, int) or isinstance(value, bool) or 0 < value <= _MOST:
        return ""
    return f"{value}: no pod is started" if value <= 0 else f"{value:,}: its pods are refused"


def of_template(template: Template) -> Iterator[Wrong]:
    """The deadlines that a template writes, where they are none or no pod starts within them."""
    if template.kind in ("steps", "dag"):
        if template.get(_KEY) is not None:
            text = f"`{_KEY}` has no effect on {template.called}"
            yield Wrong(template, (_KEY,), text, "it bounds pods; this has none", at_key=True)
        return
    seconds = template.get(_KEY)
    if seconds is not None and not is_placeholder(seconds):
        number = _whole(seconds)
        if number is None:
            text = f"`{_KEY}` is `{seconds}`, no whole number of seconds"
            yield Wrong(template, (_KEY,), text)
        elif number < 0 or (template.runs_pod and not 0 < number <= _MOST):
            text = f"`{_KEY}` of {template.called} is {number:,}"
            yield Wrong(template, (_KEY,), text, DEADLINES)
    if template.runs_pod and (left := _timeout(template.get("timeout"))) is not None:
        text = f"`timeout` of {template.called} is {left}: its pods are not made"
        yield Wrong(template, ("timeout",), text, "it takes more than two seconds")


def _timeout(value: Any) -> str | None:
    """A `timeout` that is too short for any pod, as it is written; None for any other."""
    if not isinstance(value, str) or is_placeholder(value):
        return None
    try:
        return value if parse_go_duration(value) <= _TOO_SHORT else None
    except DurationError:
        return None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return int(str(value)[:20]) if re.fullmatch(r"[+-]?[0-9]+", str(value)) else None
