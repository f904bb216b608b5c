"""Objects of the scenarios: good ones, ones with a fault, and small definitions of Argo and KEDA.

The definitions take any field, as Argo's own minimal ones do, and have the names, versions and
sub-resources of the real ones (argo-workflows manifests/base/crds, keda config/crd/bases): what is
of weight here is that a Workflow has no status sub-resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from e2e_client import CLUSTER_SCOPED, PLURALS

Object = dict[str, Any]

FAULT = "128"  # Bytes of memory: somebody forgot the unit. An error of memory-absurdly-small.
ARGO, KEDA = "argoproj.io/v1alpha1", "keda.sh/v1alpha1"
DEFINED = {
    ARGO: ("Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate"),
    KEDA: ("ScaledObject",),
}


def container(memory: str = "128Mi", **more: Any) -> Object:
    """A container `web` that no policy has anything to say about, unless by its memory."""
    resources = {"requests": {"cpu": "100m", "memory": memory}, "limits": {"memory": memory}}
    probe = {"httpGet": {"path": "/ready", "port": 8080}}
    image = "registry.example.com/web:1.4.2"
    return {
        "name": "web",
        "image": image,
        "resources": resources,
        "readinessProbe": probe,
        **more,
    }


def pod(namespace: str, name: str, memory: str = "128Mi", **metadata: Any) -> Object:
    """A Pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, **metadata},
        "spec": {"containers": [container(memory)]},
    }


def deployment(namespace: str, name: str, memory: str = "128Mi", **metadata: Any) -> Object:
    """A Deployment of two replicas."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name, **metadata},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container(memory)]},
            },
        },
    }


def workflow(namespace: str, name: str, memory: str = "128Mi") -> Object:
    """A Workflow of one step."""
    step = container(memory)
    del step["readinessProbe"]
    return {
        "apiVersion": ARGO,
        "kind": "Workflow",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {
            "entrypoint": "main",
            "activeDeadlineSeconds": 600,
            "podGC": {"strategy": "OnPodCompletion"},
            "ttlStrategy": {"secondsAfterCompletion": 600},
            "templates": [{"name": "main", "container": step}],
        },
    }


def definitions() -> Iterator[Object]:
    """The CustomResourceDefinitions of Argo and KEDA."""
    for version, kinds in DEFINED.items():
        group, _, served = version.partition("/")
        for kind in kinds:
            plural = PLURALS[kind]
            schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            yield {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": f"{plural}.{group}"},
                "spec": {
                    "group": group,
                    "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                    "scope": "Cluster" if kind in CLUSTER_SCOPED else "Namespaced",
                    "versions": [
                        {
                            "name": served,
                            "served": True,
                            "storage": True,
                            "schema": {"openAPIV3Schema": schema},
                            "subresources": {"status": {}} if version == KEDA else {},
                        }
                    ],
                },
            }
