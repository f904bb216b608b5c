"""Which workflows the objectSelector of a webhook lets through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.facts.quantities import literal
from kguard.model import dig
from kguard.quantity.selectors import SelectorError, matches

RUNNING = {"workflows.argoproj.io/phase": "Running", "workflows.argoproj.io/completed": "false"}
"""What the controller labels a workflow with when it starts (operator.go, markWorkflowPhase)."""


def selects_running(webhook: Mapping[str, Any]) -> bool:
    """Whether the objectSelector lets workflows through that have a status."""
    written = webhook.get("objectSelector")
    labels, rows = dig(written, "matchLabels"), dig(written, "matchExpressions")
    own = {
        "matchLabels": {
            key: labels[key] for key in RUNNING if isinstance(labels, dict) and key in labels
        },
        "matchExpressions": [
            row
            for row in (rows if isinstance(rows, list) else ())
            if literal(dig(row, "key")) in RUNNING
        ],
    }
    return selects(own, RUNNING)


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a selector matches labels; one that cannot be read may."""
    try:
        return matches(selector, labels)
    except SelectorError:
        return True
