"""The signal that asks a container to stop, where something sets it to another than SIGTERM.

Source: KEP-4960 (`lifecycle.stopSignal` goes over the image's STOPSIGNAL, that over SIGTERM); the
Dockerfile reference for how STOPSIGNAL is written, and moby/sys signal/signal_linux.go (SignalMap)
for the names that a build takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kguard.facts.pods import Container
from kguard.facts.run import Facts
from kguard.kube.images import ImageFacts, built_image, find_image, words
from kguard.model import Resource, Route, Scope
from kguard.record import record
from kguard.shell.arguments import program_of
from kguard.shell.verdict import Cause, Verdict

# Numbers on x86 and ARM (signal(7)) that people write.
_NUMBERS = {1: "HUP", 2: "INT", 3: "QUIT", 9: "KILL", 10: "USR1", 12: "USR2", 15: "TERM"}
SIGNALS = (
    *(
        "ABRT",
        "ALRM",
        "BUS",
        "CHLD",
        "CLD",
        "CONT",
        "FPE",
        "HUP",
        "ILL",
        "INT",
        "IO",
        "IOT",
        "KILL",
    ),
    *("PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP"),
    *("TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ"),
)
"""The signals of Linux but those for real time, without `SIG`."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_REAL_TIME = re.compile(r"RTMIN(\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?")


@record(eq=False)
class StopSignal(Scope):
    """One place that sets what stops a container: `keys` below the scope lead to it.

    `name` is the signal's without `SIG`, empty where it is none (a dumb-init that drops SIGTERM),
    `called` names container or image and `by` what sets it. `program` is what is started, as far as
    known. `refused` is the text of a STOPSIGNAL for which no image can be built.
    """

    name: str
    keys: Route
    called: str
    by: str
    program: tuple[str, ...] = ()
    refused: str = ""


def signal_of(text: Any) -> str:
    """A signal's name without `SIG`: `KILL` for `SIGKILL`, `kill` and `9`; empty for no signal."""
    if isinstance(text, bool) or not isinstance(text, (str, int)):
        return ""
    word = str(text).strip().strip("\"'").upper()
    if _WHOLE.fullmatch(word):  # strconv.Atoi, as BuildKit reads it: `+15` and `015` are 15.
        return _NUMBERS.get(int(word), "")
    return word.removeprefix("SIG")


def _refused(text: str) -> str:
    """The text of a STOPSIGNAL that BuildKit refuses (signal.ParseSignal), else nothing."""
    word = text.strip().strip("\"'")
    if _WHOLE.fullmatch(word):
        return "" if int(word) else word
    name = word.upper().removeprefix("SIG")
    unknown = "$" in word or "{{" in word  # An argument of the build, or a template.
    return "" if unknown or name in SIGNALS or _REAL_TIME.fullmatch(name) else word


def sent_signal(container: Container, known: ImageFacts | None) -> str:
    """The signal that stops a container, `TERM` where nothing that was seen sets another."""
    written = container.get("lifecycle", "stopSignal")
    if written is not None:
        return signal_of(written)
    built = known.built if known else None
    return signal_of(built.stop_signal) if built and built.stop_signal else "TERM"


def stop_signals(facts: Facts, resource: Resource) -> Iterator[StopSignal]:
    """The places of a workload or a Dockerfile that set a stop signal."""
    image = built_image(resource)
    if image is not None and image.stop_signal:
        name, route = signal_of(image.stop_signal), image.stop_signal_route
        scope = (resource, (), resource.data)
        program = program_of(image.argv() or ())
        refused = _refused(image.stop_signal)
        yield StopSignal(*scope, name, route, "the image", "STOPSIGNAL", program, refused)
    pod = facts.pod(resource)
    for container in pod.containers if pod else ():
        written = container.get("lifecycle", "stopSignal")
        if written is not None:
            yield StopSignal(
                resource,
                container.route,
                container.data,
                name=signal_of(written),
                keys=("lifecycle", "stopSignal"),
                called=container.called,
                by="`stopSignal`",
                program=program_of(_argv(facts, container)),
            )
    for process in facts.processes(resource):
        if process.analysis.cause is Cause.INIT_DROPS_SIGNAL and not process.judged_elsewhere:
            kills = process.analysis.verdict is Verdict.CUT
            name, by = "KILL" if kills else "", "`dumb-init --rewrite`"
            yield StopSignal(
                resource, process.route, process.data, name, process.place, process.called, by
            )


def _argv(facts: Facts, container: Container) -> tuple[str, ...]:
    """The words a container is started with, empty where an image that was not seen says them."""
    command = words(container.get("command")) or ()
    args = words(container.get("args")) or ()
    known = find_image(facts.assume.images, container.get("image"))
    return (known.argv(command, args) if known else command and (*command, *args)) or ()
