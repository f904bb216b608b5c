"""All that is kept of the cluster, in a bounded amount of memory.

Whoever may write into one namespace decides how much there is of it. So the bound is one for all
kinds together, and what goes beyond it is taken from the namespace that has the most: of its
largest kind nothing is kept then, and there it is not known, while all others are.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Protocol

from kguard.model import Resource
from kguard.webhook.cluster.kept import Kept, Key
from kguard.webhook.cluster.sources import Source

Namespace = str | None
"""None for what is in no namespace. Only administrators write that, so it goes last."""

_ROOM = 0.9
"""Of the bound; what would fill more of it is not taken back, lest it come and go."""


class Sink(Protocol):
    """What takes in the changes. All may be called from any thread."""

    def put(self, changes: Mapping[Key, Resource | None]) -> None:
        """Objects that came or changed, None for those that went; all of one moment."""

    def state(self, source: Source, reason: str) -> None:
        """Why a collection is not known, empty where it is."""

    def left_out(self, source: Source, namespaces: frozenset[Namespace]) -> None:
        """The namespaces of which a collection is not known, because there is too much."""


class Store:
    """The objects of all kinds. The sink is told of changes in the order in which they happen."""

    def __init__(self, sink: Sink, limit: int) -> None:
        """`limit` in bytes of memory."""
        self._sink, self._limit = sink, limit
        self.reading = Lock()
        """To be held while a page of a list is in memory: there is room for one at a time."""
        self._lock = Lock()
        self._objects: dict[Source, dict[Namespace, dict[Key, Kept]]] = {}
        self._sizes: dict[Namespace, dict[Source, int]] = {}
        self._total = 0
        self._left: dict[Source, frozenset[Namespace]] = {}
        self._pending: dict[Source, frozenset[Namespace]] = {}
        """Of what was left out that for which there is room again, until it was listed."""

    def put(self, source: Source, now: Kept) -> None:
        """Keep an object, in the place of what was there before; if nothing changed, just that."""
        with self._lock:
            if now.key[2] not in self._left.get(source, ()):
                self._put(source, now)
                self._shrink()

    def remove(self, source: Source, key: Key) -> None:
        """Forget an object that is gone."""
        with self._lock:
            if key in self._of(source, key[2]):
                self._forget(source, [key])

    def clear(self, source: Source) -> None:
        """Forget all objects of a collection."""
        with self._lock:
            self._forget(source, [k for held in self._all(source) for k in held])
            self._left.pop(source, None)
            self._tell(source, frozenset())

    def lacks(self, source: Source) -> bool:
        """Whether some namespace of a collection is left out."""
        return bool(self._left.get(source) or self._pending.get(source))

    def listing(self, source: Source) -> Listing:
        """Take in a whole collection, object by object."""
        return Listing(self, source)

    # Under the lock

    def _of(self, source: Source, namespace: Namespace) -> Mapping[Key, Kept]:
        return self._objects.get(source, {}).get(namespace, {})

    def _all(self, source: Source) -> list[dict[Key, Kept]]:
        return list(self._objects.get(source, {}).values())

    def _put(self, source: Source, now: Kept) -> None:
        namespace = now.key[2]
        before = self._of(source, namespace).get(now.key)
        if before is not None and before.resource.data == now.resource.data:
            return
        self._objects.setdefault(source, {}).setdefault(namespace, {})[now.key] = now
        self._count(source, namespace, now.size - (before.size if before else 0))
        self._sink.put({now.key: now.resource})

    def _forget(self, source: Source, keys: list[Key]) -> None:
        """Forget objects that are there."""
        for key in keys:
            held = self._objects[source][key[2]]
            self._count(source, key[2], -held.pop(key).size)
            if not held:
                del self._objects[source][key[2]]
        self._sink.put(dict.fromkeys(keys))

    def _count(self, source: Source, namespace: Namespace, more: int) -> None:
        self._total += more
        sizes = self._sizes.setdefault(namespace, {})
        sizes[source] = sizes.get(source, 0) + more
        if not sizes[source]:
            del sizes[source]
            if not sizes:
                del self._sizes[namespace]

    def _shrink(self) -> None:
        while self._total > self._limit:
            most = max(self._sizes, key=lambda n: (n is not None, sum(self._sizes[n].values())))
            sizes = self._sizes[most]
            source = max(sizes, key=lambda each: sizes[each])
            self._left[source] = self._left.get(source, frozenset()) | {most}
            # First that it is not known: what is missing would be taken for absent.
            self._tell(source, self._pending.get(source, frozenset()))
            self._forget(source, list(self._objects[source][most]))

    def _tell(self, source: Source, pending: frozenset[Namespace]) -> None:
        self._pending[source] = pending
        self._sink.left_out(source, self._left.get(source, frozenset()) | pending)


class Listing:
    """A collection as it is listed: what `done` has not seen is gone."""

    def __init__(self, store: Store, source: Source) -> None:
        self._store, self._source = store, source
        self._seen: set[Key] = set()
        self._left = dict.fromkeys(store._left.get(source, ()), 0)
        """What was left out before, with the bytes it has now."""

    def add(self, now: Kept) -> None:
        """Take in one object."""
        self._seen.add(now.key)
        if now.key[2] in self._left:
            self._left[now.key[2]] += now.size
        self._store.put(self._source, now)

    def done(self) -> bool:
        """Forget what is gone. Whether to list anew: there is room for what was left out."""
        store, source = self._store, self._source
        with store._lock:
            gone = [k for held in store._all(source) for k in held if k not in self._seen]
            store._forget(source, gone)
            room = _ROOM * store._limit - store._total
            back = set()
            for namespace, size in sorted(self._left.items(), key=lambda each: each[1]):
                room -= size
                if room >= 0:
                    back.add(namespace)
            store._left[source] = store._left.get(source, frozenset()) - back
            again = frozenset(namespace for namespace in back if self._left[namespace])
            store._tell(source, again)
        return bool(again)
