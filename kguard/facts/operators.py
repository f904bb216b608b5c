"""Objects whose controllers make others: what is not written may still come to exist.

An Alertmanager of the Prometheus operator makes a StatefulSet, an Argo CD Application anything.
Where such objects are in view, not even a complete view tells that a pod or workload is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kguard.kube.workloads import TEMPLATES
from kguard.model import Resource

if TYPE_CHECKING:
    from kguard.facts.run import Facts

# The groups of Kubernetes itself (kubernetes staging/src/k8s.io/api); what they make is known.
_BUILT_IN = frozenset(
    {"", "apps", "autoscaling", "batch", "extensions", "policy", "drone.io"}
    | {
        f"{name}.k8s.io"
        for name in (
            *("admissionregistration", "apiextensions", "apiregistration", "authentication"),
            *("authorization", "autoscaling", "certificates", "coordination", "discovery"),
            *("events", "flowcontrol.apiserver", "internal.apiserver", "networking", "node"),
            *("rbac.authorization", "resource", "scheduling", "storage", "storagemigration"),
        )
    }
)

# Groups of widespread extensions, none of whose objects makes a pod that somebody would name.
_PODLESS_GROUPS = frozenset(
    {
        "acme.cert-manager.io",
        "bitnami.com",
        "cert-manager.io",
        "cilium.io",
        "crd.projectcalico.org",
        "external-secrets.io",
        "karpenter.sh",
        "kustomize.config.k8s.io",
        "kyverno.io",
        "networking.istio.io",
        "secrets-store.csi.x-k8s.io",
        "security.istio.io",
        "snapshot.storage.k8s.io",
        "telemetry.istio.io",
        "traefik.io",
    }
)

_PODLESS = frozenset(
    {
        ("argoproj.io", "AnalysisTemplate"),
        ("argoproj.io", "AppProject"),
        ("gateway.networking.k8s.io", "GRPCRoute"),
        ("gateway.networking.k8s.io", "HTTPRoute"),
        ("keda.sh", "ClusterTriggerAuthentication"),
        ("keda.sh", "ScaledObject"),
        ("keda.sh", "TriggerAuthentication"),
        ("monitoring.coreos.com", "AlertmanagerConfig"),
        ("monitoring.coreos.com", "PodMonitor"),
        ("monitoring.coreos.com", "Probe"),
        ("monitoring.coreos.com", "PrometheusRule"),
        ("monitoring.coreos.com", "ScrapeConfig"),
        ("monitoring.coreos.com", "ServiceMonitor"),
    }
)


def makers(facts: Facts, near: Resource) -> list[str]:
    """The kinds in the unit of `near` whose controllers may make workloads or pods, sorted."""
    return facts.remember_unit(_makers, near)


def _makers(facts: Facts, near: Resource) -> list[str]:
    return sorted(
        kind
        for group, kind in facts.index.kinds_in_unit(near)
        if group not in _BUILT_IN | _PODLESS_GROUPS
        and (group, kind) not in _PODLESS
        and (group, kind) not in TEMPLATES
    )
