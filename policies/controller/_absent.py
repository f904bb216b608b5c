"""What the policies on settings that nobody made share."""

from __future__ import annotations

from kguard.facts.argo.config import ControllerConfig, Layout


def may_be_set(config: ControllerConfig) -> str:
    """Why a setting that was not seen may be there all the same; empty where it is not."""
    if config.layout is Layout.HELM:
        return "other Helm values may set it"
    if config.unparsed:
        return "a part of the controller's configuration cannot be read"
    return ""
