"""From a decision to the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kguard.facts.scopes import EACH
from kguard.webhook.decision import Decision

if TYPE_CHECKING:
    from kguard.webhook.metrics import Metrics

_KINDS = frozenset(kind for each in EACH.values() for _, kind in each.kinds or ())
_OPERATIONS = frozenset({"CREATE", "UPDATE", "DELETE", "CONNECT"})


def count(
    metrics: Metrics, decision: Decision, seconds: float, phases: Mapping[str, float]
) -> None:
    """Count one review. Labels take few values, whatever callers send."""
    request = decision.request
    metrics.admission_requests.labels(
        request.operation if request.operation in _OPERATIONS else "other",
        request.kind if request.kind in _KINDS else "other",
        decision.word,
        "true" if request.dry_run else "false",
    ).inc()
    metrics.admission_duration.observe(seconds)
    for phase, took in phases.items():
        metrics.admission_phase.labels(phase).observe(took)
    for each in decision.judged:
        finding, mode = each.finding, each.mode.word
        metrics.policy_results.labels(finding.policy, each.effect.word, mode).inc()
        metrics.violations.labels(finding.policy, finding.severity.word, mode).inc()
    for reason in decision.unanswered.values():
        metrics.admission_errors.labels(reason).inc()
