"""The parts of a resource that policies iterate over: `each:` in a page's front matter.

A provider turns one resource into scopes; it is asked only for the kinds it lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kguard.facts.pods import Role
from kguard.facts.run import Facts
from kguard.kube import argo, drone
from kguard.kube.recognise import HELM_VALUES
from kguard.kube.workloads import TEMPLATES
from kguard.model import Resource, Scope
from kguard.record import record

Kinds = frozenset[tuple[str, str]]

WORKLOADS: Kinds = frozenset(TEMPLATES)

AUTOSCALERS: Kinds = frozenset(
    {("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")}
)

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


@record
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


def _budgets(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [facts.budget(resource)]


def _autoscalers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [facts.autoscaler(resource)]


def _workflows(facts: Facts, resource: Resource) -> Iterable[Scope]:
    workflow = facts.argo_workflow(resource)
    return [workflow] if workflow else []


def _argo_calls(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo_templates import calls_of

    templates = facts.argo_templates(resource)
    return [call for template in templates for call in calls_of(facts, template)]


def _argo_dags(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo_dag import dags

    return dags(facts, resource)


def _argo_fields(name: str) -> Callable[[Facts, Resource], Iterable[Scope]]:
    """A provider made of the generator of that name in kguard.facts.argo_fields."""

    def scopes(facts: Facts, resource: Resource) -> Iterable[Scope]:
        from kguard.facts import argo_fields

        workflow = facts.argo_workflow(resource)
        found: Iterable[Scope] = getattr(argo_fields, name)(facts, workflow) if workflow else ()
        return found

    return scopes


def _processes(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [process for process in facts.processes(resource) if not process.judged_elsewhere]


def _workers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    return [process for process in facts.processes(resource) if process.worker is not None]


def _built_images(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.termination import images

    return images(facts, resource)


def _workloads(facts: Facts, resource: Resource) -> Iterable[Scope]:
    workload = facts.workload(resource)
    return [workload] if workload else []


def _argo_controllers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo_controller import argo_controller

    controller = facts.remember(argo_controller, resource)
    return [controller] if controller else []


def _drone_pipelines(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.drone import pipeline_of

    pipeline = facts.remember(pipeline_of, resource)
    return [pipeline] if pipeline else []


def _drone_amounts(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.drone import amounts

    return amounts(facts, resource)


_DOCKERFILES: Kinds = frozenset({("", "Dockerfile")})

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
    # An Argo object with its effective specification.
    "argo-workflow": Each(argo.KINDS, _workflows),
    # A template of an Argo object, named or inline.
    "argo-template": Each(argo.KINDS, lambda facts, resource: facts.argo_templates(resource)),
    # A step or DAG task.
    "argo-call": Each(argo.KINDS, _argo_calls),
    # A DAG template with its tasks and what they wait for.
    "argo-dag": Each(argo.KINDS, _argo_dags),
    # Values of parameters and items of loops.
    "argo-literal": Each(argo.KINDS, _argo_fields("literals")),
    # Durations, in whichever of Argo's two grammars.
    "argo-duration": Each(argo.KINDS, _argo_fields("durations")),
    # Every retryStrategy: of the workflow, of templateDefaults, of templates.
    "argo-retry": Each(argo.KINDS, _argo_fields("retries")),
    # Arguments and environment variables of Argo's containers.
    "argo-process-text": Each(argo.KINDS, _argo_fields("process_texts")),
    # The Argo controller's configuration: ConfigMap or Helm values.
    "argo-config": Each(frozenset({("", "ConfigMap"), ("", HELM_VALUES)}), _controller_configs),
    # A PodDisruptionBudget with the workloads whose pods it selects.
    "budget": Each(frozenset({("policy", "PodDisruptionBudget")}), _budgets),
    # A HorizontalPodAutoscaler or ScaledObject with its metrics and what it scales.
    "autoscaler": Each(AUTOSCALERS, _autoscalers),
    # The main process of each container that serves, and of the image a Dockerfile builds.
    "process": Each(WORKLOADS | _DOCKERFILES, _processes),
    # The main process of each container that is a queue worker.
    "worker": Each(WORKLOADS, _workers),
    # A Dockerfile whose last stage builds an image.
    "dockerfile": Each(_DOCKERFILES, _built_images),
    # The workload with its replicas, autoscalers, services and budgets.
    "workload": Each(WORKLOADS, _workloads),
    # The Deployment of the Argo controller.
    "argo-controller": Each(frozenset({("apps", "Deployment")}), _argo_controllers),
    # A Drone pipeline of type kubernetes, with its steps and services.
    "drone-pipeline": Each(frozenset({drone.PIPELINE}), _drone_pipelines),
    # Every cpu and memory amount of such a pipeline, and of the runner's policies.
    "drone-amount": Each(frozenset({drone.PIPELINE, drone.POLICY}), _drone_amounts),
}
