"""See keda_name_too_long.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler
from kguard.facts.keda import generated_name
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import WARNING, Context

_LONGEST = 63
"""Characters of a label value, which the names of a ScaledObject and of its HPA become."""


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for names that are too long for a label."""
    name, made = scaler.resource.name, generated_name(scaler.resource)
    if made is None or is_placeholder(name) or is_placeholder(made):
        return
    if len(name) > _LONGEST:
        yield scaler.fault(
            ("metadata", "name"),
            f"the name has {len(name)} characters, more than a label holds ({_LONGEST})",
            help="KEDA makes a label of it and fails to create the autoscaler",
        )
    elif len(made) > _LONGEST:
        keys = ("spec", "advanced", "horizontalPodAutoscalerConfig", "name")
        written = bool(scaler.get(*keys))
        yield scaler.fault(
            keys if written else ("metadata", "name"),
            f"the name of the autoscaler has {len(made)} characters, more than {_LONGEST}"
            + ("" if written else f": `{made}`"),
            severity=WARNING,
            help="KEDA refuses it since its admission webhook checks names",
        )
