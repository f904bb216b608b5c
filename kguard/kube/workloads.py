"""Where pods hide in each kind that creates them."""

from __future__ import annotations

from collections.abc import Mapping

from kguard.model import Resource, Route, dig

_TEMPLATE = ("spec", "template")

# (group, kind) → route to the pod template. A Pod is its own template.
TEMPLATES: Mapping[tuple[str, str], Route] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    # Served until Kubernetes 1.16; still in many repositories.
    ("extensions", "Deployment"): _TEMPLATE,
    ("extensions", "ReplicaSet"): _TEMPLATE,
    ("extensions", "DaemonSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    # An image change trigger may leave out `template` and the images (openshift/api apps/v1).
    ("apps.openshift.io", "DeploymentConfig"): _TEMPLATE,
    ("argoproj.io", "Rollout"): _TEMPLATE,
    # A JobSpec stands in jobTargetRef (keda apis/keda/v1alpha1/scaledjob_types.go).
    ("keda.sh", "ScaledJob"): ("spec", "jobTargetRef", "template"),
    ("serving.knative.dev", "Service"): _TEMPLATE,
}

BATCH = frozenset({"Job", "CronJob", "ScaledJob"})
"""Kinds whose pods run to completion."""


def template_route(resource: Resource) -> Route | None:
    """The route to the pod template of a workload, None for what creates no pods.

    A Rollout that borrows its template (`spec.workloadRef`) has none of its own.
    """
    route = TEMPLATES.get((resource.group, resource.kind))
    if route is None or not isinstance(dig(resource.data, *route, "spec"), dict):
        return None
    return route


def pod_labels(resource: Resource) -> Mapping[str, str]:
    """The labels that pods of this workload carry: those of the template, never of the selector.

    Values that are no strings are left out: the API server refuses them, and a list among them
    could not even be compared.
    """
    route = template_route(resource)
    labels = dig(resource.data, *route, "metadata", "labels") if route is not None else None
    if not isinstance(labels, dict):
        return {}
    return {key: value for key, value in labels.items() if isinstance(value, str)}


def is_owned(resource: Resource) -> bool:
    """Whether a controller owns this object, so that findings belong at the owner.

    Only for manifests read from files and exports: admission decides without trusting this.
    """
    owners = dig(resource.data, "metadata", "ownerReferences", default=[])
    return isinstance(owners, list) and any(dig(owner, "controller") is True for owner in owners)
