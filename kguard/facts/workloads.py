"""A workload as rollouts and disruptions see it: pod, replicas, strategy, who points at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.facts.pods import Pod
from kguard.facts.replicas import Replicas
from kguard.model import Resource, Scope, dig
from kguard.quantity.intorpercent import scaled
from kguard.record import field, record

# What an absent maxSurge or maxUnavailable means, by kind: apps/v1 defaults.go; argo-rollouts
# utils/defaults/defaults.go (canary). Kinds of the groups before apps/v1 had other defaults.
_DEFAULT_ROLLING = {
    ("apps", "Deployment"): ("25%", "25%"),
    ("argoproj.io", "Rollout"): ("25%", "25%"),
    ("apps.openshift.io", "DeploymentConfig"): ("25%", "25%"),
    ("apps", "DaemonSet"): (0, 1),
    ("apps", "StatefulSet"): (0, 1),
}


@record
class RollingUpdate:
    """How a rolling update replaces pods: as written (defaults filled in) and in pods.

    `surge` and `unavailable` are None where the replica count or the value is unknown.
    """

    max_surge: Any
    max_unavailable: Any
    surge: int | None
    unavailable: int | None
    fencepost: bool = False
    """Whether both rounded to 0, so that Kubernetes made one pod unavailable by itself."""


def fenceposts(
    max_surge: Any, max_unavailable: Any, replicas: int, *, unavailable_up: bool = False
) -> tuple[int, int, bool]:
    """Surge and unavailable pods at a replica count, and whether the one unavailable was forced.

    Surge rounds up. Unavailable rounds down for Deployments (ResolveFenceposts in kubernetes
    pkg/controller/deployment/util/deployment_util.go), Rollouts (argo-rollouts
    utils/replicaset/canary.go) and StatefulSets (getStatefulSetMaxUnavailable in
    pkg/controller/statefulset/stateful_set_utils.go), up for DaemonSets (UnavailableCount in
    pkg/controller/daemon/util/daemonset_util.go). Where both come to 0, one pod is unavailable.
    Raises ValueError for what is neither a whole number nor a percentage.
    """
    surge = scaled(max_surge, replicas, round_up=True)
    unavailable = scaled(max_unavailable, replicas, round_up=unavailable_up)
    forced = surge == 0 and unavailable == 0
    return surge, 1 if forced else unavailable, forced


@record(eq=False)
class Workload(Scope):
    """A resource that creates pods, with what its unit says about it."""

    pod: Pod
    replicas: Replicas
    autoscalers: tuple[Resource, ...]
    services: tuple[Resource, ...]
    budgets: tuple[Resource, ...]
    complete: bool
    _rolling: dict[int | None, RollingUpdate | None] = field(
        default_factory=dict, init=False, repr=False
    )
    """What `rolling_update` has answered: most policies on rollouts ask it."""

    @property
    def called(self) -> str:
        """How messages name it: its kind and its name."""
        kind, name = self.resource.kind, self.resource.name or self.resource.generate_name
        return f"{kind} `{name}`" if name else f"unnamed {kind}"

    @property
    def floor(self) -> int | None:
        """The fewest pods it runs; None where an autoscaler that was not seen may decide."""
        return None if self.replicas.assumed and not self.complete else self.replicas.floor

    @property
    def ceiling(self) -> int | None:
        """The most pods it runs; None as for the fewest."""
        return None if self.replicas.assumed and not self.complete else self.replicas.ceiling

    @property
    def serving(self) -> tuple[Resource, ...]:
        """The Services through which its pods are called; those that only expose metrics do not
        count, for a gap in metrics is no outage."""
        return tuple(service for service in self.services if not _only_metrics(service))

    @property
    def strategy_key(self) -> str:
        """The key under spec that holds the rollout strategy of this kind."""
        return (
            "updateStrategy" if self.resource.kind in ("StatefulSet", "DaemonSet") else "strategy"
        )

    @property
    def rolling_route(self) -> tuple[str, ...]:
        """The keys that lead to maxSurge and maxUnavailable."""
        if self.resource.kind == "Rollout":
            return ("spec", "strategy", "canary")
        if self.resource.kind == "DeploymentConfig":
            return ("spec", "strategy", "rollingParams")
        return ("spec", self.strategy_key, "rollingUpdate")

    @property
    def rolling(self) -> str:
        """The type of strategy under which pods are replaced little by little."""
        return "Rolling" if self.resource.kind == "DeploymentConfig" else "RollingUpdate"

    @property
    def traffic_routed(self) -> bool:
        """Whether a Rollout shifts traffic instead of pods: maxSurge and maxUnavailable do not
        apply then, the stable pods all stay (argo-rollouts discussion 2237)."""
        return (
            self.resource.kind == "Rollout"
            and self.get("spec", "strategy", "canary", "trafficRouting") is not None
        )

    def rolling_update(self, replicas: int | None) -> RollingUpdate | None:
        """The rolling update at that many replicas; None where pods are replaced another way."""
        if replicas not in self._rolling:
            self._rolling[replicas] = self._rolling_update(replicas)
        return self._rolling[replicas]

    def _rolling_update(self, replicas: int | None) -> RollingUpdate | None:
        kind = (self.resource.group, self.resource.kind)
        if kind not in _DEFAULT_ROLLING:
            return None
        if kind[1] == "Rollout":
            if self.get("spec", "strategy", "canary") is None:
                return None
        elif self.get("spec", self.strategy_key, "type", default=self.rolling) != self.rolling:
            return None
        surge_default, unavailable_default = _DEFAULT_ROLLING[kind]
        written = self.get(*self.rolling_route)
        if kind[1] == "DeploymentConfig":
            surge_default, unavailable_default = _config_defaults(written)
        max_surge = dig(written, "maxSurge", default=surge_default)
        max_unavailable = dig(written, "maxUnavailable", default=unavailable_default)
        if replicas is None:
            return RollingUpdate(max_surge, max_unavailable, None, None)
        try:
            surge, unavailable, forced = fenceposts(
                max_surge, max_unavailable, replicas, unavailable_up=kind[1] == "DaemonSet"
            )
        except ValueError:
            return RollingUpdate(max_surge, max_unavailable, None, None)
        return RollingUpdate(max_surge, max_unavailable, surge, unavailable, forced)


def _config_defaults(written: Any) -> tuple[Any, Any]:
    """What stands for maxSurge and maxUnavailable where `rollingParams` leave them out.

    25% for both; with one of them written, 25% for the other if that one is 0, else 0
    (openshift-apiserver pkg/apps/apis/apps/v1/defaults.go).
    """
    limits = [dig(written, key) for key in ("maxSurge", "maxUnavailable")]
    present = [limit for limit in limits if limit is not None]
    default = "25%" if not present or present[0] in (0, "0%") else 0
    return default, default


def _only_metrics(service: Resource) -> bool:
    """Whether a Service is there for a scraper only, by the names people give such things."""
    if "metrics" in service.name:
        return True
    ports = dig(service.data, "spec", "ports")
    names = [
        f"{port.get('name')} {port.get('targetPort')}"
        for port in (ports if isinstance(ports, list) else ())
        if isinstance(port, Mapping)
    ]
    return bool(names) and all("metrics" in name or "prometheus" in name for name in names)
