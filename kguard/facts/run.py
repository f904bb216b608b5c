"""The facts of one run, each worked out once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from kguard.facts.pods import Pod, pod_of
from kguard.facts.replicas import replicas_of
from kguard.facts.workloads import Workload
from kguard.index import Index
from kguard.kube import argo
from kguard.model import Resource, Scope
from kguard.record import field, record, replace

if TYPE_CHECKING:
    from kguard.facts.argo.config import ControllerConfig
    from kguard.facts.argo.templates import Template
    from kguard.facts.argo.workflow import Workflow
    from kguard.facts.autoscaling import Autoscaler
    from kguard.facts.disruption import Budget
    from kguard.facts.forecast.forecast import Forecast
    from kguard.facts.termination import Process

_UNASKED: Any = object()

T = TypeVar("T")
P = TypeVar("P", bound=Scope)

NEWEST_KUBERNETES = (1, 37)
"""What `--kube-version` assumes where it is not given: the newest release the rules know."""

_SHORT = 1000
"""Characters of YAML that are read however little time there is."""

_SECONDS_FOR_CHARACTER = 1e-5
"""How long reading YAML takes at most, on a machine that has other things to do."""


@record
class Assumptions:
    """What the user said about the world outside the files.

    `kube` and `argo` are (major, minor); `argo` is None where unknown. `argo_controller` is the
    controller's configuration (a ConfigMap or Helm values) named by the user; `argo_configs` are
    configurations that were read before. With
    `argo_assume_none` an unseen configuration counts as one that sets no defaults.
    `images` maps image names to a Dockerfile resource or to known facts (`--image-map`);
    `retagged` are names of images to which a tool gives the tag later (Kustomize, Skaffold).
    """

    kube: tuple[int, int] = NEWEST_KUBERNETES
    argo: tuple[int, int] | None = None
    argo_controller: Resource | None = None
    argo_configs: tuple[ControllerConfig, ...] = ()
    argo_assume_none: bool = False
    drone_requests_given: bool = False
    drone_limits_given: bool = False
    images: Mapping[str, Any] = field(default_factory=dict)
    retagged: frozenset[str] = frozenset()


class Expired(Exception):
    """There is no time left to work out a fact."""


class Expiry(Protocol):
    """Whether there is no time left, or not so many seconds as something needs."""

    def __call__(self, needed: float = 0.0) -> bool: ...


class Facts:
    """Answers about resources, each worked out on first use.

    Once `expired` says so, nothing more is worked out: whoever asks for it gets Expired.
    """

    def __init__(
        self,
        index: Index,
        assume: Assumptions | None = None,
        expired: Expiry | None = None,
    ) -> None:
        self.index = index
        self.assume = assume or Assumptions()
        self._expired = expired
        self.notices: dict[str, None] = {}
        """Sentences about the run as a whole, in the order in which they were first needed."""
        self._memo: dict[tuple[Callable[..., Any], int | str], Any] = {}
        self._pods: list[Pod] = []

    def go_on(self, needed: float = 0.0) -> None:
        """Raise Expired where there is no time left for work that takes about so many seconds."""
        if self._expired is not None and self._expired(needed):
            raise Expired

    def notice(self, sentence: str) -> None:
        """Have a sentence said once at the end of the report."""
        self.notices.setdefault(sentence)

    def remember(self, work: Callable[[Facts, Resource], T], resource: Resource) -> T:
        """`work(facts, resource)`, worked out once per resource."""
        key = (work, id(resource))
        found: T = self._memo.get(key, _UNASKED)
        if found is _UNASKED:
            self.go_on()
            found = self._memo[key] = work(self, resource)
        return found

    def remember_unit(self, work: Callable[[Facts, Resource], T], near: Resource) -> T:
        """`work(facts, near)`, worked out once per unit: it asks `near` for nothing else.

        A unit may hold thousands of objects that all ask the same.
        """
        key = (work, near.unit)
        if key not in self._memo:
            self._memo[key] = work(self, near)
        found: T = self._memo[key]
        return found

    def remember_run(self, work: Callable[[Facts], T]) -> T:
        """`work(facts)`, worked out once."""
        key = (work, "")
        if key not in self._memo:
            self._memo[key] = work(self)
        found: T = self._memo[key]
        return found

    def remember_part(self, work: Callable[[P], T], part: P) -> T:
        """`work(part)`, worked out once for the data of a part of a resource."""
        key = (work, id(part.data))
        if key not in self._memo:
            self._memo[key] = part, work(part)  # An id is only as good as its object is alive.
        found: T = self._memo[key][1]
        return found

    def remember_text(self, work: Callable[[str], T], text: str) -> T:
        """`work(text)`, worked out once; it reads YAML, of which a long text takes seconds."""
        key = (work, text)
        if key not in self._memo:
            self.go_on(max(len(text) - _SHORT, 0) * _SECONDS_FOR_CHARACTER)
            self._memo[key] = work(text)
        found: T = self._memo[key]
        return found

    def release(self) -> None:
        """Forget everything, so that its memory is free at once.

        A pod and its containers refer to each other: as they are, they and the object they came
        from would wait for the garbage collector. Pods that are not kept here are emptied by who
        makes them.
        """
        for pod in self._pods:
            pod.containers.clear()
        self._pods.clear()
        self._memo.clear()

    def pod(self, resource: Resource) -> Pod | None:
        """The pod a workload creates, None for what creates none."""
        # Every second provider asks, and `remember` takes three times as long to answer again.
        known: Pod | None = self._memo.get((_pod, id(resource)))
        return known if known is not None else self.remember(_pod, resource)

    def fields(self, resource: Resource) -> set[str] | None:
        """What a workload sets on the way to its pod, there and in containers; None for others.

        On the way are its `spec` and a CronJob's or ScaledJob's Job.
        """
        pod = self.pod(resource)
        if pod is None:
            return None
        node: Any = resource.data
        on_the_way = [node := node[key] for key in pod.route]
        return set().union(*on_the_way, *(container.data for container in pod.containers))

    def workload(self, resource: Resource) -> Workload | None:
        """A workload with its replicas, autoscalers, services and budgets."""
        return self.remember(_workload, resource)

    def budget(self, resource: Resource) -> Budget:
        """A PodDisruptionBudget with the workloads it selects."""
        return self.remember(_budget, resource)

    def autoscaler(self, resource: Resource) -> Autoscaler:
        """A HorizontalPodAutoscaler or ScaledObject with its metrics and what it scales."""
        return self.remember(_autoscaler, resource)

    def argo_pods(self, resource: Resource) -> list[Pod]:
        """The pods of an Argo object's templates; empty for anything else."""
        if (resource.group, resource.kind) not in argo.KINDS:
            return []
        return self.remember(_argo_pods, resource)

    def argo_workflow(self, resource: Resource) -> Workflow | None:
        """The effective workflow specification of an Argo object, None for anything else."""
        return self.remember(_argo_workflow, resource)

    def argo_templates(self, resource: Resource) -> list[Template]:
        """The templates an Argo object writes, inline ones included; empty for anything else."""
        return self.remember(_argo_templates, resource)

    def forecast(self, resource: Resource) -> Forecast | None:
        """What one run of an Argo object makes of pods and status; None where that is unknown."""
        return self.remember(_forecast, resource)

    def controller_config(self, resource: Resource) -> ControllerConfig | None:
        """The Argo controller's configuration in a ConfigMap or in Helm values, None elsewhere."""
        return self.remember(_controller_config, resource)

    def every_pod(self) -> list[Pod]:
        """The pods of all workloads of the run, whatever their unit."""
        return self.pods(self.index.workloads())

    def processes(self, resource: Resource) -> list[Process]:
        """The main processes of a workload's containers, or of the image a Dockerfile builds."""
        return self.remember(_processes, resource)

    def pods(self, resources: Iterable[Resource]) -> list[Pod]:
        """The pods of several workloads, those without a readable spec left out."""
        return [pod for resource in resources if (pod := self.pod(resource)) is not None]


def _processes(facts: Facts, resource: Resource) -> list[Process]:
    built = resource.kind == "Dockerfile"
    if not built and not _may_name_a_program(facts, resource):
        return []
    from kguard.facts import termination

    return list((termination.built_processes if built else termination.processes)(facts, resource))


def _may_name_a_program(facts: Facts, resource: Resource) -> bool:
    """Whether the main process of some container can be known.

    Most manifests leave it to an image of which nothing is known; the analyser of commands takes
    longer to import than such a manifest to judge.
    """
    pod = facts.pod(resource)
    if pod is None:
        return False
    return bool(facts.assume.images) or any(container.get("command") for container in pod.running)


def _budget(facts: Facts, resource: Resource) -> Budget:
    from kguard.facts.disruption import budget_of

    return budget_of(facts, resource)


def _autoscaler(facts: Facts, resource: Resource) -> Autoscaler:
    from kguard.facts.autoscaling import autoscaler_of

    return autoscaler_of(facts, resource)


def _argo_pods(facts: Facts, resource: Resource) -> list[Pod]:
    from kguard.facts.argo.pods import template_pods

    pods = list(template_pods(facts, resource))
    facts._pods += pods
    return pods


def _argo_workflow(facts: Facts, resource: Resource) -> Workflow | None:
    from kguard.facts.argo.workflow import workflow_of

    return workflow_of(facts, resource)


def _argo_templates(facts: Facts, resource: Resource) -> list[Template]:
    from kguard.facts.argo.templates import build_templates

    workflow = facts.argo_workflow(resource)
    return build_templates(workflow) if workflow else []


def _forecast(facts: Facts, resource: Resource) -> Forecast | None:
    from kguard.facts.forecast.forecast import forecast_of

    workflow = facts.argo_workflow(resource)
    return forecast_of(facts, workflow) if workflow else None


def _controller_config(facts: Facts, resource: Resource) -> ControllerConfig | None:
    from kguard.facts.argo.config import controller_config

    return controller_config(facts, resource)


def _pod(facts: Facts, resource: Resource) -> Pod | None:
    pod = pod_of(
        resource,
        facts.index.of_kind(resource, "", "LimitRange"),
        # Pod-level resources are beta and on since 1.34 (KEP-2837).
        pod_level_resources=facts.assume.kube >= (1, 34),
    )
    if pod is not None:
        facts._pods.append(pod)
    return pod


def _workload(facts: Facts, resource: Resource) -> Workload | None:
    pod = facts.pod(resource)
    if pod is None:
        return None
    autoscalers = tuple(facts.index.autoscalers_of(resource))
    replicas = replicas_of(resource, autoscalers)
    complete = facts.index.is_complete(resource)
    if complete and replicas.assumed and facts.index.autoscalers_elsewhere(resource):
        replicas = replace(replicas, floor=None, ceiling=None)
    return Workload(
        resource=resource,
        route=(),
        data=resource.data,
        pod=pod,
        replicas=replicas,
        autoscalers=autoscalers,
        services=tuple(facts.index.services_of(resource)),
        budgets=tuple(facts.index.budgets_of(resource)),
        complete=complete,
    )
