"""Which requests a VerticalPodAutoscaler writes.

Sources: kubernetes/autoscaler vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1/types.go
(modes and defaults), pkg/utils/vpa/api.go (GetUpdateMode, GetContainerResourcePolicy),
pkg/recommender/model/aggregate_container_state.go (UpdateFromPolicy).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kguard.model import Resource, dig

_CONTROLLED = ("cpu", "memory")
_ACTIVE = frozenset({"", "Auto", "Recreate", "Initial", "InPlaceOrRecreate", "InPlace"})


def writes_request(vertical: Resource, resource: str, containers: Iterable[str]) -> bool:
    """Whether a VPA sets the request for a resource of one of these containers.

    Not for a mode that only recommends, nor where modes or policies cannot be read.
    """
    if not _readable(vertical):
        return False
    mode = dig(vertical.data, "spec", "updatePolicy", "updateMode", default="")
    if not isinstance(mode, str) or mode not in _ACTIVE:
        return False
    return any(_controls(_policy(vertical, name), resource) for name in containers)


def _readable(vertical: Resource) -> bool:
    """Whether the parts that decide have the shape they need, not that of a placeholder."""
    update, policy = (dig(vertical.data, "spec", key) for key in ("updatePolicy", "resourcePolicy"))
    if not all(part is None or isinstance(part, Mapping) for part in (update, policy)):
        return False
    policies = dig(policy, "containerPolicies")
    return policies is None or isinstance(policies, list)


def _policy(vertical: Resource, container: str) -> Mapping[str, Any]:
    """The policy for a container: its own, else that for `*`, else an empty one."""
    policies = dig(vertical.data, "spec", "resourcePolicy", "containerPolicies")
    named = {
        name: policy
        for policy in policies or ()
        if isinstance(policy, Mapping) and isinstance(name := policy.get("containerName"), str)
    }
    return named.get(container, named.get("*", {}))


def _controls(policy: Mapping[str, Any], resource: str) -> bool:
    if policy.get("mode", "Auto") != "Auto":
        return False
    low, high = (dig(policy, key, resource) for key in ("minAllowed", "maxAllowed"))
    if low is not None and low == high:
        return False  # Held at one value: there is nothing to feed back.
    controlled = policy.get("controlledResources")
    if controlled is None:
        return resource in _CONTROLLED
    return isinstance(controlled, list) and resource in controlled
