"""What the webhook knows of the cluster at one moment."""

from __future__ import annotations

from collections.abc import Mapping

from kguard.facts.argo.config import ControllerConfig
from kguard.index import Index
from kguard.model import Resource
from kguard.record import field, record


@record(eq=False)
class Snapshot:
    """A moment that does not change: reviews hold on to it while the cluster goes on.

    `index` holds all context objects, in unit `""`. `unsynced` names kinds (group, kind) of which
    not everything is known, so that what is not in the index may exist; `left_out` those of which
    this is so in a namespace only. `namespaces` has the labels of each; of a namespace that is
    missing nothing is known. `kube` is the version of the API server, None while it is not known.
    `argo_controller` is the ConfigMap of the Argo controller if exactly one is seen, and
    `argo_configs` what stands in all that are seen: read once, it is the same for all reviews.
    """

    index: Index
    unsynced: frozenset[tuple[str, str]] = frozenset()
    left_out: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kube: tuple[int, int] | None = None
    argo_controller: Resource | None = None
    argo_configs: tuple[ControllerConfig, ...] = ()

    def unknown_to(self, namespace: str | None) -> frozenset[tuple[str, str]]:
        """The kinds of which not everything is known that an object of a namespace may ask for.

        What is in none may be used from all of them, and asks for that.
        """
        if namespace is None:
            return self.unsynced.union(*self.left_out.values())
        return self.unsynced | self.left_out.get(namespace, frozenset())


EMPTY = Snapshot(Index(()))
"""A webhook without access to the API server: what is absent is taken for absent, as in a run."""
