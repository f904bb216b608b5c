"""What breaks workflows whose controller sets no deadline: the small Argo example, file by file."""

from __future__ import annotations

from mutating import Row, drop, plus, to

ROWS = [
    Row("argo-retry-unbounded", "$.templates.*.retryStrategy", to({}), names="reprice", alone=True),
    Row(
        "argo-retry-unbounded",
        "$.templates.*.retryStrategy.limit",
        drop,
        names="reprice",
        alone=True,
    ),
    Row(
        "argo-pending-unbounded",
        "$.templates.1",
        plus(activeDeadlineSeconds=60),
        names="reprice",
        alone=True,
    ),
    Row(
        "argo-suspend-unbounded",
        "$.templates.1",
        to({"name": "shard", "inputs": {"parameters": [{"name": "number"}]}, "suspend": {}}),
        names="reprice",
        alone=True,
    ),
    Row(
        "argo-retry-backoff-ignored",
        "$.templates.*.retryStrategy.limit",
        drop,
        names="nightly-export import-feed",
        alone=True,
    ),
    Row("argo-controller-leader-election-idle", "spec.replicas", to(1), kinds="Deployment"),
    Row("argo-controller-replicas", "spec.replicas", to(5), kinds="Deployment"),
    Row("argo-controller-leader-identity", "spec.template.spec.containers.0.env", to([])),
    Row(
        "argo-controller-leader-election-conflict",
        "spec.template.spec.containers.0.env",
        to([{"name": "LEADER_ELECTION_DISABLE", "value": "true"}]),
    ),
    Row(
        "argo-offload-misconfigured",
        "spec.template.spec.containers.0.env",
        to([{"name": "ALWAYS_OFFLOAD_NODE_STATUS", "value": "true"}]),
        elsewhere=True,
    ),
    Row("argo-loop-no-parallelism", "$.parallelism", drop, names="reprice"),
    Row(
        "argo-fanout-status-forecast",
        "$.templates.0.steps.0.0.withSequence.count",
        to("8000"),
        names="reprice",
    ),
]
