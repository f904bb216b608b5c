"""See probes_identical.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.facts.probes import probes_of
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a liveness probe that gives up as soon as the same readiness probe."""
    probes = {probe.key: probe for probe in probes_of(container)}
    live, ready = probes.get("livenessProbe"), probes.get("readinessProbe")
    if live is None or ready is None or live.question is None or live.question != ready.question:
        return
    until_restart, until_removed = live.patience, ready.patience
    if until_restart is None or until_removed is None or until_restart > until_removed:
        return
    yield live.fault(
        (),
        f"{container.called} is restarted after {until_restart} s by the question that makes it "
        f"unready after {until_removed} s",
        related=[Related(container.resource, ready.route, "the same question")],
        help="a higher `failureThreshold` lets it recover from load before it is restarted",
    )
