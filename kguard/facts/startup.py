"""How long probes let a pod take until it is ready.

Source: kubernetes pkg/kubelet/prober/worker.go (a startup probe holds back the others, the delay
counts from the container's start), pkg/apis/core/v1/defaults.go (SetDefaults_Probe).
"""

from __future__ import annotations

from collections.abc import Mapping

from kguard.facts.pods import Container, Pod, Role
from kguard.model import Route
from kguard.record import record

_PERIOD, _FAILURES = 10, 3


@record
class Wait:
    """Seconds that a probe lets a container take, and the route to the probe."""

    seconds: int
    container: Container
    route: Route


@record
class Start:
    """The longest start that probes allow: in seconds, and what they are made of.

    `last` is the wait for the container that is the last to be ready, `before` those for the native
    sidecars that have to have started first.
    """

    seconds: int
    last: Wait
    before: tuple[Wait, ...] = ()


def slowest_start(pod: Pod) -> Start | None:
    """The slowest start that kubelet would still wait for; None where no probe speaks of one.

    Native sidecars start one after the other, then all app containers at once.
    """
    passed = 0
    before: list[Wait] = []
    slowest: Start | None = None
    for container in pod.running:
        seconds, probe = _allowed(container)
        if not probe:
            continue
        wait = Wait(seconds, container, container.at(probe))
        if slowest is None or passed + seconds > slowest.seconds:
            slowest = Start(passed + seconds, wait, tuple(before))
        if container.role is Role.SIDECAR and probe == "startupProbe":
            before.append(wait)
            passed += seconds
    return slowest


def _allowed(container: Container) -> tuple[int, str]:
    """Seconds a container may take to be ready, and the probe that says so ("" for none)."""
    startup = container.get("startupProbe")
    seconds, probe = 0, ""
    if isinstance(startup, dict):
        period = _number(startup, "periodSeconds", _PERIOD)
        failures = _number(startup, "failureThreshold", _FAILURES)
        seconds = _number(startup, "initialDelaySeconds", 0) + period * failures
        probe = "startupProbe"
    readiness = container.get("readinessProbe")
    if isinstance(readiness, dict):
        delay = _number(readiness, "initialDelaySeconds", 0)
        if delay > seconds:
            seconds, probe = delay, "readinessProbe"
    return seconds, probe


def _number(probe: Mapping[str, object], key: str, default: int) -> int:
    """A field of a probe; 0 (which shortens the start) for what is no number."""
    value = probe.get(key)
    if value is None:
        return default
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
