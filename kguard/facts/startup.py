"""How long probes let a pod take until it is ready.

Source: kubernetes pkg/kubelet/prober/worker.go (a startup probe holds back the others, the delay
counts from the container's start), pkg/apis/core/v1/defaults.go (SetDefaults_Probe).
"""

from __future__ import annotations

from kguard.facts.pods import Container, Pod, Role
from kguard.facts.probes import probes_of
from kguard.model import Route
from kguard.record import record


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
    """Seconds a container may take to be ready, and the probe that says so ("" for none).

    What is no number counts as 0, which shortens the start.
    """
    delayed = container.get("readinessProbe", "initialDelaySeconds") is not None
    if not delayed and container.get("startupProbe") is None:
        return 0, ""
    probes = {probe.key: probe for probe in probes_of(container)}
    startup, readiness = probes.get("startupProbe"), probes.get("readinessProbe")
    seconds, key = 0, ""
    if startup is not None:
        seconds = (startup.number("initialDelaySeconds") or 0) + (startup.patience or 0)
        key = "startupProbe"
    delay = readiness.number("initialDelaySeconds") if readiness is not None else None
    if delay is not None and delay > seconds:
        seconds, key = delay, "readinessProbe"
    return seconds, key
