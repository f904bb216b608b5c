"""The parts of a resource that policies iterate over: `each:` in a page's front matter.

A provider turns one resource into scopes; it is asked only for the kinds it lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kguard.facts.pods import Role
from kguard.facts.run import Facts
from kguard.kube import argo, drone, woodpecker
from kguard.kube.recognise import DRONE_KINDS, HELM_VALUES
from kguard.kube.workloads import TEMPLATES
from kguard.model import Resource, Scope, dig
from kguard.record import record

Kinds = frozenset[tuple[str, str]]

WORKLOADS: Kinds = frozenset(TEMPLATES)

AUTOSCALERS: Kinds = frozenset(
    {("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")}
)

_VERTICAL: Kinds = frozenset({("autoscaling.k8s.io", "VerticalPodAutoscaler")})

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


def _scale_targets(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.scaletargets import scale_targets

    return scale_targets(facts, resource)


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


def _argo_hooks(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo_hooks import hooks

    workflow = facts.argo_workflow(resource)
    return hooks(facts, workflow) if workflow else ()


def _argo_patches(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo_patches import patches_in

    workflow = facts.argo_workflow(resource)
    return patches_in(workflow, facts.argo_templates(resource)) if workflow else ()


def _argo_fields(name: str) -> Callable[[Facts, Resource], Iterable[Scope]]:
    """A provider made of the generator of that name in kguard.facts.argo_fields."""

    def scopes(facts: Facts, resource: Resource) -> Iterable[Scope]:
        from kguard.facts import argo_fields

        workflow = facts.argo_workflow(resource)
        found: Iterable[Scope] = getattr(argo_fields, name)(facts, workflow) if workflow else ()
        return found

    return scopes


def _argo_locks(facts: Facts, resource: Resource) -> Iterable[Scope]:
    workflow = facts.argo_workflow(resource)
    if workflow is None:
        return []
    from kguard.facts.argo_locks import locks

    return locks(facts, workflow)


def _cron_workflows(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo_cron import cron_workflow

    cron = facts.remember(cron_workflow, resource)
    return [cron] if cron else []


def _argo_shape(name: str) -> Callable[[Facts, Resource], Iterable[Scope]]:
    """A provider made of the function of that name in kguard.facts.argo_shape."""

    def scopes(facts: Facts, resource: Resource) -> Iterable[Scope]:
        from kguard.facts import argo_shape

        found: Iterable[Scope] = getattr(argo_shape, name)(facts, resource)
        return found

    return scopes


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


def _argo_controllers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo_controller import argo_controller

    controller = facts.remember(argo_controller, resource)
    return [controller] if controller else []


def _argo_servers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo_controller import argo_server

    server = facts.remember(argo_server, resource)
    return [server] if server else []


def _drone_pipelines(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.drone import pipeline_of

    pipeline = facts.remember(pipeline_of, resource)
    return [pipeline] if pipeline else []


def _drone_amounts(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if resource.group != drone.GROUP and not facts.remember_unit(_drone_runner_near, resource):
        return ()
    from kguard.facts.drone import amounts

    return amounts(facts, resource)


def _drone_keys(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.drone_keys import unknown_keys

    return unknown_keys(resource)


def _drone_runner_in(deployment: Resource) -> bool:
    """Whether a Deployment may run Drone's Kubernetes runner: what reads it is not cheap."""
    containers = dig(deployment.data, "spec", "template", "spec", "containers")
    images = [dig(each, "image") for each in (containers if isinstance(containers, list) else ())]
    return any(drone.RUNNER in image for image in images if isinstance(image, str))


def _drone_runner_near(facts: Facts, near: Resource) -> bool:
    deployments = facts.index.in_unit(near, "apps", "Deployment")
    return any(_drone_runner_in(each) for each in deployments)


def _drone_policies(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if resource.group != drone.GROUP and not facts.remember_unit(_drone_runner_near, resource):
        return ()
    from kguard.facts.drone_runner import policies

    return policies(facts, resource)


def _drone_runners(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if not _drone_runner_in(resource):
        return ()
    from kguard.facts.drone_runner import runners_in

    return runners_in(facts, resource)


def _drone_variables(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if not _drone_runner_in(resource):
        return ()
    from kguard.facts.drone_runner import runner_variables

    return runner_variables(facts, resource)


def _woodpecker_steps(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.woodpecker import workflow_steps

    return workflow_steps(resource)


def _misplaced_fields(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.fields import misplaced_fields

    return misplaced_fields(facts, resource)


def _wrong_strings(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.structure import wrong_strings

    return wrong_strings(facts, resource)


def _unknown_fields(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.fields import unknown_fields

    return unknown_fields(facts, resource)


def _missing_fields(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.structure import missing_fields

    return missing_fields(facts, resource)


def _wrong_values(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.structure import wrong_values

    return wrong_values(facts, resource)


def _repeated_items(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.structure import repeated_items

    return repeated_items(facts, resource)


def _api_versions(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.apis import api_version

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

_DRONE_POLICIES: Kinds = frozenset({drone.POLICY, ("", "ConfigMap")})

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
    # Every mutex and semaphore: of the workflow, of templates, in the old form and the new.
    "argo-lock": Each(argo.KINDS, _argo_locks),
    # A CronWorkflow with its schedules and the specification of its runs.
    "argo-cron": Each(frozenset({(argo.GROUP, "CronWorkflow")}), _cron_workflows),
    # A lifecycle hook of a workflow, a step or a task.
    "argo-hook": Each(argo.KINDS, _argo_hooks),
    # A podSpecPatch of a workflow, of templateDefaults, of a template.
    "argo-patch": Each(argo.KINDS, _argo_patches),
    # Arguments and environment variables of Argo's containers.
    "argo-process-text": Each(argo.KINDS, _argo_fields("process_texts")),
    # Fields that no version of Argo has where they stand; those that not every version has.
    "argo-unknown-field": Each(argo.KINDS, _argo_shape("unknown_fields")),
    "argo-dated-field": Each(argo.KINDS, _argo_shape("dated_fields")),
    # The Argo controller's configuration: ConfigMap or Helm values.
    "argo-config": Each(frozenset({("", "ConfigMap"), ("", HELM_VALUES)}), _controller_configs),
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
    # The Deployment of the Argo controller.
    "argo-controller": Each(frozenset({("apps", "Deployment")}), _argo_controllers),
    # The Deployment of the Argo server.
    "argo-server": Each(frozenset({("apps", "Deployment")}), _argo_servers),
    # A Drone pipeline of type kubernetes, with its steps and services.
    "drone-pipeline": Each(frozenset({drone.PIPELINE}), _drone_pipelines),
    # Every cpu and memory amount of such a pipeline, and of the runner's policies.
    "drone-amount": Each(_DRONE_POLICIES | {drone.PIPELINE}, _drone_amounts),
    # A key of a pipeline, or of the runner's policy documents, that the runner drops.
    "drone-key": Each(frozenset({drone.PIPELINE, drone.POLICY}), _drone_keys),
    # A policy of the runner: a document, or part of the text a ConfigMap mounts as its file.
    "drone-policy": Each(_DRONE_POLICIES, _drone_policies),
    # A container of a Deployment that is a Kubernetes runner of Drone.
    "drone-runner": Each(frozenset({("apps", "Deployment")}), _drone_runners),
    # A variable of such a container that holds an amount of cpu or memory.
    "drone-variable": Each(frozenset({("apps", "Deployment")}), _drone_variables),
    # A document of Drone, of whatever type.
    "drone-document": Each(frozenset((drone.GROUP, kind) for kind in DRONE_KINDS), _resource),
    # A step or service of a Woodpecker workflow.
    "woodpecker-step": Each(frozenset({woodpecker.WORKFLOW}), _woodpecker_steps),
}
