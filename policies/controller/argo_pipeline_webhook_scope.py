"""See argo_pipeline_webhook_scope.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.controller import argo_controller
from kguard.model import Fault, Scope
from kguard.policies.controller._selected import RUNNING, selects, selects_running
from kguard.policy.context import Context

_LONG = 10


def check(scope: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each webhook that every status write of a workflow reaches."""
    webhooks = scope.get("webhooks")
    for number, webhook in enumerate(webhooks if isinstance(webhooks, list) else ()):
        if not isinstance(webhook, Mapping):
            continue
        rules = webhook.get("rules")
        reached = [
            (place, rule)
            for place, rule in enumerate(rules if isinstance(rules, list) else ())
            if isinstance(rule, Mapping) and _on_workflows(rule, webhook, scope, ctx)
        ]
        # The operations may be divided among rules.
        updates = [place for place, rule in reached if _has(rule, "operations", "UPDATE", "*")]
        if updates and not webhook.get("matchConditions") and selects_running(webhook):
            yield scope.fault(
                ("webhooks", number, "rules", updates[0], "operations"),
                "the webhook is called whenever the controller writes a workflow's status",
                help="add a condition such as `object.spec != oldObject.spec`",
            )
        elif reached and _holds_up(webhook):
            yield scope.fault(
                ("webhooks", number, "timeoutSeconds"),
                f"workflows wait up to {webhook['timeoutSeconds']} s for this webhook, "
                "and fail without it",
                help="a short timeout, or `failurePolicy: Ignore`, keeps an outage small",
            )


def _on_workflows(
    rule: Mapping[str, Any], webhook: Mapping[str, Any], scope: Scope, ctx: Context
) -> bool:
    if not _has(rule, "resources", "workflows", "*", "*/*"):
        return False
    if _has(rule, "apiGroups", "argoproj.io"):
        return True
    if not selects(webhook.get("objectSelector") or {}, RUNNING):
        return False  # It is meant for objects with a label that workflows may not have.
    return _has(rule, "apiGroups", "*") and any(
        ctx.facts.remember(argo_controller, item) is not None
        for item in ctx.index.in_unit(scope.resource, "apps", "Deployment")
    )


def _has(rule: Mapping[str, Any], key: str, *words: str) -> bool:
    written = rule.get(key)
    return isinstance(written, list) and any(word in written for word in words)


def _holds_up(webhook: Mapping[str, Any]) -> bool:
    seconds = webhook.get("timeoutSeconds")
    fails = webhook.get("failurePolicy", "Fail") == "Fail"
    return fails and isinstance(seconds, int) and seconds > _LONG
