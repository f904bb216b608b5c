"""See argo_duration_unit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.fields import DurationField
from kguard.model import Edit, Fault, Fix, dig
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
            field.keys,
            f"{field.called} is no duration: {error}",
            help=f"{units}{meant}",
            fix=_meant(field, error.suggestion),
        )


def _meant(field: DurationField, text: str | None) -> Fix | None:
    """The duration that was likely meant. Safe but for podGC, where it lets pods be deleted."""
    written = dig(field.resource.data, *field.at(*field.keys)) == field.value
    if text is None or not written:  # A part of a text has no place of its own.
        return None
    safe = "podGC" not in field.at(*field.keys)
    return Fix((Edit(field.at(*field.keys), text),), safe=safe, title=f"write `{text}`")
