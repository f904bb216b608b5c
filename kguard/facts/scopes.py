"""The parts of a resource that policies iterate over: `each:` in a page's front matter.

A provider turns one resource into scopes; it is asked only for the kinds it lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kguard.facts.pods import Role
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.kube.recognise import HELM_VALUES
from kguard.kube.workloads import TEMPLATES
from kguard.model import Resource, Scope

Kinds = frozenset[tuple[str, str]]

WORKLOADS: Kinds = frozenset(TEMPLATES)

_QUANTITY_KINDS: Kinds = (
    WORKLOADS
    | argo.KINDS
    | {
        ("", "LimitRange"),
        ("", "ResourceQuota"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    }
)


@dataclass(frozen=True, slots=True)
class Each:
    """One word of `each:`: the (group, kind) pairs it covers, None for all, and its provider."""

    kinds: Kinds | None
    scopes: Callable[[Facts, Resource], Iterable[Scope]]


def _resource(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [Scope(resource, (), resource.data)]


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


def _controller_configs(facts: Facts, resource: Resource) -> Iterable[Scope]:
    config = facts.controller_config(resource)
    return [config] if config else []


def _workloads(facts: Facts, resource: Resource) -> Iterable[Scope]:
    workload = facts.workload(resource)
    return [workload] if workload else []


EACH: Mapping[str, Each] = {
    # The whole object, of the kinds the page names.
    "resource": Each(None, _resource),
    # A page without a check: the notices kguard gives about itself.
    "none": Each(frozenset(), _resource),
    # The pod of a workload.
    "pod": Each(WORKLOADS, _pods),
    # App containers and native sidecars: what runs for the pod's life.
    "container": Each(WORKLOADS, _containers),
    # Every form of container, wherever one can stand.
    "any-container": Each(WORKLOADS | argo.KINDS, _every_container),
    "init-container": Each(WORKLOADS, _init_containers),
    # Every field that holds a quantity, in whatever kind.
    "quantity": Each(_QUANTITY_KINDS, _quantities),
    # The Argo controller's configuration: ConfigMap or Helm values.
    "argo-config": Each(frozenset({("", "ConfigMap"), ("", HELM_VALUES)}), _controller_configs),
    # The workload with its replicas, autoscalers, services and budgets.
    "workload": Each(WORKLOADS, _workloads),
}
