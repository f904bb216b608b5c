"""A workload as rollouts and disruptions see it: pod, replicas, strategy, who points at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kguard.facts.pods import Pod
from kguard.facts.replicas import Replicas
from kguard.model import Resource, Scope
from kguard.quantity.intorpercent import scaled

# What an absent maxSurge or maxUnavailable means, by kind: apps/v1 defaults.go; argo-rollouts
# utils/defaults/defaults.go (canary).
_DEFAULT_ROLLING = {
    "Deployment": ("25%", "25%"),
    "Rollout": ("25%", "25%"),
    "DaemonSet": (0, 1),
    "StatefulSet": (0, 1),
}


@dataclass(frozen=True, slots=True)
class RollingUpdate:
    """How a rolling update replaces pods: as written (defaults filled in) and in pods.

    `surge` and `unavailable` are None where the replica count or the value is unknown. They
    follow ResolveFenceposts (pkg/controller/deployment/util/deployment_util.go): surge rounds up,
    unavailable down, and where both come to 0 one pod may be unavailable.
    """

    max_surge: Any
    max_unavailable: Any
    surge: int | None
    unavailable: int | None
    fencepost: bool = False
    """Whether both rounded to 0, so that Kubernetes made one pod unavailable by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Workload(Scope):
    """A resource that creates pods, with what its unit says about it."""

    pod: Pod
    replicas: Replicas
    autoscalers: tuple[Resource, ...]
    services: tuple[Resource, ...]
    budgets: tuple[Resource, ...]
    complete: bool

    @property
    def strategy_key(self) -> str:
        """The key under spec that holds the rollout strategy of this kind."""
        return "updateStrategy" if self.resource.kind in ("StatefulSet", "DaemonSet") else "strategy"

    @property
    def rolling_route(self) -> tuple[str, ...]:
        """The keys that lead to maxSurge and maxUnavailable."""
        if self.resource.kind == "Rollout":
            return ("spec", "strategy", "canary")
        return ("spec", self.strategy_key, "rollingUpdate")

    def rolling_update(self, replicas: int | None) -> RollingUpdate | None:
        """The rolling update at that many replicas; None where pods are replaced another way."""
        kind = self.resource.kind
        if kind not in _DEFAULT_ROLLING:
            return None
        if kind == "Rollout":
            if self.get("spec", "strategy", "canary") is None:
                return None
        elif self.get("spec", self.strategy_key, "type", default="RollingUpdate") != "RollingUpdate":
            return None
        surge_default, unavailable_default = _DEFAULT_ROLLING[kind]
        max_surge = self.get(*self.rolling_route, "maxSurge", default=surge_default)
        max_unavailable = self.get(*self.rolling_route, "maxUnavailable", default=unavailable_default)
        if replicas is None:
            return RollingUpdate(max_surge, max_unavailable, None, None)
        try:
            surge = scaled(max_surge, replicas, round_up=True)
            unavailable = scaled(max_unavailable, replicas, round_up=False)
        except ValueError:
            return RollingUpdate(max_surge, max_unavailable, None, None)
        if surge == 0 and unavailable == 0:
            return RollingUpdate(max_surge, max_unavailable, 0, 1, fencepost=True)
        return RollingUpdate(max_surge, max_unavailable, surge, unavailable)
