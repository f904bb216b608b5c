"""Drone pipelines as the Kubernetes runner compiles them: steps, amounts, what the runner adds.

Sources: drone-runners/drone-runner-kube v1.0.0-rc.5, engine/resource/pipeline.go (the fields),
engine/compiler/compiler.go (what becomes of them); drone/runner-go v1.12.0, manifest/unit.go
(memory). How numbers are read was measured with them and with buildkite/yaml v2.1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from kguard.facts.drone.runner import RunnerPolicy, is_old, policies, runners
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.kube import drone
from kguard.model import Key, Resource, Route, Scope, dig
from kguard.quantity._go import MAX_INT64
from kguard.quantity._quote import quoted
from kguard.quantity.gounits import SizeError, parse_ram_bytes
from kguard.record import record

NEVER_MOUNTED = ("workspace", "_workspace", "_docker_socket", "_status")
"""Volumes of the runner that it lets no step mount (engine/linter/linter.go, checkStep)."""

OWN_VOLUMES = (*NEVER_MOUNTED, "_addons")
"""Names the runner lets no volume of a pipeline have (the same, checkVolumes)."""

LIKELY_CORES = 20
"""A whole number below this is rather meant as cores: as millicores it is under 2 % of one."""


class Use(Enum):
    """What the runner does with an amount it could read."""

    APPLIED = "applied"
    DROPPED = "dropped"
    REFUSED = "refused"


@record(eq=False)
class Amount(Scope):
    """One cpu or memory amount. `data` is the section it stands in, `key` is `cpu` or `memory`."""

    key: str
    value: Any
    use: Use
    called: str
    embedded: bool = False
    """Whether it stands in a text of a ConfigMap, and `route` leads to that."""

    def at(self, *keys: Key) -> Route:
        """The route to `keys`, or to the text the amount stands in."""
        return self.route if self.embedded else (*self.route, *keys)

    @property
    def unknown(self) -> bool:
        """Whether the value is filled in before the runner reads it."""
        return is_placeholder(self.value)


@record(eq=False)
class Step(Scope):
    """A step or a service (`role`): one container of the pipeline's pod."""

    called: str
    role: str

    @property
    def name(self) -> str:
        """Its name as the runner reads it, empty where it has none."""
        name = self.data.get("name")
        return "" if name is None else str(name)

    @property
    def image(self) -> str:
        """Its image, empty where it is none that is known before the build."""
        image = self.data.get("image")
        return image if isinstance(image, str) and not is_placeholder(image) else ""

    def limit(self, key: str) -> int | None:
        """Its own limit in bytes or millicores, 0 where it has none, None where that is unknown."""
        return amount_of(self, "limits", key)


@record(eq=False)
class Pipeline(Scope):
    """A pipeline of type kubernetes. With `old_runner` the requests of its steps count.

    `steps` holds the services first and then the steps, in the order of the runner.
    """

    called: str
    steps: tuple[Step, ...]
    old_runner: bool

    @property
    def clones(self) -> bool:
        """Whether the runner puts a step called `clone` before all others."""
        return self.get("clone", "disable") is not True

    @property
    def volumes(self) -> list[tuple[int, Mapping[str, Any]]]:
        """The volumes with their number in the list."""
        return _numbered(self.get("volumes"))

    def request(self, key: str) -> int | None:
        """What it requests itself in bytes or millicores, 0 for nothing, None for unknown."""
        return amount_of(self, "requests", key)


class AmountError(ValueError):
    """A value the runner cannot read. `suggestion` is what was likely meant."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def pipeline_of(facts: Facts, resource: Resource) -> Pipeline | None:
    """The pipeline in a document; None for what the Kubernetes runner does not run."""
    if not drone.is_pipeline(resource):
        return None
    return Pipeline(
        resource=resource,
        route=(),
        data=resource.data,
        called=_called("pipeline", resource.data.get("name"), "default"),
        steps=tuple(
            Step(resource, route, item, _called(role, item.get("name")), role)
            for route, role, item in drone.steps(resource.data)
        ),
        old_runner=any(is_old(container) for container in runners(facts, resource)),
    )


def documents_beside(facts: Facts, resource: Resource, kind: str) -> list[Resource]:
    """The documents of that kind in the file of a resource, in the order of the file."""
    found = facts.index.in_unit(resource, drone.GROUP, kind)
    return [each for each in found if each.origin.path == resource.origin.path]


def pipelines_beside(facts: Facts, resource: Resource) -> Mapping[str, Resource]:
    """The pipelines in the file of a resource, for whatever runner: the first of each name."""
    return facts.remember_unit(_pipelines, resource).get(resource.origin.path, {})


def _pipelines(facts: Facts, near: Resource) -> dict[str, dict[str, Resource]]:
    found: dict[str, dict[str, Resource]] = {}
    for each in facts.index.in_unit(near, *drone.PIPELINE):
        name = each.data.get("name")
        if name is None or isinstance(name, str):
            found.setdefault(each.origin.path, {}).setdefault(name or "", each)
    return found


def secret_names(data: Any) -> Iterator[tuple[Route, str]]:
    """The names of secrets under `from_secret` in what steps are given, with the routes to them."""
    if isinstance(data, Mapping):
        name = data.get("from_secret")
        if isinstance(name, str):
            yield ("from_secret",), name
        items: list[tuple[Any, Any]] = list(data.items())
    else:
        items = list(enumerate(data)) if isinstance(data, list) else []
    for key, value in items:
        if isinstance(value, Mapping | list):
            yield from (((key, *route), name) for route, name in secret_names(value))


def amount_of(owner: Scope, section: str, key: str) -> int | None:
    """An amount of a pipeline or step in bytes or millicores: 0 where it is not set.

    None where it is filled in later, or is nothing the runner can read.
    """
    value = owner.get("resources", section, key)
    if value is None:
        return 0
    if is_placeholder(value):
        return None
    try:
        return (parse_millicores if key == "cpu" else parse_memory)(value)
    except AmountError:
        return None


# What the runner hands out at a time, and the least it requests for a container; both can only be
# changed for all pipelines (DRONE_RESOURCE_MIN_REQUEST_*).
_LEAST = {"cpu": 1, "memory": 4 * 1024 * 1024}


def pod_request(pipeline: Pipeline, key: str) -> int | None:
    """What the pod asks for in all of a pipeline's own request, in bytes or millicores.

    The runner splits it over clone, services and steps, and no container requests more than its
    limit (engine/compiler/compiler.go, Compile and divideIntEqually). None where a limit or the
    request is unknown, and without a request.
    """
    wanted = pipeline.request(key)
    own = [step.limit(key) for step in pipeline.steps]
    limits = [0, *own] if pipeline.clones else own
    if wanted is None or wanted <= 0 or not limits:
        return None
    unit, total = _LEAST[key], 0
    share = wanted // (len(limits) * unit) * unit
    rest = wanted - share * len(limits)
    for limit in limits:
        if limit is None:
            return None
        part = max(share + (unit if rest > 0 else 0), unit)
        rest -= unit
        total += min(part, limit) if limit > 0 else part
    return total


def shown(key: str, amount: int) -> str:
    """An amount of the runner as people write it: `1500 millicores`, `512 MiB`, `512 bytes`."""
    if key == "cpu":
        return f"{amount} millicores"
    return f"{amount / 2**20:g} MiB" if abs(amount) >= 2**20 else f"{amount} bytes"


def mounts(step: Step) -> list[tuple[int, Mapping[str, Any]]]:
    """The volume mounts of a step with their number in the list."""
    return _numbered(step.get("volumes"))


def _numbered(items: Any) -> list[tuple[int, Mapping[str, Any]]]:
    items = items if isinstance(items, list) else []
    return [(number, item) for number, item in enumerate(items) if isinstance(item, Mapping)]


def amounts(facts: Facts, resource: Resource) -> Iterator[Amount]:
    """Every cpu and memory amount of a pipeline or of policies of the runner."""
    for policy in policies(facts, resource):
        yield from _amounts(policy, policy.called, request=Use.APPLIED, limit=Use.APPLIED)
    pipeline = pipeline_of(facts, resource)
    if pipeline is None:
        return
    old = pipeline.old_runner
    stage, step = (Use.DROPPED, Use.APPLIED) if old else (Use.APPLIED, Use.DROPPED)
    refused = Use.DROPPED if old else Use.REFUSED
    yield from _amounts(pipeline, pipeline.called, requests=stage, limits=refused)
    for each in pipeline.steps:
        yield from _amounts(each, each.called, requests=step, limits=Use.APPLIED)


def _amounts(owner: Scope, called: str, **uses: Use) -> Iterator[Amount]:
    embedded = isinstance(owner, RunnerPolicy) and owner.embedded
    for route, section, key, value in drone.amounts(owner.data, *uses):
        yield Amount(
            resource=owner.resource,
            route=owner.at(*route[:-1]),
            data=dig(owner.data, *route[:-1]),
            key=key,
            value=value,
            use=uses[section],
            called=f"{key} {section.rstrip('s')} {quoted(str(value))} of {called}",
            embedded=embedded,
        )


def _called(role: str, name: Any, default: str = "") -> str:
    name = name if isinstance(name, str) and name else default
    return f"{role} {quoted(name)}" if name else f"unnamed {role}"


def parse_millicores(value: Any) -> int:
    """The millicores the runner reads: a whole number, or the whole part of a decimal one.

    Raises AmountError for anything else, on which it gives the build up: a quoted number too.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) <= MAX_INT64:
            return int(value)
        raise AmountError("is out of range")
    raise AmountError(
        "is no whole number", millicores_meant(value) if isinstance(value, str) else None
    )


def millicores_meant(text: str) -> str | None:
    """Millicores for what was meant as a Kubernetes quantity, or as a number without quotes."""
    written = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,3}))? ?(m?)", text)
    if written is None or (written[2] and written[3]):
        return None
    whole, decimals = int(written[1]), written[2]
    cores = not written[3] and (decimals or whole < LIKELY_CORES)
    return str(whole * 1000 + int((decimals or "").ljust(3, "0"))) if cores else str(whole)


def parse_memory(value: Any) -> int:
    """The bytes the runner reads: a number, or text with a unit; decimals of a number are cut off.

    Raises AmountError for anything else.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) <= MAX_INT64:
            return int(value)
        raise AmountError("is out of range")
    try:
        return parse_ram_bytes(value if isinstance(value, str) else "")
    except SizeError as error:
        suggestion = error.suggestion if isinstance(value, str) else None
        raise AmountError("is no memory size", suggestion) from None
