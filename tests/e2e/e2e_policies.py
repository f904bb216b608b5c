"""The policies the scenarios are judged by: modes by namespace, and some exceptions."""

from __future__ import annotations

import datetime
import json
from typing import Any

POLICY = "memory-absurdly-small"
EXCEPTIONS = "enforce-exceptions"
"""The namespace in which the exceptions hold."""

ARGO_CONTROLLER = "system:serviceaccount:argo:argo"

# Of the entries that hold the last decides; names decide before the watch of namespaces has them.
WEBHOOK: dict[str, Any] = {
    "mode": "warn",
    "trusted-controllers": [ARGO_CONTROLLER],
    "modes": [
        {"namespace-labels": {"policies": "enforced"}, "mode": "enforce"},
        {"namespaces": ["warn-*"], "mode": "warn"},
        {"namespaces": ["audit-*"], "mode": "audit"},
        {"namespaces": ["enforce-*"], "mode": "enforce"},
        {"namespaces": ["strict-*"], "mode": "enforce", "deny-at": "warning"},
        {"namespaces": ["annotated-*"], "mode": "enforce", "annotations": True},
    ],
}


def day(ahead: int) -> str:
    """A day from today (UTC), as exceptions write it."""
    today = datetime.datetime.now(datetime.UTC).date()
    return str(today + datetime.timedelta(days=ahead))


def exception(kind: str, ahead: int, namespace: str = EXCEPTIONS, **names: str) -> dict[str, str]:
    """An exception that ends so many days ahead."""
    return {
        "policy": POLICY,
        "kind": kind,
        "namespace": namespace,
        **names,
        "reason": "migration",
        "owner": "team-a",
        "expires": day(ahead),
    }


def values() -> dict[str, Any]:
    """Values of the chart that install these policies."""
    exceptions = [
        exception("Deployment", 30, name="excepted"),
        exception("Deployment", -1, name="expired"),
        exception("Pod", 30, **{"generate-name": "excepted-"}),
        exception("Pod", -1, **{"generate-name": "expired-"}),
        exception("Deployment", -1, "labelled-drain", name="web"),
    ]
    return {"policies": {"webhook": WEBHOOK, "exceptions": exceptions}}


def webhook_yaml(**changes: Any) -> str:
    """webhook.yaml with other values in places."""
    return json.dumps({**WEBHOOK, **changes})
