"""Watches the cluster in the background and keeps a snapshot of it for reviews."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from threading import Condition, Event, Thread
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from kguard.facts import Assumptions, Facts
from kguard.facts.argo.config import ControllerConfig
from kguard.index import Index
from kguard.model import Resource, dig
from kguard.webhook.cluster.client import ClusterError, call
from kguard.webhook.cluster.kept import Key
from kguard.webhook.cluster.pace import Backoff, Pace
from kguard.webhook.cluster.reflector import Reflector
from kguard.webhook.cluster.snapshot import Snapshot
from kguard.webhook.cluster.sources import (
    ARGO_CONFIG,
    CONFIG_MAP,
    KINDS,
    NAMESPACE,
    Source,
    config_maps,
)
from kguard.webhook.cluster.store import Namespace, Store

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

K = TypeVar("K")
V = TypeVar("V")

_JOIN = 2.0
"""Seconds that `stop` waits for the threads; they are daemons."""

_NOT_YET = "not read yet"

_MANY = 1000
"""Objects that came or changed, after which the garbage collector is told of them."""


def _to_stderr(sentence: str) -> None:
    print(f"kguard: {sentence}", file=sys.stderr, flush=True)


class Cluster:
    """What the webhook knows of the cluster, kept up to date by a thread for every kind.

    `snapshot` is for reviews: it takes no lock and waits for nothing.
    """

    def __init__(
        self,
        client: ApiClient,
        *,
        argo_configmaps: Iterable[str] = (ARGO_CONFIG,),
        kinds: Sequence[Source] = KINDS,
        pace: Pace | None = None,
        say: Callable[[str], None] = _to_stderr,
        settle: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        dice: Random | None = None,
    ) -> None:
        """Nothing is read before `start`.

        `argo_configmaps` name the configuration of the Argo controller, as `namespace/name`. `say`
        is told once of what cannot be read, and when it can be again. `settle` is called when many
        objects have come that may stay. Raises ValueError for what is no name.
        """
        self._client, self._say, self._clock = client, say, clock
        self._settle, self._unsettled = settle, 0
        self._pace, self._dice = pace or Pace(), dice or Random()
        self._sources = (*kinds, *config_maps(argo_configmaps))
        self._stopped = Event()
        self._begun: float | None = None
        store = Store(self, self._pace.size)
        self._reflectors = [
            Reflector(
                client,
                each,
                store,
                self,
                self._pace,
                self._stopped,
                clock=clock,
                dice=self._dice,
            )
            for each in self._sources
        ]
        self._threads: list[Thread] = []
        # What the watches have brought since the last snapshot was made, all under one lock.
        self._news = Condition()
        self._changes: dict[Key, Resource | None] = {}
        self._reasons: dict[Source, str] = dict.fromkeys(self._sources, _NOT_YET)
        self._left: dict[Source, frozenset[Namespace]] = {}
        self._kube: tuple[int, int] | None = None
        self._fresh = False
        self._said: set[str] = set()
        self._outage = False
        # Of the thread that makes the snapshots alone.
        self._held: dict[Key, Resource] = {}
        self._maps: dict[Key, ControllerConfig] = {}
        unsynced = self.kinds()
        self._snapshot = Snapshot(Index(()), unsynced)
        self._complete = not unsynced
        """Whether all kinds were known once."""

    def snapshot(self) -> Snapshot:
        """What is known now."""
        return self._snapshot

    def start(self) -> None:
        """Begin to read, in threads that end with the process."""
        self._begun = self._clock()
        jobs = [("snapshots", self._make_snapshots), ("version", self._ask_version)]
        jobs += [
            (each.plural, r.run) for each, r in zip(self._sources, self._reflectors, strict=True)
        ]
        for name, job in jobs:
            thread = Thread(target=job, name=f"cluster {name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the threads, or leave those alone that wait for the network."""
        self._stopped.set()
        with self._news:
            self._news.notify_all()
        for reflector in self._reflectors:
            reflector.interrupt()
        until = time.monotonic() + _JOIN
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def kinds(self) -> frozenset[tuple[str, str]]:
        """What is read: group and kind."""
        return frozenset((each.group, each.kind) for each in self._sources)

    def problems(self) -> list[str]:
        """Why the pod is not ready to serve.

        That the cluster was never read counts only for a while after the start: a webhook that
        waits for the API server may be what keeps it from coming up.
        """
        if dead := self.dead():
            return dead
        begun, unsynced = self._begun, self._snapshot.unsynced
        late = begun is None or self._clock() - begun >= self._pace.start
        if self._complete or not unsynced or late:
            return []
        return [f"not read from the cluster yet: {', '.join(sorted({k for _, k in unsynced}))}"]

    def dead(self) -> list[str]:
        """Why only a new process can go on: what has ended comes back by nothing else."""
        if self._stopped.is_set():
            return []
        dead = [each.name for each in self._threads if not each.is_alive()]
        return [f"a thread has ended: {', '.join(dead)}"] if dead else []

    def lacking(self) -> Mapping[tuple[str, str], int]:
        """Of how many namespaces each kind is left out."""
        with self._news:
            found: dict[tuple[str, str], set[str | None]] = {}
            for source, namespaces in self._left.items():
                found.setdefault((source.group, source.kind), set()).update(namespaces)
        return {kind: len(namespaces) for kind, namespaces in found.items()}

    def reasons(self) -> Mapping[tuple[str, str], str]:
        """Why each kind that is not known is not."""
        with self._news:
            return {(s.group, s.kind): reason for s, reason in self._reasons.items() if reason}

    # Called by the watches

    def put(self, changes: Mapping[Key, Resource | None]) -> None:
        """Take in objects that came, changed or went (None)."""
        if changes:
            with self._news:
                self._changes.update(changes)
                self._tell()

    def state(self, source: Source, reason: str) -> None:
        """Take in why a collection is not known, empty where it is."""
        with self._news:
            if self._reasons[source] == reason:
                return
            self._reasons[source] = reason
            self._tell()
            sentence = self._sentence(reason)
        if sentence:
            self._say(sentence)

    def left_out(self, source: Source, namespaces: frozenset[Namespace]) -> None:
        """Take in of which namespaces a collection is not known, because there is too much."""
        with self._news:
            before = self._left.get(source, frozenset())
            if namespaces == before:
                return
            self._left[source] = namespaces
            self._tell()
        what = f"the `{source.resource}`"
        for each in sorted(namespaces - before, key=str):
            where = f" of namespace `{each}`" if each else ""
            self._say(
                f"not everything in the cluster is known: {what}{where} take the most of the"
                f" {self._pace.size >> 20} MiB there are for everything, so none of them is kept"
            )
        for each in sorted(before - namespaces, key=str):
            where = f" of namespace `{each}`" if each else ""
            self._say(f"{what}{where} are known again")

    def _sentence(self, reason: str) -> str:
        """What is to be said of a new reason; one outage is spoken of once, not by every watch."""
        reasons = set(self._reasons.values()) - {""}
        if reason and reason != _NOT_YET and reason not in self._said:
            self._said.add(reason)
            self._outage = True
            return f"not everything in the cluster is known: {reason}"
        if not reason:
            self._said &= reasons
        if reasons or not self._outage:
            return ""
        self._outage = False
        return "everything in the cluster is known again"

    def _tell(self) -> None:
        self._fresh = True
        self._news.notify_all()

    # Threads

    def _make_snapshots(self) -> None:
        while not self._stopped.is_set():
            with self._news:
                self._news.wait_for(lambda: self._fresh or self._stopped.is_set())
            self._stopped.wait(self._pace.fold)  # What comes in a burst becomes one snapshot.
            with self._news:
                changes, self._changes, self._fresh = self._changes, {}, False
                unsynced = frozenset((s.group, s.kind) for s, why in self._reasons.items() if why)
                unsynced |= {(s.group, s.kind) for s, n in self._left.items() if _is_for_all(s, n)}
                left_out = _by_namespace(self._left)
                kube = self._kube
            snapshot = self._folded(changes, unsynced, kube, left_out)
            with self._news:
                self._snapshot = snapshot
                self._complete |= not unsynced
                self._news.notify_all()
            self._unsettled += len(changes)
            if self._unsettled >= _MANY:
                self._unsettled = 0
                self._settle()

    def _folded(
        self,
        changes: Mapping[Key, Resource | None],
        unsynced: frozenset[tuple[str, str]],
        kube: tuple[int, int] | None,
        left_out: Mapping[str, frozenset[tuple[str, str]]] = MappingProxyType({}),
    ) -> Snapshot:
        """The snapshot after the present one."""
        last = self._snapshot
        namespaces = dict(last.namespaces)
        gone, come = [], []
        for key, resource in changes.items():
            if key[:2] == NAMESPACE:
                _replace(namespaces, key[3], _labels(resource))
                continue
            if key[:2] == CONFIG_MAP:
                _replace(self._maps, key, _config(resource))
            if (before := _replace(self._held, key, resource)) is not None:
                gone.append(before)
            if resource is not None:
                come.append(resource)
        index = last.index.changed(gone, come) if gone or come else last.index
        configs = tuple(self._maps.values())
        only = configs[0].resource if len(configs) == 1 else None
        return Snapshot(
            index=index,
            unsynced=unsynced,
            left_out=left_out,
            namespaces=namespaces,
            kube=kube,
            # Beside one that is not known it need not be the one that applies.
            argo_controller=only if CONFIG_MAP not in unsynced else None,
            argo_configs=configs,
        )

    def _ask_version(self) -> None:
        backoff = Backoff(self._pace, self._dice)
        while not self._stopped.is_set():
            try:
                kube = _version(call(self._client, "GET", "/version"))
            except ClusterError as error:
                self._stopped.wait(backoff.failed(error.retry_after))
                continue
            backoff.good()
            with self._news:
                if kube != self._kube:
                    self._kube = kube
                    self._tell()
            self._stopped.wait(self._pace.version * self._dice.uniform(1, 1.2))


def _replace(table: dict[K, V], key: K, value: V | None) -> V | None:
    """Set a key, or remove it where the value is None; returns what was there."""
    before = table.pop(key, None)
    if value is not None:
        table[key] = value
    return before


def _config(resource: Resource | None) -> ControllerConfig | None:
    """The configuration of Argo's controller in a ConfigMap that is named as such."""
    if resource is None:
        return None
    return Facts(Index(()), Assumptions(argo_controller=resource)).controller_config(resource)


def _is_for_all(source: Source, left: frozenset[Namespace]) -> bool:
    """Whether what is left out of a collection is missed by objects of every namespace."""
    return None in left or bool(left and source.name)


def _by_namespace(
    left: Mapping[Source, frozenset[Namespace]],
) -> Mapping[str, frozenset[tuple[str, str]]]:
    """The kinds that are left out, by namespace."""
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for source, namespaces in left.items():
        for each in namespaces:
            if each is not None:
                found[each] = found.get(each, frozenset()) | {(source.group, source.kind)}
    return found


def _labels(namespace: Resource | None) -> Mapping[str, str] | None:
    if namespace is None:
        return None
    labels = dig(namespace.data, "metadata", "labels", default={})
    return {k: v for k, v in labels.items() if isinstance(v, str)} if labels else {}


def _version(answer: object) -> tuple[int, int]:
    """Major and minor version in an answer to `/version`; some providers write `31+`."""
    parts = [re.match(r"\d+", str(dig(answer, key, default=""))) for key in ("major", "minor")]
    major, minor = (int(part[0]) if part else None for part in parts)
    if major is None or minor is None:
        raise ClusterError("GET /version: the answer has no version")
    return major, minor
