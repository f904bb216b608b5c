"""See probe_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.probes import NUMBERS, Probe
from kguard.model import Fault, Route
from kguard.policy.context import Context
from kguard.words import with_article


def check(probe: Probe, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each field of a probe that the API server rejects."""
    found = _of_handlers(probe)
    for keys, fault in (*((found,) if found else ()), *_numbers(probe)):
        yield probe.fault(
            keys,
            f"`{probe.key}` of {probe.container.called} {fault}",
            help="the API server rejects it",
        )


def _of_handlers(probe: Probe) -> tuple[Route, str] | None:
    handlers, port = probe.handlers, probe.port
    whole = not probe.container.fragment  # A patch may leave to another file what is not there.
    if not handlers:
        if whole:
            return (), "has no `httpGet`, `exec`, `tcpSocket` or `grpc`"
    elif len(handlers) > 1:
        return (handlers[1],), f"has more than one handler: `{'`, `'.join(handlers)}`"
    elif not isinstance(probe.get(handlers[0]), dict):
        return None
    elif handlers == ("exec",):
        if whole and probe.get("exec", "command", default=[]) == []:
            return ("exec", "command"), "runs no command"
    elif port is None:
        if whole:
            return (handlers[0], "port"), "names no port"
    elif isinstance(port, int) and not 0 < port < 65536:
        return (handlers[0], "port"), f"asks port {port}, which is none"
    elif isinstance(port, str) and port.isdigit():
        return (handlers[0], "port"), f"has the port `{port}` in quotes, as if it was a name"
    return None


def _numbers(probe: Probe) -> Iterator[tuple[Route, str]]:
    for key in NUMBERS:
        if key in probe.data and (probe.number(key) or 0) < 0:  # Most are not written.
            yield (key,), f"has {with_article(f'`{key}`')} below 0"
    if probe.key != "readinessProbe" and (successes := probe.number("successThreshold") or 1) > 1:
        yield ("successThreshold",), f"has `successThreshold` {successes}, and only 1 is allowed"
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and probe.key == "readinessProbe":
        yield ("terminationGracePeriodSeconds",), "has a grace period, and never stops anything"
    elif isinstance(grace, int) and grace <= 0:
        yield ("terminationGracePeriodSeconds",), "has a grace period that is not above 0"
