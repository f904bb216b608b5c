"""KEDA's ScaledObjects and the HorizontalPodAutoscalers it makes of them."""

from __future__ import annotations

from kguard.model import Resource, dig

_TAKES_OVER = "scaledobject.keda.sh/transfer-hpa-ownership"


def generated_name(scaled: Resource) -> str | None:
    """The name of the HPA that KEDA makes for a ScaledObject; None for a name that is no text.

    Source: KEDA apis/keda/v1alpha1/scaledobject_webhook.go, getHpaName.
    """
    name = dig(scaled.data, "spec", "advanced", "horizontalPodAutoscalerConfig", "name")
    if name is not None and not isinstance(name, str):
        return None
    return name or f"keda-hpa-{scaled.name}"


def same_autoscaler(one: Resource, other: Resource) -> bool:
    """Whether two autoscalers do not fight: one object written twice, or a ScaledObject and the
    HPA that it made, takes over or is told to leave alone.

    Source: KEDA apis/keda/v1alpha1/scaledobject_webhook.go, verifyHpas.
    """
    if one.kind == other.kind:
        return one.name == other.name
    scaled, hpa = (one, other) if one.group == "keda.sh" else (other, one)
    owners = dig(hpa.data, "metadata", "ownerReferences", default=[])
    owned = isinstance(owners, list) and any(
        dig(owner, "kind") == "ScaledObject" and dig(owner, "name") == scaled.name
        for owner in owners
    )
    exempt = dig(hpa.data, "metadata", "annotations", "validations.keda.sh/hpa-ownership")
    takes = dig(scaled.data, "metadata", "annotations", _TAKES_OVER) == "true"
    named = hpa.name == generated_name(scaled)
    made = hpa.name == f"keda-hpa-{scaled.name}"
    return owned or exempt == "false" or (named and (made or takes))
