"""Requests, owners and exceptions that tests of reviews share."""

from __future__ import annotations

TINY = {"requests": {"cpu": "1m", "memory": "64m"}, "limits": {"memory": "64m"}}
"""Sixty-four thousandths of a byte: an error, and a warning for the request."""
REPLICASET = "system:serviceaccount:kube-system:replicaset-controller"
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "web-5d8",
    "uid": "b4b1d2f0-0f3f-4c53-a4c2-2a5d6b1f8d11",
    "controller": True,
}
EXCEPTION = """
exceptions:
  - policy: memory-absurdly-small
    kind: {kind}
    namespace: {namespace}
    {name}
    reason: a tool that counts in millibytes
    owner: team-shop@example.com
    expires: "{expires}"
"""


def exception(
    kind: str = "Deployment",
    namespace: str = "shop",
    name: str = "name: web",
    expires: str = "2027-01-31",
) -> str:
    return EXCEPTION.format(kind=kind, namespace=namespace, name=name, expires=expires)
