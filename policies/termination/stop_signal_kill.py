"""See stop_signal_kill.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.stopsignals import SIGNALS, StopSignal
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context
from kguard.shell.programs import Role, role
from kguard.words import nearest


def check(signal: StopSignal, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where a container is stopped by SIGKILL, or by nothing at all."""
    if signal.refused:
        meant = nearest(signal.refused.upper(), [f"SIG{name}" for name in SIGNALS])
        yield signal.fault(
            signal.keys,
            f"{signal.by} `{signal.refused}` is no signal{meant}",
            severity=ERROR,
            help="Docker refuses to build the image",
        )
        return
    if role(signal.program) is Role.KEEPALIVE:
        return  # It has nothing to finish, and so it ends at once.
    if signal.name == "KILL":
        yield signal.fault(
            signal.keys,
            f"{signal.by} stops {signal.called} by SIGKILL, which no program can handle",
            severity=WARNING,
            help="requests and tasks are cut at once, whatever the grace period",
        )
    elif signal.by.startswith("`dumb-init"):
        yield signal.fault(
            signal.keys,
            f"{signal.by} drops the SIGTERM that stops {signal.called}",
            severity=WARNING,
            help="the program is not told, and is killed when the grace period ends",
        )
