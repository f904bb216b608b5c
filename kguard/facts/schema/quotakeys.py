"""The names that a ResourceQuota can limit.

Source: kubernetes pkg/apis/core/helper/helpers.go (IsStandardQuotaResourceName) and
pkg/apis/core/validation/validation.go (ValidateResourceQuotaResourceName).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.model import Route
from kguard.words import nearest

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_NAMES = {
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    *(f"{kind}{each}" for kind in ("", "requests.", "limits.") for each in _COMPUTE),
}


def quota_keys(value: Any) -> Iterator[tuple[Route, str]]:
    """What is wrong with the keys of `hard`; what has a domain in front may be anybody's."""
    for key in value if isinstance(value, Mapping) else ():
        huge = key.startswith(("hugepages-", "requests.hugepages-"))
        if key not in _NAMES and "/" not in key and not huge:
            hint = nearest(key, sorted(_NAMES))
            yield (key,), f"has the key `{key[:80]}`, which no quota can limit{hint}"
