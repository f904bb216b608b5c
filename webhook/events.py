"""Events of Kubernetes about the pod that this is, for those who look with `kubectl` alone."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from kguard.record import record
from kguard.term import safe
from kguard.webhook.cluster.client import call

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

REFUSED = "PoliciesRefused"

_LONGEST = 1000
"""Characters of a message. The core group's Events have no limit, those of events.k8s.io have 1,024
(kubernetes pkg/apis/core/validation/events.go); nobody reads more."""

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@record
class Pod:
    """The pod that this process runs in. With its uid, `kubectl describe pod` shows the events."""

    namespace: str
    name: str
    uid: str = ""


def warn(client: ApiClient, pod: Pod, reason: str, message: str) -> None:
    """Write a Warning about the pod into its namespace. Raises ClusterError.

    The message is cut, and stripped of control characters.
    """
    message = safe(message)
    if len(message) > _LONGEST:
        message = message[: _LONGEST - 1] + "…"
    now = datetime.datetime.now(datetime.UTC).strftime(_FORMAT)
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "kguard-", "namespace": pod.namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": pod.namespace,
            "name": pod.name,
            "uid": pod.uid,
        },
        "type": "Warning",
        "reason": reason,
        "message": message,
        "source": {"component": "kguard"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    call(client, "POST", f"/api/v1/namespaces/{quote(pod.namespace, '')}/events", body=body)
