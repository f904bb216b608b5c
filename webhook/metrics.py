"""The metrics of the webhook, in a registry of their own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE: str = CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_POLICY_SECONDS = (0.00001, 0.0001, 0.001, 0.01, 0.1, 1)  # A check takes microseconds.
SAMPLED = 16
"""Of so many reviews one is timed phase by phase and policy by policy: an observation takes as long
as a policy, and they would be a tenth of a small review."""

_BYTES = tuple(float(2**power) for power in range(10, 26, 3))  # 1 KiB to 32 MiB.


class Metrics:
    """One attribute for each metric, named as the metric without its prefix `kguard_`.

    No label ever holds a name or a namespace: their number has no bound. Metrics without labels
    say nothing of a process, so several of these can live in one.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()

        def counter(name: str, help: str, *labels: str) -> Counter:
            return Counter(f"kguard_{name}", help, labels, registry=registry)

        def gauge(name: str, help: str, *labels: str) -> Gauge:
            return Gauge(f"kguard_{name}", help, labels, registry=registry)

        def histogram(name: str, help: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"kguard_{name}", help, labels, buckets=buckets, registry=registry)

        self.admission_requests = counter(
            "admission_requests_total",
            "Reviews answered",
            *("operation", "kind", "decision", "dry_run"),
        )
        self.admission_duration = histogram(
            "admission_duration_seconds",
            "Time from the first byte of a request to its answer",
            _SECONDS,
        )
        self.admission_phase = histogram(
            "admission_phase_seconds",
            f"Time of one phase: read, parse, evaluate, write; of one request in {SAMPLED}",
            _SECONDS,
            "phase",
        )
        self.policy_results = counter(
            "policy_results_total",
            "Verdicts of a policy",
            *("policy", "severity", "result", "mode"),
        )
        self.policy_duration = histogram(
            "policy_duration_seconds",
            f"Time one policy took, in one review of {SAMPLED}",
            _POLICY_SECONDS,
            "policy",
        )
        self.admission_errors = counter(
            "admission_errors_total",
            "Connections and requests without a verdict, policies without an answer, and troubles"
            " with certificates",
            "reason",
        )
        self.admission_shed = counter(
            "admission_shed_total", "Requests answered 503 because too many were waiting"
        )
        self.admission_inflight = gauge("admission_inflight", "Requests being evaluated")
        self.body_bytes = histogram("body_bytes", "Size of requests", _BYTES)
        self.certificate_expiry = gauge(
            "certificate_expiry_timestamp_seconds", "When a certificate expires", "cert"
        )
        self.cabundle_match = gauge(
            "cabundle_match", "1 if the webhook configuration holds the CA being served"
        )
        self.policy_reload = counter(
            "policy_reload_total", "Times the policy directory was read anew", "result"
        )
        self.policy_config_hash = gauge(
            "policy_config_hash_info", "The policy directory in force, always 1", "hash"
        )
        self.last_reload = gauge(
            "last_reload_timestamp_seconds", "When the policy directory in force was read"
        )
        self.context_synced = gauge(
            "context_synced", "1 if what reviews need of a kind is read from the cluster", "kind"
        )
        self.context_left_out = gauge(
            "context_left_out_namespaces",
            "Namespaces that have too much of a kind for it to be kept in memory",
            "kind",
        )
        self.exceptions = gauge(
            "exceptions", "Exceptions that are active, expiring, expired or too-long", "state"
        )
        self.ready = gauge("ready", "1 if the API server may come here, as /readyz said last")
        self.build_info = gauge("build_info", "The version running, always 1", "version")

    def render(self) -> bytes:
        """Everything in the text format of Prometheus."""
        return generate_latest(self.registry)
