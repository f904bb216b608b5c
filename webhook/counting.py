"""From a decision to the metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from prometheus_client import Counter, Gauge, Histogram

from kguard.facts.scopes import EACH
from kguard.webhook.decision import REPLACED, Decision

if TYPE_CHECKING:
    from kguard.webhook.metrics import Metrics

M = TypeVar("M", Counter, Gauge, Histogram)

_KINDS = frozenset(kind for each in EACH.values() for _, kind in each.kinds or ())
_OPERATIONS = frozenset({"CREATE", "UPDATE", "DELETE", "CONNECT"})


@lru_cache(maxsize=10_000)
def _child(metric: M, *labels: str) -> M:
    """The series of these labels; looking it up in the metric takes ten times as long."""
    return metric.labels(*labels)


def count(
    metrics: Metrics,
    decision: Decision,
    seconds: float,
    phases: Mapping[str, float],
    policies: Iterable[tuple[str, float]],
) -> None:
    """Count one review, and the seconds of its phases and policies where they were timed.

    Labels take few values, whatever callers send.
    """
    request = decision.request
    _child(
        metrics.admission_requests,
        request.operation if request.operation in _OPERATIONS else "other",
        request.kind if request.kind in _KINDS else "other",
        decision.word,
        "true" if request.dry_run else "false",
    ).inc()
    metrics.admission_duration.observe(seconds)
    for phase, took in phases.items():
        _child(metrics.admission_phase, phase).observe(took)
    for policy, took in policies:
        _child(metrics.policy_duration, policy).observe(took)
    for each in decision.judged:
        finding, mode = each.finding, each.mode.word
        # Its template was counted: a Deployment of 50 Pods is one fault.
        result = "replaced" if each.why == REPLACED else each.effect.word
        severity = finding.severity.word
        _child(metrics.policy_results, finding.policy, severity, result, mode).inc()
    for reason in decision.unanswered.values():
        metrics.admission_errors.labels(reason).inc()
