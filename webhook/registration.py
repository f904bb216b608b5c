"""What the API server is told of the webhook: which requests it sends, and what if none answers.

The chart writes the same rules for a Service; a test compares the two.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from kguard.webhook.cluster.client import WEBHOOKS, ClusterError, call

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")

RULES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "",
        "v1",
        (
            *("pods", "pods/ephemeralcontainers", "pods/resize"),
            *("replicationcontrollers", "configmaps"),
        ),
    ),
    (
        "apps",
        "v1",
        ("deployments", "statefulsets", "daemonsets", "replicasets"),
    ),
    ("batch", "v1", ("jobs", "cronjobs")),
    ("autoscaling", "v2", ("horizontalpodautoscalers",)),
    ("policy", "v1", ("poddisruptionbudgets",)),
    ("argoproj.io", "v1alpha1", ("workflows", "workflowtemplates", "cronworkflows", "rollouts")),
    ("keda.sh", "v1alpha1", ("scaledobjects", "scaledjobs")),
)
"""Namespaced resources by group and version. Never `*/scale`: a Scale carries a number without the
workload, so nothing could be found in it, while an outage under `failurePolicy: Fail` would stop
every autoscaler."""

CLUSTER_RULE = ("argoproj.io", "v1alpha1", ("clusterworkflowtemplates",))
"""The one of cluster-scoped resources: a cluster that cannot make Nodes or approve certificates
cannot start."""

_SENT = frozenset((group, name) for group, _, names in (*RULES, CLUSTER_RULE) for name in names)

CONDITIONS: tuple[tuple[str, str], ...] = (
    ("not-nodes", "!has(request.userInfo.groups) || !('system:nodes' in request.userInfo.groups)"),
    (
        "changed",
        "request.operation != 'UPDATE' || !has(object.spec) || !has(oldObject.spec)"
        " || object.spec != oldObject.spec || (request.resource.group != 'argoproj.io' && ("
        "has(object.metadata.labels) != has(oldObject.metadata.labels)"
        " || has(object.metadata.labels) && object.metadata.labels != oldObject.metadata.labels"
        " || has(object.metadata.annotations) != has(oldObject.metadata.annotations)"
        " || has(object.metadata.annotations)"
        " && object.metadata.annotations != oldObject.metadata.annotations))",
    ),
    (
        "configuration-of-argo",
        "request.resource.resource != 'configmaps'"
        " || has(object.metadata.name) && request.namespace + '/' + object.metadata.name"
        " in ['argo/workflow-controller-configmap']",
    ),
)
"""CEL under which a request is sent. No condition rests on what an author writes alone."""


PATH = "/validate"
"""Where the webhook answers; a test compares it with the application's."""


def is_sent(group: str, kind: str) -> bool:
    """Whether objects of a kind come to the webhook at all."""
    return (group, f"{kind.lower()}s") in _SENT  # All of them have a regular plural.


class RegistrationError(ValueError):
    """Something the API server would refuse."""


class Disarmed(Enum):
    """What became of a configuration."""

    GONE = auto()
    DELETED = auto()
    IGNORED = auto()


def disarm(client: ApiClient, name: str, *, delete: bool = False) -> Disarmed:
    """Let the API server go on where the webhook does not answer; raises ClusterError."""
    path = f"{WEBHOOKS}/{quote(name, '')}"
    try:
        if delete:
            call(client, "DELETE", path)
            return Disarmed.DELETED
        found = call(client, "GET", path)
        entries = range(len(found.get("webhooks") or ()))
        patch = [
            {"op": "add", "path": f"/webhooks/{entry}/failurePolicy", "value": "Ignore"}
            for entry in entries
        ]
        call(client, "PATCH", path, body=patch, content_type="application/json-patch+json")
    except ClusterError as error:
        if error.status == 404:
            return Disarmed.GONE
        raise
    return Disarmed.IGNORED


def static_manifest(
    url: str, bundle: bytes, failure_policy: str, namespaces: Iterable[str]
) -> dict[str, Any]:
    """A configuration for `staticManifestsDir`. Raises RegistrationError.

    Its name has the suffix reserved for such manifests, and it names a URL: Services are not known
    that early (k8s.io/apiserver pkg/admission/plugin/manifest). The path may be left out.
    """
    url = _address(url)
    if b"-----BEGIN CERTIFICATE-----" not in bundle:
        raise RegistrationError("the CA holds no certificate in PEM")
    common = {
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "matchPolicy": "Equivalent",
        "timeoutSeconds": 5,
        "clientConfig": {"url": url, "caBundle": base64.b64encode(bundle).decode()},
    }
    excluded = list(dict.fromkeys((*_SYSTEM, *namespaces)))
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "kguard.static.k8s.io"},
        "webhooks": [
            {
                "name": "admission.kguard.dev",
                "failurePolicy": failure_policy,
                **common,
                "namespaceSelector": {
                    "matchExpressions": [
                        {
                            "key": "kubernetes.io/metadata.name",
                            "operator": "NotIn",
                            "values": excluded,
                        }
                    ]
                },
                "rules": [_rule(*rule, "Namespaced") for rule in RULES],
                "matchConditions": _conditions(CONDITIONS),
            },
            {
                "name": "cluster.admission.kguard.dev",
                "failurePolicy": "Ignore",
                **common,
                "rules": [_rule(*CLUSTER_RULE, "Cluster")],
                "matchConditions": _conditions(CONDITIONS[:2]),
            },
        ],
    }


def _address(url: str) -> str:
    """The URL with the path the webhook answers at, which it may leave out."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.scheme == "https" and parts.hostname and parts.port != 0)
    except ValueError:  # Of a port that is none, or half an IPv6 address.
        usable = False
    # The API server takes neither a user (webhook.ValidateWebhookURL) nor what follows a path.
    if not usable or parts.username is not None or "?" in url or "#" in url:
        raise RegistrationError(f"`{url}` is no https URL without user, query and fragment")
    if parts.path not in ("", "/", PATH):
        raise RegistrationError(f"`{url}`: the webhook answers at `{PATH}` and nowhere else")
    return parts._replace(path=PATH).geturl()


def _rule(group: str, version: str, resources: Iterable[str], scope: str) -> dict[str, Any]:
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "resources": list(resources),
        "operations": ["CREATE", "UPDATE"],
        "scope": scope,
    }


def _conditions(conditions: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "expression": expression} for name, expression in conditions]
