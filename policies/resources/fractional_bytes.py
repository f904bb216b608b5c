"""See fractional_bytes.md."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from kguard.facts.pods import Container, quantity
from kguard.facts.quantities import suffix_meant
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each amount of bytes that is no whole number."""
    for section in ("requests", "limits"):
        for resource in ("memory", "ephemeral-storage"):
            text = container.get("resources", section, resource)
            value = quantity(text) if text is not None else None
            # The API server looks at thousandths, rounded up (Quantity.MilliValue).
            if value is None or ceil(value * 1000) % 1000 == 0:
                continue
            keys = ("resources", section, resource)
            whole = f"{ceil(value / 1024)}Ki"
            yield container.fault(
                keys,
                f"{resource} {section.rstrip('s')} `{text}` of {container.called} is no whole "
                "number of bytes",
                help=_meant(str(text), value, whole),
                # Unsafe: a new template is a rollout.
                fix=Fix((Edit(container.at(*keys), whole),), safe=False, title=f"write `{whole}`"),
            )


def _meant(text: str, value: Fraction, whole: str) -> str:
    if value < 1024 and text.endswith("m"):
        return suffix_meant(text)
    return f"the API server warns of it; `{whole}` is the next that is whole"
