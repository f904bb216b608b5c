"""The parts of objects of workflow engines that policies iterate over: Argo, Drone, Woodpecker.

The words join those of kguard.facts.scopes, which says what a provider does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kguard.facts.each import Each, Kinds, whole
from kguard.facts.run import Facts
from kguard.kube import argo, drone, woodpecker
from kguard.kube.recognise import DRONE_KINDS, HELM_VALUES
from kguard.model import Resource, Scope


def _controller_configs(facts: Facts, resource: Resource) -> Iterable[Scope]:
    config = facts.controller_config(resource)
    return [config] if config else []


def _controller_parts(facts: Facts, resource: Resource) -> Iterable[Scope]:
    config = facts.controller_config(resource)
    return config.parts if config else ()


def _workflows(facts: Facts, resource: Resource) -> Iterable[Scope]:
    workflow = facts.argo_workflow(resource)
    return [workflow] if workflow else []


def _argo_calls(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo.templates import calls_of

    templates = facts.argo_templates(resource)
    return [call for template in templates for call in calls_of(facts, template)]


def _argo_dags(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo.dag import dags

    return dags(facts, resource)


def _argo_hooks(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo.hooks import hooks

    workflow = facts.argo_workflow(resource)
    return hooks(facts, workflow) if workflow else ()


def _argo_patches(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo.patches import patches_in

    workflow = facts.argo_workflow(resource)
    return patches_in(facts, workflow, facts.argo_templates(resource)) if workflow else ()


def _argo_fields(name: str) -> Callable[[Facts, Resource], Iterable[Scope]]:
    """A provider made of the generator of that name in kguard.facts.argo.fields.

    For the controller's configuration it is that of kguard.facts.argo.defaults.
    """

    def scopes(facts: Facts, resource: Resource) -> Iterable[Scope]:
        if resource.group != argo.GROUP:
            config = facts.controller_config(resource)
            if config is None:
                return ()
            from kguard.facts.argo import defaults

            of_config: Iterable[Scope] = getattr(defaults, f"default_{name}")(config)
            return of_config
        from kguard.facts.argo import fields as argo_fields

        workflow = facts.argo_workflow(resource)
        found: Iterable[Scope] = getattr(argo_fields, name)(facts, workflow) if workflow else ()
        return found

    return scopes


def _argo_locks(facts: Facts, resource: Resource) -> Iterable[Scope]:
    workflow = facts.argo_workflow(resource)
    if workflow is None:
        return []
    from kguard.facts.argo.locks import locks

    return locks(facts, workflow)


def _cron_workflows(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo.cron import cron_workflow

    cron = facts.remember(cron_workflow, resource)
    return [cron] if cron else []


def _argo_shape(name: str) -> Callable[[Facts, Resource], Iterable[Scope]]:
    """A provider made of the function of that name in kguard.facts.argo.shape."""

    def scopes(facts: Facts, resource: Resource) -> Iterable[Scope]:
        from kguard.facts.argo import shape as argo_shape

        found: Iterable[Scope] = getattr(argo_shape, name)(facts, resource)
        return found

    return scopes


def _argo_controllers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo.controller import argo_controller

    controller = facts.remember(argo_controller, resource)
    return [controller] if controller else []


def _argo_servers(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.argo.controller import argo_server

    server = facts.remember(argo_server, resource)
    return [server] if server else []


def _drone_pipelines(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.drone.pipeline import pipeline_of

    pipeline = facts.remember(pipeline_of, resource)
    return [pipeline] if pipeline else []


def _drone_amounts(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if resource.group != drone.GROUP and not facts.remember_unit(_drone_runner_near, resource):
        return ()
    from kguard.facts.drone.pipeline import amounts

    return amounts(facts, resource)


def _drone_keys(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.drone.keys import unknown_keys

    return unknown_keys(resource)


def _drone_runner_in(facts: Facts, deployment: Resource) -> bool:
    """Whether a Deployment may run Drone's Kubernetes runner: what reads it is not cheap."""
    pod = facts.pod(deployment)
    images = [container.get("image") for container in pod.containers] if pod else []
    return any(drone.RUNNER in image for image in images if isinstance(image, str))


def _drone_runner_near(facts: Facts, near: Resource) -> bool:
    deployments = facts.index.in_unit(near, "apps", "Deployment")
    return any(facts.remember(_drone_runner_in, each) for each in deployments)


def _drone_policies(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if resource.group != drone.GROUP and not facts.remember_unit(_drone_runner_near, resource):
        return ()
    from kguard.facts.drone.runner import policies

    return policies(facts, resource)


def _drone_runners(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if not facts.remember(_drone_runner_in, resource):
        return ()
    from kguard.facts.drone.runner import runners_in

    return runners_in(facts, resource)


def _drone_variables(facts: Facts, resource: Resource) -> Iterable[Scope]:
    if not facts.remember(_drone_runner_in, resource):
        return ()
    from kguard.facts.drone.runner import runner_variables

    return runner_variables(facts, resource)


def _woodpecker_steps(facts: Facts, resource: Resource) -> Iterable[Scope]:
    from kguard.facts.drone.woodpecker import workflow_steps

    return workflow_steps(resource)


CONTROLLER_CONFIGS: Kinds = frozenset({("", "ConfigMap"), ("", HELM_VALUES)})
_DRONE_POLICIES: Kinds = frozenset({drone.POLICY, ("", "ConfigMap")})

ENGINES: Mapping[str, Each] = {
    # An Argo object with its effective specification.
    "argo-workflow": Each(argo.KINDS, _workflows),
    # An Argo object, whether or not its specification can be read.
    "argo-object": Each(argo.KINDS, whole),
    # A template of an Argo object, named or inline.
    "argo-template": Each(argo.KINDS, lambda facts, resource: facts.argo_templates(resource)),
    # A step or DAG task.
    "argo-call": Each(argo.KINDS, _argo_calls),
    # A DAG template with its tasks and what they wait for.
    "argo-dag": Each(argo.KINDS, _argo_dags),
    # Values of parameters and items of loops.
    "argo-literal": Each(argo.KINDS, _argo_fields("literals")),
    # Durations, in whichever of Argo's two grammars.
    "argo-duration": Each(argo.KINDS | CONTROLLER_CONFIGS, _argo_fields("durations")),
    # Every retryStrategy: of the workflow, of templateDefaults, of templates, of workflowDefaults.
    "argo-retry": Each(argo.KINDS | CONTROLLER_CONFIGS, _argo_fields("retries")),
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
    "argo-config": Each(CONTROLLER_CONFIGS, _controller_configs),
    # The same, and apart from it what is to be as correct beside one text with all settings.
    "argo-config-part": Each(CONTROLLER_CONFIGS, _controller_parts),
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
    "drone-document": Each(frozenset((drone.GROUP, kind) for kind in DRONE_KINDS), whole),
    # A step or service of a Woodpecker workflow.
    "woodpecker-step": Each(frozenset({woodpecker.WORKFLOW}), _woodpecker_steps),
}
