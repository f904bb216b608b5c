"""See drone_runner_env_unit.md."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from kguard.facts.drone.pipeline import millicores_meant
from kguard.facts.drone.runner import RunnerVariable
from kguard.facts.quantities import few_bytes
from kguard.model import Confidence, Edit, Fault, Fix
from kguard.policy.context import WARNING, Context
from kguard.quantity._quote import quoted
from kguard.quantity.gounits import SizeError, parse_ram_bytes


def check(variable: RunnerVariable, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a variable that the runner cannot read, or reads as next to nothing."""
    check_one = _cpu if variable.name.endswith("_CPU") else _memory
    yield from check_one(variable, ctx)


def _cpu(variable: RunnerVariable, ctx: Context) -> Iterator[Fault]:
    meant = millicores_meant(variable.value)
    help = "cpu is a whole number of millicores" + (f"; did you mean `{meant}`?" if meant else "")
    fix = None
    if meant and variable.literal:
        # It restarts the runner, which loses the builds it watches.
        fix = Fix((Edit(variable.at(*variable.keys), meant),), safe=False, title=f"write `{meant}`")
    if not variable.whole:
        message = f"`{variable.name}` {quoted(variable.value)} is no whole number: no runner starts"
        yield variable.fault(variable.keys, message, help=help, fix=fix)
        return
    # Longer numbers are none of cores.
    few = variable.value.isdecimal() and len(variable.value) < 10 and "MIN" not in variable.name
    millicores = int(variable.value) if few else 0
    if 0 < millicores < ctx.params["likely_cores"]:
        yield variable.fault(
            variable.keys,
            f"`{variable.name}` {millicores} is {millicores / 1000:g} of a core",
            severity=WARNING,
            confidence=Confidence.MEDIUM,
            help=help,
            fix=fix,
        )


def _memory(variable: RunnerVariable, ctx: Context) -> Iterator[Fault]:
    named = f"`{variable.name}` {quoted(variable.value)}"
    try:
        size = parse_ram_bytes(variable.value)
    except SizeError as error:
        message = f"{named} is no memory size: no runner starts"
        meant = f"; did you mean `{error.suggestion}`?" if error.suggestion else ""
        yield variable.fault(variable.keys, message, help=f"write `MiB` or `GiB`{meant}")
        return
    if 0 < size < ctx.params["min_bytes"]:
        help = "a number without a unit counts bytes" if variable.value.isdecimal() else ""
        yield variable.fault(variable.keys, f"{named} is {few_bytes(Fraction(size))}", help=help)
    elif variable.value.endswith("m"):
        yield variable.fault(
            variable.keys,
            f"{named} is {size // 2**20} MiB here",
            severity=WARNING,
            help="in Kubernetes `m` is a thousandth of a byte; `MiB` is read alike by both",
        )
