"""What an autoscaler divides usage by: the metrics that need requests, and who lacks them.

Sources: kubernetes pkg/controller/podautoscaler/replica_calculator.go (calculateRequests),
pkg/apis/autoscaling/v2/defaults.go (omitted metrics), KEDA's cpu and memory scalers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kguard.facts.pods import Amount, Container, Pod
from kguard.facts.quantities import is_placeholder
from kguard.facts.workloads import Workload
from kguard.model import Resource, Route, Scope, dig
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.run import Facts

# autoscaling/v1 keeps the metrics it has no field for in this annotation; the default metric is
# not added beside them (pkg/apis/autoscaling/v1/conversion.go, annotations.go).
_V1_METRICS = "autoscaling.alpha.kubernetes.io/metrics"

_PLACE = 3
"""How many keys lead to a metric: `spec`, `metrics` or `triggers`, and its number."""

# Sidecars that a webhook puts into pods: no template shows them.
_INJECTED = frozenset(
    {"consul-dataplane", "daprd", "istio-proxy", "kuma-sidecar", "linkerd-proxy", "vault-agent"}
)


@record
class Utilization:
    """A metric that is a share of requests: the resource, the one container it names (or ""),
    the keys that lead to it from the autoscaler, and whether it is the default of omitted ones.

    `target` is the percentage aimed at, None where it is unknown; `target_keys` lead to it.
    """

    resource: str
    container: str
    keys: Route
    omitted: bool = False
    target: int | None = None
    target_keys: Route = ()


@record(eq=False)
class Autoscaler(Scope):
    """A HorizontalPodAutoscaler or ScaledObject with the one workload it was seen to scale.

    `workload` is None where none or several were seen. `other_metrics` counts metrics that need
    no requests. `vertical` says whether a VerticalPodAutoscaler writes the workload's requests.
    """

    workload: Workload | None
    utilizations: tuple[Utilization, ...]
    other_metrics: int
    vertical: bool

    @property
    def keda(self) -> bool:
        """Whether it is a ScaledObject."""
        return self.resource.group == "keda.sh"

    @property
    def least_keys(self) -> Route:
        """The keys that lead to the fewest replicas it allows."""
        return ("spec", "minReplicaCount" if self.keda else "minReplicas")

    @property
    def most_keys(self) -> Route:
        """The keys that lead to the most replicas it allows."""
        return ("spec", "maxReplicaCount" if self.keda else "maxReplicas")

    @property
    def least(self) -> int | None:
        """The fewest replicas, an HPA's 1 and KEDA's 0 where none are written; None if unknown.

        Sources: kubernetes pkg/apis/autoscaling/v2/defaults.go, KEDA scaledobject_types.go.
        """
        return _whole(self.get(*self.least_keys, default=0 if self.keda else 1))

    @property
    def most(self) -> int | None:
        """The most replicas, KEDA's 100 where none are written; None where they are unknown."""
        return _whole(self.get(*self.most_keys, default=100 if self.keda else None))

    @property
    def idle(self) -> int | None:
        """KEDA's replicas while nothing happens; None where none are written, or unknown ones."""
        return _whole(self.get("spec", "idleReplicaCount")) if self.keda else None

    @property
    def metric_types(self) -> frozenset[Any] | None:
        """The types of an HPA's metrics or a ScaledObject's triggers; None if not all are known."""
        items = self.get("spec", "triggers" if self.keda else "metrics", default=[])
        if self.resource.version == "v1":
            hidden = self.get("metadata", "annotations", _V1_METRICS) is not None
            return None if hidden else frozenset({"Resource"})
        types = [dig(item, "type") for item in items] if isinstance(items, list) else [None]
        if not types and not self.keda:
            return frozenset({"Resource"})
        return frozenset(types) if all(_is_known(word) for word in types) else None

    @property
    def lost(self) -> list[tuple[str, Route]] | None:
        """The containers that metrics name and the pods do not have, with the keys of the names.

        None where that is not known. What a service mesh puts into pods stands in no template.
        """
        if self.workload is None:
            return None
        there = {container.name for container in self.workload.pod.running}
        if any(is_placeholder(name) for name in there):
            return None
        return [
            (name, keys)
            for name, keys in named_containers(self.resource)
            if name not in there and name not in _INJECTED and not is_placeholder(name)
        ]

    @property
    def computes(self) -> bool:
        """Whether some metric may work: its requests and its container are there, or not needed."""
        broken = {keys[:_PLACE] for _, keys in self.lost or ()}
        if not self.vertical:
            broken |= {metric.keys[:_PLACE] for metric in self.utilizations if self.lacking(metric)}
        return len(self.utilizations) + self.other_metrics > len(broken)

    def lacking(self, metric: Utilization) -> list[Container]:
        """The containers for want of whose request the metric cannot be computed."""
        return lacking(self.workload.pod, metric) if self.workload else []


def lacking(pod: Pod, metric: Utilization) -> list[Container]:
    """The containers of a pod without which the request for a metric cannot be summed up.

    A named container counts alone, and only by its own request. Otherwise pod-level requests win
    where there are any: then any source of the resource will do. Otherwise every container and
    native sidecar needs a request. A limit counts, because it becomes the request of the Pod.
    Istio's injector writes one into the proxy it completes.
    """
    judged = [c for c in pod.running if not c.injected]
    if metric.container:
        named = [c for c in judged if c.name == metric.container]
        return [c for c in named if not _own_request(c, metric.resource)]
    without = [c for c in judged if not _own_request(c, metric.resource)]
    if _pod_level(pod) and (
        pod.amount("requests", metric.resource)
        or any(_own_request(c, metric.resource) for c in pod.containers)
    ):
        return []
    return without


def _own_request(container: Container, resource: str) -> bool:
    amount = container.request(resource)
    return amount is not None and amount.source != "pod"


def _pod_level(pod: Pod) -> bool:
    return any(pod.amount("requests", resource) for resource in ("cpu", "memory"))


def reachable(pod: Pod, metric: Utilization) -> Fraction | None:
    """The percentage of the requests at which limits stop the usage a metric looks at.

    None where a container has no limit, where an amount is unknown or zero, and where the pod has
    resources of its own, which both sums would have to heed.
    """
    if pod.get("resources") is not None:
        return None
    containers = [c for c in pod.running if metric.container in ("", c.name)]
    requests = [c.request(metric.resource) for c in containers]
    limits = [c.limit(metric.resource) for c in containers]
    request = _total(requests)
    limit = _total(limits)
    return 100 * limit / request if request and limit else None


def _total(amounts: list[Amount | None]) -> Fraction | None:
    values = [None if amount is None else amount.value for amount in amounts]
    known = [value for value in values if value is not None and value > 0]
    return sum(known, Fraction(0)) if len(known) == len(values) else None


def named_containers(resource: Resource) -> Iterator[tuple[str, Route]]:
    """The containers that metrics name, each with the keys that lead to the name."""
    keda = resource.group == "keda.sh"
    items = dig(resource.data, "spec", "triggers" if keda else "metrics")
    inner = ("metadata", "containerName") if keda else ("containerResource", "container")
    for number, item in enumerate(items if isinstance(items, list) else ()):
        name = dig(item, *inner)
        if keda and dig(item, "type") not in ("cpu", "memory"):
            continue
        if isinstance(name, str) and name:
            yield name, ("spec", "triggers" if keda else "metrics", number, *inner)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_known(word: Any) -> bool:
    return isinstance(word, str) and not is_placeholder(word)


def autoscaler_of(facts: Facts, resource: Resource) -> Autoscaler:
    """The autoscaler in a HorizontalPodAutoscaler or ScaledObject."""
    targets = facts.index.target_of(resource)
    workload = facts.workload(targets[0]) if len(targets) == 1 else None
    metrics = list(_keda(resource) if resource.group == "keda.sh" else _hpa(resource))
    return Autoscaler(
        resource=resource,
        route=(),
        data=resource.data,
        workload=workload,
        utilizations=tuple(metric for metric in metrics if metric is not None),
        other_metrics=metrics.count(None),
        vertical=workload is not None and _vertically_scaled(facts, workload.resource),
    )


def _vertically_scaled(facts: Facts, workload: Resource) -> bool:
    scalers = facts.index.vertical_autoscalers_of(workload)
    modes = (
        dig(scaler.data, "spec", "updatePolicy", "updateMode", default="Auto") for scaler in scalers
    )
    return next(modes, "Off") != "Off"


def _hpa(resource: Resource) -> Iterator[Utilization | None]:
    """The metrics of an HPA: a Utilization, or None for one that needs no requests."""
    if resource.version == "v1":
        key = "targetCPUUtilizationPercentage"
        omitted = dig(resource.data, "spec", key) is None
        if omitted and dig(resource.data, "metadata", "annotations", _V1_METRICS) is not None:
            yield None
        else:
            share = _whole(dig(resource.data, "spec", key, default=80))
            yield Utilization("cpu", "", ("spec", key), omitted, share, ("spec", key))
        return
    metrics = dig(resource.data, "spec", "metrics", default=[])
    if metrics == []:
        yield Utilization("cpu", "", ("spec", "metrics"), True, 80, ("spec", "metrics"))
    for number, metric in enumerate(metrics if isinstance(metrics, list) else ()):
        for source in ("resource", "containerResource"):
            part = dig(metric, source)
            # v2beta1 has no `target`: the percentage stands beside the name.
            inner = next((k for k in _SHARES if dig(part, *k) is not None), ())
            name, container = dig(part, "name"), dig(part, "container", default="")
            if inner and isinstance(name, str) and isinstance(container, str):
                keys = ("spec", "metrics", number, source)
                share = _whole(dig(part, *inner))
                yield Utilization(name, container, keys, False, share, (*keys, *inner))
                break
        else:
            yield None


_SHARES = (("target", "averageUtilization"), ("targetAverageUtilization",))


_DIGITS = re.compile("[0-9]{1,9}")


def _keda(resource: Resource) -> Iterator[Utilization | None]:
    triggers = dig(resource.data, "spec", "triggers")
    for number, trigger in enumerate(triggers if isinstance(triggers, list) else ()):
        kind, metadata = dig(trigger, "type"), dig(trigger, "metadata")
        # `metadata.type` is the older spelling of `metricType`.
        how: Any = dig(trigger, "metricType", default=dig(metadata, "type"))
        if kind in ("cpu", "memory") and how == "Utilization":
            name = dig(metadata, "containerName", default="")
            container = name if isinstance(name, str) else ""
            keys = ("spec", "triggers", number)
            text = dig(metadata, "value")
            share = int(text) if isinstance(text, str) and _DIGITS.fullmatch(text) else None
            yield Utilization(kind, container, keys, False, share, (*keys, "metadata", "value"))
        else:
            yield None


def paused(scaler: Resource) -> bool:
    """Whether annotations hold a ScaledObject still: KEDA then leaves the replicas alone."""
    annotations = dig(scaler.data, "metadata", "annotations")
    return isinstance(annotations, Mapping) and any(
        key.startswith("autoscaling.keda.sh/paused") for key in annotations
    )
