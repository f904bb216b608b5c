"""Drone pipelines as the Kubernetes runner compiles them: steps, amounts, what the runner adds.

Sources: drone-runners/drone-runner-kube v1.0.0-rc.5, engine/resource/pipeline.go (the fields),
engine/compiler/compiler.go (what becomes of them), engine/policy/policy.go and
command/daemon/config.go (the environment); drone/runner-go v1.12.0, manifest/unit.go (memory). How
numbers are read was measured with them and with buildkite/yaml v2.1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from kguard.facts.environment import variable
from kguard.facts.pods import Container
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.kube import drone
from kguard.model import Resource, Scope, dig
from kguard.quantity._go import MAX_INT64
from kguard.quantity._quote import quoted
from kguard.quantity.gounits import SizeError, parse_ram_bytes
from kguard.quantity.images import ImageError, parse_image
from kguard.record import record

LIKELY_CORES = 20
"""A whole number below this is rather meant as cores: as millicores it is under 2 % of one."""

_RUNNER = "drone-runner-kube"

# Up to beta.6 (December 2020) requests stood in the steps, and a pipeline had no resources.
_OLD_RUNNER = re.compile(r"1\.0\.0-beta\.[1-6]")


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

    @property
    def unknown(self) -> bool:
        """Whether the value is filled in before the runner reads it."""
        return is_placeholder(self.value)


@record(eq=False)
class Step(Scope):
    """A step or a service: one container of the pipeline's pod."""

    called: str


@record(eq=False)
class Pipeline(Scope):
    """A pipeline of type kubernetes. With `old_runner` the requests of its steps count."""

    called: str
    steps: tuple[Step, ...]
    old_runner: bool


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
            Step(resource, route, item, _called(role, item.get("name")))
            for route, role, item in drone.steps(resource.data)
        ),
        old_runner=any(_is_old(container) for container in runners(facts, resource)),
    )


def amounts(facts: Facts, resource: Resource) -> Iterator[Amount]:
    """Every cpu and memory amount of a pipeline or of a policy of the runner."""
    if (resource.group, resource.kind) == drone.POLICY:
        called = _called("policy", resource.data.get("name"))
        policy = Scope(resource, (), resource.data)
        yield from _amounts(policy, called, request=Use.APPLIED, limit=Use.APPLIED)
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
    for route, section, key, value in drone.amounts(owner.data, *uses):
        yield Amount(
            resource=owner.resource,
            route=(*owner.route, *route[:-1]),
            data=dig(owner.data, *route[:-1]),
            key=key,
            value=value,
            use=uses[section],
            called=f"{key} {section.rstrip('s')} {quoted(str(value))} of {called}",
        )


def _called(role: str, name: Any, default: str = "") -> str:
    name = name if isinstance(name, str) and name else default
    return f"{role} {quoted(name)}" if name else f"unnamed {role}"


def runners(facts: Facts, near: Resource) -> list[Container]:
    """The containers of Kubernetes runners in the unit of `near`."""
    return facts.remember_unit(_runners, near)


def _runners(facts: Facts, near: Resource) -> list[Container]:
    return [
        container
        for pod in facts.pods(facts.index.in_unit(near, "apps", "Deployment"))
        for container in pod.running
        if isinstance(image := container.get("image"), str) and _RUNNER in image
    ]


def _is_old(runner: Container) -> bool:
    try:
        tag = parse_image(str(runner.get("image"))).tag
    except ImageError:
        return False
    return bool(tag and _OLD_RUNNER.fullmatch(tag.removeprefix("v")))


def runner_requests(facts: Facts, near: Resource, key: str) -> bool | None:
    """Whether the runner itself requests `key` (cpu or memory) for every pipeline.

    True where the user says so, or a policy or the runner's environment in the unit does; None
    where the unit shows a runner and not all of what it is told.
    """
    if facts.assume.drone_requests_given:
        return True
    for policy in facts.index.in_unit(near, *drone.POLICY):
        # Which pipelines it matches depends on builds, so any policy may be the one.
        if dig(policy.data, "resources", "request", key):
            return True
    seen_in_full = True
    for runner in runners(facts, near):
        own = variable(facts.index, runner, f"DRONE_RESOURCE_REQUEST_{key.upper()}")
        if own and own.value not in (None, "", "0"):
            return True
        file = variable(facts.index, runner, "DRONE_POLICY_FILE")
        if (own and own.value is None) or (file and file.value != ""):
            seen_in_full = False
    return False if seen_in_full else None


def parse_millicores(value: Any) -> int:
    """The millicores the runner reads: a whole number, or the whole part of a decimal one.

    Raises AmountError for anything else, on which it gives the build up: a quoted number too.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) <= MAX_INT64:
            return int(value)
        raise AmountError("is out of range")
    raise AmountError("is no whole number", _millicores(value) if isinstance(value, str) else None)


def _millicores(text: str) -> str | None:
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
