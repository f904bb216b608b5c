"""What an autoscaler divides usage by: the metrics that need requests, and who lacks them.

Sources: kubernetes pkg/controller/podautoscaler/replica_calculator.go (calculateRequests),
pkg/apis/autoscaling/v2/defaults.go (omitted metrics), KEDA's cpu and memory scalers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kguard.facts.pods import Container, Pod
from kguard.facts.workloads import Workload
from kguard.model import Resource, Route, Scope, dig
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.run import Facts

# autoscaling/v1 keeps the metrics it has no field for in this annotation; the default metric is
# not added beside them (pkg/apis/autoscaling/v1/conversion.go, annotations.go).
_V1_METRICS = "autoscaling.alpha.kubernetes.io/metrics"


@record
class Utilization:
    """A metric that is a share of requests: the resource, the one container it names (or ""),
    the keys that lead to it from the autoscaler, and whether it is the default of omitted ones.
    """

    resource: str
    container: str
    keys: Route
    omitted: bool = False


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

    def lacking(self, metric: Utilization) -> list[Container]:
        """The containers for want of whose request the metric cannot be computed."""
        return lacking(self.workload.pod, metric) if self.workload else []


def lacking(pod: Pod, metric: Utilization) -> list[Container]:
    """The containers of a pod without which the request for a metric cannot be summed up.

    A named container counts alone, and only by its own request. Otherwise pod-level requests win
    where there are any: then any source of the resource will do. Otherwise every container and
    native sidecar needs a request. A limit counts, because it becomes the request of the Pod.
    """
    if metric.container:
        named = [c for c in pod.running if c.name == metric.container]
        return [c for c in named if not _own_request(c, metric.resource)]
    without = [c for c in pod.running if not _own_request(c, metric.resource)]
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
            yield Utilization("cpu", "", ("spec", key), omitted)
        return
    metrics = dig(resource.data, "spec", "metrics", default=[])
    if metrics == []:
        yield Utilization("cpu", "", ("spec", "metrics"), omitted=True)
    for number, metric in enumerate(metrics if isinstance(metrics, list) else ()):
        for source in ("resource", "containerResource"):
            part = dig(metric, source)
            # v2beta1 has no `target`: the percentage stands beside the name.
            share = dig(part, "target", "averageUtilization", default=dig(part, _V2BETA1_SHARE))
            name, container = dig(part, "name"), dig(part, "container", default="")
            if share is not None and isinstance(name, str) and isinstance(container, str):
                yield Utilization(name, container, ("spec", "metrics", number, source))
                break
        else:
            yield None


_V2BETA1_SHARE = "targetAverageUtilization"


def _keda(resource: Resource) -> Iterator[Utilization | None]:
    triggers = dig(resource.data, "spec", "triggers")
    for number, trigger in enumerate(triggers if isinstance(triggers, list) else ()):
        kind, metadata = dig(trigger, "type"), dig(trigger, "metadata")
        # `metadata.type` is the older spelling of `metricType`.
        how: Any = dig(trigger, "metricType", default=dig(metadata, "type"))
        if kind in ("cpu", "memory") and how == "Utilization":
            name = dig(metadata, "containerName", default="")
            container = name if isinstance(name, str) else ""
            yield Utilization(kind, container, ("spec", "triggers", number))
        else:
            yield None


def paused(scaler: Resource) -> bool:
    """Whether annotations hold a ScaledObject still: KEDA then leaves the replicas alone."""
    annotations = dig(scaler.data, "metadata", "annotations")
    return isinstance(annotations, Mapping) and any(
        isinstance(key, str) and key.startswith("autoscaling.keda.sh/paused") for key in annotations
    )
