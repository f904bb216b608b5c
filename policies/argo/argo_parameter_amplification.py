"""See argo_parameter_amplification.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.templates import Call, calls_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.runs import Runs, runs_of
from kguard.facts.sizes import literal_bytes, written
from kguard.model import Fault, Related, Route, dig
from kguard.policy.context import Context

_HANDED_ON = re.compile(r"\{\{\s*workflow\.parameters\.([\w-]+)\s*\}\}")
_HELP = "every node keeps its own copy in the status; hand over a path or an artifact"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a literal that many nodes receive and that fills the status by that."""
    least = ctx.params["min_bytes"]
    arguments = {
        name: (number, literal_bytes(value))
        for number, name, value in _parameters(workflow.get("arguments", "parameters"))
        if literal_bytes(value) > least
    }
    long = [
        (call, number, value)
        for template in ctx.facts.argo_templates(workflow.resource)
        for call in calls_of(ctx.facts, template)
        for number, _, value in _parameters(call.get("arguments", "parameters"))
        if isinstance(value, str) and ((arguments and "{{" in value) or len(value) > least)
    ]
    runs = runs_of(ctx.facts, workflow) if long else None
    handed: dict[str, list[Call]] = {}
    for call, number, value in long:
        for name in _HANDED_ON.findall(value):
            if name in arguments:
                handed.setdefault(name, []).append(call)
        if runs and literal_bytes(value) > least:
            size, nodes = literal_bytes(value), runs.nodes(call)
            if size * nodes > ctx.params["max_bytes"]:
                keys: Route = ("arguments", "parameters", number, "value")
                message = f"argument of {call.called} {_copied(size, nodes)}"
                yield call.fault(keys, message, help=_HELP)
    for name, calls in handed.items():
        yield from _workflow_argument(workflow, ctx, arguments[name], calls, runs)


def _workflow_argument(
    workflow: Workflow, ctx: Context, found: tuple[int, int], calls: list[Call], runs: Runs | None
) -> Iterator[Fault]:
    number, size = found
    nodes = sum(runs.nodes(call) for call in calls) if runs else 0
    if size * nodes > ctx.params["max_bytes"]:
        name = workflow.get("arguments", "parameters", number, "name")
        yield workflow.fault(
            ("arguments", "parameters", number, "value"),
            f"argument `{name}` {_copied(size, nodes)}",
            help=_HELP,
            related=[Related(call.resource, call.route, "handed on here") for call in calls[:3]],
        )


def _copied(size: int, nodes: int) -> str:
    return f"of {written(size)} goes to {nodes:,} nodes: {written(size * nodes)} of status"


def _parameters(items: Any) -> Iterator[tuple[int, Any, Any]]:
    for number, item in enumerate(items if isinstance(items, list) else ()):
        name, value = dig(item, "name"), dig(item, "value")
        if isinstance(name, str) and value is not None:
            yield number, name, value
