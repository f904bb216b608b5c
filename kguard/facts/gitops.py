"""Marks that a GitOps controller leaves on what it applies, or that people leave for it."""

from __future__ import annotations

from collections.abc import Mapping

from kguard.model import Resource, dig

_LABELS = frozenset(
    {
        "argocd.argoproj.io/instance",
        "kustomize.toolkit.fluxcd.io/name",
        "helm.toolkit.fluxcd.io/name",
    }
)
_ANNOTATIONS = frozenset({"argocd.argoproj.io/tracking-id", "argocd.argoproj.io/sync-options"})


def from_git(resource: Resource) -> bool:
    """Whether Argo CD or Flux applies a resource: git is its history, and it is applied again."""
    labels = dig(resource.data, "metadata", "labels")
    annotations = dig(resource.data, "metadata", "annotations")
    return (isinstance(labels, Mapping) and not _LABELS.isdisjoint(labels)) or (
        isinstance(annotations, Mapping) and not _ANNOTATIONS.isdisjoint(annotations)
    )
