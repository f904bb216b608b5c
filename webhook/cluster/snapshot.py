"""What the webhook knows of the cluster at one moment."""

from __future__ import annotations

from collections.abc import Mapping

from kguard.index import Index
from kguard.model import Resource
from kguard.record import field, record


@record(eq=False)
class Snapshot:
    """A moment that does not change: reviews hold on to it while the cluster goes on.

    `index` holds all context objects, in unit `""`. `unsynced` names kinds (group, kind) of which
    not everything is known, so that what is not in the index may exist. `namespaces` has the
    labels of each; of a namespace that is missing nothing is known. `kube` is the version of the
    API server, None while it is not known. `argo_controller` is the ConfigMap of the Argo
    controller if exactly one is seen.
    """

    index: Index
    unsynced: frozenset[tuple[str, str]] = frozenset()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kube: tuple[int, int] | None = None
    argo_controller: Resource | None = None


EMPTY = Snapshot(Index(()))
"""A webhook without access to the API server: what is absent is taken for absent, as in a run."""
