"""What a pod asks for as a whole: containers, sidecars and init containers taken together.

Source: kubernetes component-helpers/resource/helpers.go (PodRequests, PodLimits,
AggregateContainerRequests).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kguard.facts.pods import Amount, Container, Pod, Role, quantity
from kguard.facts.quantities import is_placeholder
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.run import Facts


@record
class Total:
    """The sum of one resource over a pod, without what the pod's own `resources` say.

    `running` is what app containers and sidecars ask for together, `init` the most that is needed
    while an init container runs, and `by` the init container with which it is. Where `exact` is
    false some container says nothing or something unknown: the sums are lower bounds then.
    """

    running: Fraction
    init: Fraction
    by: Container | None
    exact: bool

    @property
    def value(self) -> Fraction:
        """The sum that counts for the scheduler and for quotas."""
        return max(self.running, self.init)


def container_amount(container: Container, section: str, resource: str) -> Amount | None:
    """An effective request or limit of a container, whatever the pod's own `resources` say.

    A request is the one that is written, else the limit, else a LimitRange's.
    """
    if section == "limits":
        return container.amount("limits", resource) or container.pod.limit_range_default(
            "default", resource
        )
    return (
        container.amount("requests", resource)
        or container.amount("limits", resource)
        or container.pod.limit_range_default("defaultRequest", resource)
    )


def containers_total(pod: Pod, section: str, resource: str) -> Total:
    """The sum of `section` (`requests` or `limits`) of a resource over the containers of a pod.

    Init containers run one after the other, each beside the sidecars that stand before it.
    """
    apps = sidecars = init = Fraction(0)
    by: Container | None = None
    exact = True
    for container in pod.containers:
        if container.role is Role.EPHEMERAL:
            continue
        amount = container_amount(container, section, resource)
        value = amount.value if amount is not None else None
        if value is None:
            # An init container that asks for nothing adds nothing.
            exact = exact and amount is None and container.role is Role.INIT
            continue
        if container.role is Role.APP:
            apps += value
        elif container.role is Role.SIDECAR:
            sidecars += value
        elif value + sidecars > init:
            init, by = value + sidecars, container
    return Total(apps + sidecars, init, by, exact)


def largest(pod: Pod, section: str, resource: str) -> Container | None:
    """The container that decides most of a sum; None where no container says anything known."""
    total = containers_total(pod, section, resource)
    if total.by is not None and total.init > total.running:
        return total.by
    known = [
        (amount.value, container)
        for container in pod.running
        if (amount := container_amount(container, section, resource)) and amount.value
    ]
    return max(known, key=lambda each: each[0])[1] if known else None


def pod_total(pod: Pod, section: str, resource: str) -> Fraction:
    """What the scheduler and a quota count for one pod, at least; the overhead included.

    The pod's own `resources` take the place of the containers' (KEP-2837); its missing request is
    the containers' sum where they have one, else its limit (SetDefaults_Pod).
    """
    total = containers_total(pod, section, resource).value
    own = pod.amount(section, resource) if is_pod_level(resource) else None
    written = pod.get("resources", section, resource) is not None
    value = total if own is None or (total and not written) else own.value or Fraction(0)
    if section == "limits" and not value:
        return value  # What is unlimited stays so.
    return value + (quantity(pod.get("overhead", resource)) or Fraction(0))


def has_pod_level(pod: Pod) -> bool:
    """Whether the pod's own `resources` say anything that the API server keeps."""
    return pod.pod_level_resources and any(
        is_pod_level(str(name))
        for section in ("requests", "limits")
        if isinstance(names := pod.get("resources", section), dict)
        for name in names
    )


def is_pod_level(resource: str) -> bool:
    """Whether a resource may stand in the pod's own `resources` (IsSupportedPodLevelResource)."""
    return resource in ("cpu", "memory") or resource.startswith("hugepages-")


def is_extended(resource: str) -> bool:
    """Whether a resource is neither Kubernetes' own nor a huge page: a GPU and the like.

    Source: kubernetes pkg/apis/core/helper/helpers.go, IsExtendedResourceName.
    """
    return "/" in resource and "kubernetes.io/" not in resource


STANDARD = ("cpu", "memory", "ephemeral-storage")
"""The resources of containers whose names have no domain, huge pages apart."""

_STANDARD = frozenset(STANDARD)


def is_standard(resource: str) -> bool:
    """Whether a container may ask for a resource whose name has no domain.

    Source: kubernetes pkg/apis/core/helper/helpers.go, IsStandardContainerResourceName.
    """
    return resource in STANDARD or resource.startswith("hugepages-")


def asks_for_standard_only(container: Container) -> bool:
    """Whether a container asks for nothing else, as nearly all do."""
    for section in ("requests", "limits"):
        amounts = container.get("resources", section)
        if isinstance(amounts, dict) and not amounts.keys() <= _STANDARD:
            return False
    return True


def misnamed(container: Container) -> Iterator[tuple[str, str]]:
    """The section and name of what a container asks for and no API server knows."""
    for section in ("requests", "limits"):
        for name in written_amounts(container, section):
            if "/" not in name and not is_standard(name) and not is_placeholder(name):
                yield section, name


def may_be_filled_in(facts: Facts, container: Container, name: str) -> bool:
    """Whether a limit may come from elsewhere: a LimitRange, Argo's configuration, a patch."""
    if container.fragment or facts.pod(container.resource) is None:
        return True
    # What is filled into pods comes too late for a template, which is refused by itself.
    is_pod = container.resource.kind == "Pod"
    return is_pod and container.pod.limit_range_default("default", name) is not None


def is_overcommitted(resource: str) -> bool:
    """Whether a limit may differ from its request (helpers.go, IsOvercommitAllowed)."""
    return not is_extended(resource) and not resource.startswith("hugepages-")


def unit_of(resource: str) -> Fraction | None:
    """What an amount of a resource has to be a multiple of: 1 device, one huge page.

    None where any amount will do, or where the page size is none.
    """
    if is_extended(resource):
        return Fraction(1)
    size = resource.removeprefix("hugepages-")
    return quantity(size) if size != resource else None


def written_amounts(scope: Container | Pod, section: str) -> dict[str, Any]:
    """What a container or pod writes under resources.`section`, by resource; nulls left out."""
    amounts = scope.get("resources", section)
    named = amounts.items() if isinstance(amounts, dict) else ()
    return {name: text for name, text in named if text is not None}
