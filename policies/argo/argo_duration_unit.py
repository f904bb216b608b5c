"""See argo_duration_unit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo_fields import DurationField
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.durations import DurationError, parse_argo_duration, parse_go_duration


def check(field: DurationField, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a duration that Argo cannot read when the step runs."""
    if field.unknown:
        return
    try:
        if field.bare:
            parse_argo_duration(field.value)
        else:
            parse_go_duration(field.value)
    except DurationError as error:
        meant = f"; did you mean `{error.suggestion}`?" if error.suggestion else ""
        units = "units are `h`, `m`, `s`, `ms`"
        yield field.fault(
            field.keys, f"{field.called} is no duration: {error}", help=f"{units}{meant}"
        )
