"""The metrics of the webhook, in a registry of their own."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from kguard.webhook.metrics import Metrics

# Dashboards and alerts name them: a change breaks somebody's.
NAMES = {
    "kguard_admission_requests": ["operation", "kind", "decision", "dry_run"],
    "kguard_admission_duration_seconds": [],
    "kguard_admission_phase_seconds": ["phase"],
    "kguard_policy_results": ["policy", "severity", "result", "mode"],
    "kguard_policy_duration_seconds": ["policy"],
    "kguard_admission_errors": ["reason"],
    "kguard_admission_shed": [],
    "kguard_admission_inflight": [],
    "kguard_body_bytes": [],
    "kguard_certificate_expiry_timestamp_seconds": ["cert"],
    "kguard_cabundle_match": [],
    "kguard_policy_reload": ["result"],
    "kguard_policy_config_hash_info": ["hash"],
    "kguard_last_reload_timestamp_seconds": [],
    "kguard_context_synced": ["kind"],
    "kguard_context_left_out_namespaces": ["kind"],
    "kguard_exceptions": ["state"],
    "kguard_ready": [],
    "kguard_build_info": ["version"],
}


def test_names_and_labels_stay_what_they_are() -> None:
    metrics = Metrics()
    found = {}
    for metric in vars(metrics).values():
        if metric is not metrics.registry:
            found[metric._name] = list(metric._labelnames)
    assert found == NAMES


def test_what_was_counted_is_rendered() -> None:
    metrics = Metrics()
    metrics.admission_requests.labels("CREATE", "Pod", "allowed", "false").inc()
    metrics.admission_duration.observe(0.003)
    families = {
        each.name: each for each in text_string_to_metric_families(metrics.render().decode())
    }
    (counted,) = (
        each
        for each in families["kguard_admission_requests"].samples
        if each.name == "kguard_admission_requests_total"
    )
    assert counted.labels == {
        "operation": "CREATE",
        "kind": "Pod",
        "decision": "allowed",
        "dry_run": "false",
    }
    assert counted.value == 1
    buckets = {
        each.labels["le"]: each.value
        for each in families["kguard_admission_duration_seconds"].samples
        if each.name.endswith("_bucket")
    }
    assert buckets["0.0025"] == 0
    assert buckets["0.005"] == 1


def test_two_do_not_share_a_count() -> None:
    one, other = Metrics(), Metrics()
    one.admission_shed.inc()
    assert b"kguard_admission_shed_total 1.0" in one.render()
    assert b"kguard_admission_shed_total 0.0" in other.render()
