"""The pod model: one view of the pod a workload creates, with effective requests and limits.

Sources: kubernetes pkg/apis/core/v1/defaults.go (SetDefaults_Pod, SetDefaults_LimitRangeItem),
component-helpers/resource/helpers.go (native sidecars), KEP-753 (sidecars), KEP-2837 (pod-level
resources).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from typing import Any

from kguard.kube import argo
from kguard.kube.workloads import BATCH, template_route
from kguard.model import Key, Resource, Route, Scope, dig
from kguard.quantity.quantities import QuantityError, parse_quantity
from kguard.record import field, record

DEFAULT_GRACE = 30
"""Seconds between SIGTERM and SIGKILL where the pod does not say (core/v1 defaults.go)."""


class Role(Enum):
    """What a container is for; the words are those of the Kubernetes documentation."""

    APP = "container"
    SIDECAR = "sidecar"
    INIT = "init container"
    EPHEMERAL = "ephemeral container"


_RUNNING = (Role.APP, Role.SIDECAR)

FILLED = {
    "default": ("default", "max"),
    "defaultRequest": ("defaultRequest", "default", "max", "min"),
}
"""Where a LimitRange's `default` and `defaultRequest` come from, best first."""

_UNASKED: Any = object()


@record
class Amount:
    """An effective request or limit: what was written, its value, and where it comes from.

    `value` is None where the text is no quantity or a placeholder: set, but unknown.
    `source` is one of `request`, `limit`, `LimitRange`, `pod`.
    """

    text: Any
    value: Fraction | None
    source: str


@record(eq=False)
class Container(Scope):
    """One container of a pod, whichever list it stands in.

    `moved` leads from keys that are written elsewhere (Argo merges containers) to the routes there.
    """

    name: str
    role: Role
    pod: Pod
    moved: Mapping[Route, Route] = field(default_factory=dict)
    _amounts: dict[tuple[str, str], Amount | None] = field(
        default_factory=dict, init=False, repr=False
    )
    """What `amount` has answered: a dozen policies ask for the same few."""

    def at(self, *keys: Key) -> Route:
        """The route from the root of the resource to `keys`, wherever they are written."""
        return self.moved.get(keys) or (*self.route, *keys)

    def amount(self, section: str, resource: str) -> Amount | None:
        """What the container itself writes under resources.`section`; None where it is absent."""
        key = (section, resource)
        amount: Amount | None = self._amounts.get(key, _UNASKED)
        if amount is _UNASKED:
            text = self.get("resources", section, resource)
            amount = None if text is None else Amount(text, quantity(text), section[:-1])
            self._amounts[key] = amount
        return amount

    def request(self, resource: str) -> Amount | None:
        """The effective request: written, else the limit, else a LimitRange, else the pod's own.

        None where the pod would run without one.
        """
        return (
            self.amount("requests", resource)
            or self.amount("limits", resource)
            or self.pod.limit_range_default("defaultRequest", resource)
            or self.pod.amount("requests", resource)
        )

    def limit(self, resource: str) -> Amount | None:
        """The effective limit: written, else a LimitRange, else the pod's own."""
        return (
            self.amount("limits", resource)
            or self.pod.limit_range_default("default", resource)
            or self.pod.amount("limits", resource)
        )

    @property
    def fragment(self) -> bool:
        """Whether more is to come: the API server refuses a container without an image.

        Such a text is a patch, or what a test of another object expects to find in it; or it is the
        proxy of a gateway, which Istio's injector completes.
        """
        return self.get("image") is None or self.injected

    @property
    def injected(self) -> bool:
        """Whether Istio writes its image, probes, ports and resources when a pod is created.

        `image: auto` stands for that (istio.io, analysis message IST0146; the container's name is
        ProxyContainerName in pkg/kube/inject/inject.go).
        """
        return self.name == "istio-proxy" and self.get("image") == "auto"

    @property
    def prestop_seconds(self) -> float | None:
        """How long its preStop hook only waits: 0 without one, None for one that does more."""
        hook = self.get("lifecycle", "preStop")
        if hook is None:
            return 0.0
        from kguard.facts.prestop import sleep_seconds  # Late: it needs the shell parser.

        return sleep_seconds(hook)

    @property
    def called(self) -> str:
        """How messages name it: its role and its name."""
        return f"{self.role.value} `{self.name}`" if self.name else f"unnamed {self.role.value}"


@record(eq=False)
class Pod(Scope):
    """The pod a workload creates. `data` is the pod's spec, `route` leads to it."""

    template: Scope
    limit_ranges: Sequence[Mapping[str, Any]] = ()
    pod_level_resources: bool = True
    containers: list[Container] = field(default_factory=list)

    @property
    def running(self) -> list[Container]:
        """The containers that stay for the pod's life: app containers and native sidecars."""
        return [c for c in self.containers if c.role in _RUNNING]

    @property
    def batch(self) -> bool:
        """Whether the pod runs to completion: it belongs to a Job or CronJob."""
        return self.resource.kind in BATCH

    @property
    def ends(self) -> bool:
        """Whether its containers are meant to end by themselves: nobody asks them to stop.

        Those of Argo are started by its own process, which hands signals on to all that they start
        and reaps what they leave (argo-workflows cmd/argoexec/commands/emissary.go).
        """
        if (self.resource.group, self.resource.kind) in argo.KINDS:
            return True
        if self.batch:
            return True
        # In the templates of what serves only `Always` is accepted.
        chosen = self.resource.kind in ("Pod", "PodTemplate")
        return chosen and self.get("restartPolicy", default="Always") != "Always"

    @property
    def fragment(self) -> bool:
        """Whether it is only part of a pod: a patch, or what a test expects to find.

        The API server refuses a pod without containers, and a container without an image.
        """
        apps = [container for container in self.containers if container.role is Role.APP]
        return not apps or any(container.fragment for container in apps)

    @property
    def grace(self) -> int | None:
        """terminationGracePeriodSeconds in force; None where what is written is no number."""
        value = self.get("terminationGracePeriodSeconds", default=DEFAULT_GRACE)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def shares_pids(self) -> bool:
        """Whether PID 1 of the containers is the pause process or the node's init."""
        return self.get("shareProcessNamespace") is True or self.get("hostPID") is True

    def amount(self, section: str, resource: str) -> Amount | None:
        """What the pod-level `resources` say, where the version has them."""
        if not self.pod_level_resources:
            return None
        text = self.get("resources", section, resource)
        if text is None:
            # Missing pod-level requests default from pod-level limits (KEP-2837).
            text = self.get("resources", "limits", resource)
        return None if text is None else Amount(text, quantity(text), "pod")

    def limit_range_default(self, section: str, resource: str) -> Amount | None:
        """What a LimitRange of the namespace fills in for a container that says nothing."""
        for item in self.limit_ranges:
            for key in FILLED[section]:
                text = dig(item, key, resource)
                if text is not None:
                    return Amount(text, quantity(text), "LimitRange")
        return None


def quantity(text: Any) -> Fraction | None:
    """The value of a quantity, None for what is none (a placeholder, a typo)."""
    try:
        return parse_quantity(text)
    except QuantityError:
        return None


def pod_of(
    resource: Resource, limit_ranges: Sequence[Resource] = (), *, pod_level_resources: bool = True
) -> Pod | None:
    """The pod of a workload; None for what creates no pods of its own.

    `limit_ranges` are the LimitRange objects of its namespace.
    """
    route = template_route(resource)
    if route is None:
        return None
    template = dig(resource.data, *route)
    pod = Pod(
        resource=resource,
        route=(*route, "spec"),
        data=dig(template, "spec"),
        template=Scope(resource, route, template),
        limit_ranges=[
            item
            for limit_range in limit_ranges
            for item in _items(limit_range.data, "spec", "limits")
            if dig(item, "type") == "Container"
        ],
        pod_level_resources=pod_level_resources,
    )
    pod.containers.extend(_containers(pod))
    return pod


def _items(data: Any, *keys: str) -> list[Any]:
    items = dig(data, *keys)
    return items if isinstance(items, list) else []


def _containers(pod: Pod) -> Iterator[Container]:
    for key, role in (
        ("initContainers", Role.INIT),
        ("containers", Role.APP),
        ("ephemeralContainers", Role.EPHEMERAL),
    ):
        items = pod.data.get(key)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            if not isinstance(item, dict):
                continue
            sidecar = role is Role.INIT and item.get("restartPolicy") == "Always"
            name = item.get("name")
            yield Container(
                resource=pod.resource,
                route=(*pod.route, key, number),
                data=item,
                name=name if isinstance(name, str) else "",
                role=Role.SIDECAR if sidecar else role,
                pod=pod,
            )
