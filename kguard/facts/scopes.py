"""The parts of a resource that policies iterate over: `each:` in a page's front matter.

A provider turns one resource into scopes; it is asked only for the kinds it lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kguard.facts.each import Each, Kinds, whole
from kguard.facts.engine_scopes import CONTROLLER_CONFIGS, ENGINES
from kguard.facts.pods import Role
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.kube.workloads import TEMPLATES
from kguard.model import Resource, Scope

WORKLOADS: Kinds = frozenset(TEMPLATES)

AUTOSCALERS: Kinds = frozenset(
    {("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")}
)

_VERTICAL: Kinds = frozenset({("autoscaling.k8s.io", "VerticalPodAutoscaler")})

_QUANTITY_KINDS: Kinds = (
    WORKLOADS
    | argo.KINDS
    | CONTROLLER_CONFIGS
    | {
        ("", "LimitRange"),
        ("", "ResourceQuota"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    }
)


def _pods(facts: Facts, resource: Resource) -> Iterable[Scope]:
    pod = facts.pod(resource)
    return [pod] if pod else []


def _containers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    pod = facts.pod(resource)
    return pod.running if pod else []


def _every_container(facts: Facts, resource: Resource) -> Iterable[Scope]:
    pod = facts.pod(resource)
    pods = [pod] if pod else facts.argo_pods(resource)
    return [container for pod in pods for container in pod.containers]


def _quantities(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.quantities import quantities

    return quantities(facts, resource)


def _init_containers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    pod = facts.pod(resource)
    return [c for c in pod.containers if c.role is Role.INIT] if pod else []


def _budgets(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [facts.budget(resource)]


def _autoscalers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [facts.autoscaler(resource)]


def _scale_targets(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.scaletargets import scale_targets

    return scale_targets(facts, resource)


def _processes(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [process for process in facts.processes(resource) if not process.judged_elsewhere]


def _workers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [process for process in facts.processes(resource) if process.worker is not None]


def _commands(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if resource.kind != "Dockerfile" and not _starts_something(facts, resource):
        return []
    from kguard.facts.commands import commands

    return commands(facts, resource)


def _starts_something(facts: Facts, resource: Resource) -> bool:
    """Whether a container may be known to start something: what reads commands is not cheap."""
    pod = facts.pod(resource)
    pods = [pod] if pod else facts.argo_pods(resource)
    containers = [container for pod in pods for container in pod.containers]
    return bool(facts.assume.images) or any(each.get("command") for each in containers)


def _stop_signals(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if resource.kind != "Dockerfile" and not _may_be_stopped_otherwise(facts, resource):
        return []
    from kguard.facts.stopsignals import stop_signals

    return stop_signals(facts, resource)


def _may_be_stopped_otherwise(facts: Facts, resource: Resource) -> bool:
    pod = facts.pod(resource)
    return pod is not None and any(
        each.get("command") or each.get("args") or each.get("lifecycle", "stopSignal") is not None
        for each in pod.containers
    )


def _built_images(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.termination import images

    return images(facts, resource)


def _workloads(facts: Facts, resource: Resource) -> Iterable[Scope]:
    workload = facts.workload(resource)
    return [workload] if workload else []


def _misplaced_fields(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.schema.fields import misplaced_fields

    return misplaced_fields(facts, resource)


def _wrong_strings(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.schema.structure import wrong_strings

    return wrong_strings(facts, resource)


def _unknown_fields(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.schema.fields import unknown_fields

    return unknown_fields(facts, resource)


def _missing_fields(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.schema.structure import missing_fields

    return missing_fields(facts, resource)


def _wrong_values(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.schema.structure import wrong_values

    return wrong_values(facts, resource)


def _repeated_items(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.schema.structure import repeated_items

    return repeated_items(facts, resource)


def _api_versions(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.schema.apis import api_version

    found = facts.remember(api_version, resource)
    return [found] if found else []


def _probes(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.probes import probes_of

    pod = facts.pod(resource)
    return [probe for c in pod.running for probe in probes_of(c)] if pod else []


def _memory_volumes(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.emptydirs import memory_volumes

    pod = facts.pod(resource)
    return memory_volumes(pod) if pod else []


def _limit_items(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.limitranges import limit_items

    return facts.remember(limit_items, resource)


def _services(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.services import service_of

    return [facts.remember(service_of, resource)]


def _ingress_backends(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.services import backends

    return backends(resource)


_SERVICES: Kinds = frozenset({("", "Service")})

_INGRESSES: Kinds = frozenset({("networking.k8s.io", "Ingress"), ("extensions", "Ingress")})

_DOCKERFILES: Kinds = frozenset({("", "Dockerfile")})

EACH: Mapping[str, Each] = {
    # The whole object, of the kinds the page names.
    "resource": Each(None, whole),
    # A page without a check: the notices kguard gives about itself.
    "none": Each(frozenset(), whole),
    # The pod of a workload.
    "pod": Each(WORKLOADS, _pods),
    # App containers and native sidecars: what runs for the pod's life.
    "container": Each(WORKLOADS, _containers),
    # Every form of container, wherever one can stand.
    "any-container": Each(WORKLOADS | argo.KINDS, _every_container),
    "init-container": Each(WORKLOADS, _init_containers),
    # A livenessProbe, readinessProbe or startupProbe of what runs for the pod's life.
    "probe": Each(WORKLOADS, _probes),
    # A field of a workload that Kubernetes knows in another place or another kind only.
    "misplaced-field": Each(WORKLOADS, _misplaced_fields),
    # A boolean or number where Kubernetes wants a string.
    "wrong-string": Each(None, _wrong_strings),
    # A field of a kind of Kubernetes that nothing in the object, or in this release, has.
    "unknown-field": Each(None, _unknown_fields),
    # A field without which Kubernetes refuses the object.
    "missing-field": Each(None, _missing_fields),
    # Any other value that does not fit its field.
    "wrong-value": Each(None, _wrong_values),
    # An item of a list whose name another item has.
    "repeated-item": Each(None, _repeated_items),
    # An apiVersion of Kubernetes that is gone, is to go, is not there yet or never was.
    "api-version": Each(None, _api_versions),
    # Every field that holds a quantity, in whatever kind.
    "quantity": Each(_QUANTITY_KINDS, _quantities),
    # A volume in memory to which a container of the pod may write.
    "memory-volume": Each(WORKLOADS, _memory_volumes),
    # An entry of spec.limits of a LimitRange.
    "limit-range-item": Each(frozenset({("", "LimitRange")}), _limit_items),
    # A PodDisruptionBudget with the workloads whose pods it selects.
    "budget": Each(frozenset({("policy", "PodDisruptionBudget")}), _budgets),
    # A HorizontalPodAutoscaler or ScaledObject with its metrics and what it scales.
    "autoscaler": Each(AUTOSCALERS, _autoscalers),
    # What a HorizontalPodAutoscaler, ScaledObject or VerticalPodAutoscaler names as its target.
    "scale-target": Each(AUTOSCALERS | _VERTICAL, _scale_targets),
    # The main process of each container that serves, and of the image a Dockerfile builds.
    "process": Each(WORKLOADS | _DOCKERFILES, _processes),
    # The main process of each container that is a queue worker.
    "worker": Each(WORKLOADS, _workers),
    # What a container is started with, whatever its form, and the ENTRYPOINT of a Dockerfile.
    "command": Each(WORKLOADS | argo.KINDS | _DOCKERFILES, _commands),
    # What sets the signal that stops a container: a field, an instruction, an init's option.
    "stop-signal": Each(WORKLOADS | _DOCKERFILES, _stop_signals),
    # A Dockerfile whose last stage builds an image.
    "dockerfile": Each(_DOCKERFILES, _built_images),
    # A Service of Kubernetes itself with the workloads whose pods it selects.
    "service": Each(_SERVICES, _services),
    # Each backend of an Ingress that is a Service.
    "ingress-backend": Each(_INGRESSES, _ingress_backends),
    # The workload with its replicas, autoscalers, services and budgets.
    "workload": Each(WORKLOADS, _workloads),
    **ENGINES,
}
