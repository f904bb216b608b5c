"""See signal_wrapper_timeout.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import DEFAULT_GRACE
from kguard.facts.termination import Process
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.shell.programs import program_name
from kguard.shell.verdict import Analysis

# Seconds after which they kill what they run, and how to have them wait longer.
_SUPERVISORS = {
    # supervisor/options.py: stopwaitsecs of each program.
    "supervisord": (10, "unless its configuration says more", "set `stopwaitsecs` of each program"),
    # honcho/manager.py, KILL_WAIT: counts from the first that has ended.
    "honcho": (5, "once one of them has ended", "run one program in a container"),
}
# README of s6-overlay, in milliseconds: both times pass one after the other.
_S6 = ("S6_SERVICES_GRACETIME", "S6_KILL_GRACETIME")
_S6_DEFAULT = 3000


def check(process: Process, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a supervisor that kills its programs before the pod's time is over."""
    analysis = process.analysis
    grace: float = DEFAULT_GRACE
    if process.container is not None:
        if process.container.pod.grace is None:
            return
        grace = process.container.pod.grace - (process.container.prestop_seconds or 0)
    name, seconds, when, way_out = program_name(analysis.program), 0.0, "", ""
    if name in _SUPERVISORS:
        seconds, when, way_out = _SUPERVISORS[name]
    elif analysis.kill_after is not None and not analysis.harmful and _kills(analysis):
        name, seconds = "su", analysis.kill_after
        way_out = "use `setpriv`, `gosu` or `runAsUser`, which leave no process in front"
    elif analysis.init is not None and analysis.init.name == "/init":
        name, seconds = "/init", _s6_seconds(process, ctx) or 0.0
        way_out = f"set `{_S6[0]}` and `{_S6[1]}`"
    if 0 < seconds < grace:
        yield process.found(
            f"`{name}` kills what it runs {seconds:g} s after SIGTERM"
            + (f", {when}" if when else "")
            + f": the grace period is {grace:g} s",
            help=way_out,
        )


def _kills(analysis: Analysis) -> bool:
    """Whether it is killed whichever shell the image has: BusyBox' `su` leaves no process."""
    return all(outcome.kill_after is not None for outcome in analysis.outcomes.values())


def _s6_seconds(process: Process, ctx: Context) -> float | None:
    """How long s6-overlay gives its services in seconds; None where a setting is not known."""
    total = 0
    for name in _S6:
        text = process.setting(ctx.facts, name)
        if text == "":
            total += _S6_DEFAULT
        elif text is not None and text.isascii() and text.isdecimal() and len(text) < 12:
            total += int(text)
        else:
            return None
    return total / 1000
