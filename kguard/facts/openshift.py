"""Images that OpenShift writes into workloads itself when an image stream changes.

Sources: openshift/api apps/v1 types.go (DeploymentTriggerImageChangeParams.ContainerNames),
https://docs.openshift.com/container-platform/latest/openshift_images/triggering-updates-on-imagestream-changes.html
(the annotation `image.openshift.io/triggers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.facts.pods import Container
from kguard.model import dig

_ANNOTATION = "image.openshift.io/triggers"


def image_is_triggered(container: Container) -> bool:
    """Whether what stands under `image`, if anything, is replaced by that of an image stream."""
    data = container.resource.data
    annotation = dig(data, "metadata", "annotations", _ANNOTATION)
    if isinstance(annotation, str) and f'"{container.name}"' in annotation.replace("\\", ""):
        return True
    if container.resource.kind != "DeploymentConfig":
        return False
    triggers = dig(data, "spec", "triggers")
    return any(
        container.name in _names(trigger)
        for trigger in (triggers if isinstance(triggers, list) else ())
    )


def _names(trigger: Any) -> list[Any]:
    names = dig(trigger, "imageChangeParams", "containerNames")
    return names if isinstance(trigger, Mapping) and isinstance(names, list) else []
