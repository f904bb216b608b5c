"""Keeps up with one collection of the API: lists it once, then watches what changes.

Source: kubernetes.io/docs/reference/using-api/api-concepts (efficient detection of changes,
retrieving large results sets in chunks, resource versions); client-go tools/cache/reflector.go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any

from kguard.model import dig
from kguard.webhook.cluster.client import (
    MAX_ANSWER,
    ClusterError,
    TooLarge,
    decoded,
    fetch,
    said,
    send,
)
from kguard.webhook.cluster.decode import decode
from kguard.webhook.cluster.kept import Kept, kept
from kguard.webhook.cluster.pace import Backoff, Pace
from kguard.webhook.cluster.sources import CONFIG_MAP, Source
from kguard.webhook.cluster.store import Listing, Sink, Store

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from urllib3 import BaseHTTPResponse

PAGE = 500
_PAGE_BYTES = 4 * 2**20
"""Of a page that is larger, a smaller one is asked for: read, it takes ten times as much, or, if
somebody means it to, twenty-five times."""

_MARGIN = 15.0
"""Seconds after which a watch that the API server ought to have ended is given up."""

_BELIEVED = 3
"""Refusals in a row after which what was known is given up: an API server that has just started
refuses everybody until it has read its roles."""


class _TooMuch(Exception):
    """An object that is larger than one of its kind may be."""


class Reflector:
    """One collection. `run` does the work, in a thread of its own."""

    def __init__(
        self,
        client: ApiClient,
        source: Source,
        store: Store,
        sink: Sink,
        pace: Pace,
        stopped: Event,
        *,
        clock: Callable[[], float] = time.monotonic,
        dice: Random | None = None,
    ) -> None:
        self._client, self._source = client, source
        self._store, self._sink = store, sink
        self._pace, self._stopped, self._clock = pace, stopped, clock
        self._dice = dice or Random()
        self._backoff = Backoff(pace, self._dice)
        self._version = ""
        """The resourceVersion up to which the objects are known; empty: to be listed."""
        self._known = False
        self._refusals = 0
        """In a row."""
        self._heard = clock()
        self._open: BaseHTTPResponse | None = None

    def run(self) -> None:
        """List and watch until stopped. Nothing the API server says ends it."""
        while not self._stopped.is_set():
            self._stopped.wait(self._turn())

    def interrupt(self) -> None:
        """Wake a watch that waits for the next event, from another thread."""
        response = self._open
        if response is not None and hasattr(response, "shutdown"):  # From urllib3 2.3 on.
            try:
                response.shutdown()
            except Exception:
                return  # It ended meanwhile.

    def _turn(self) -> float:
        """One list or one watch; returns how many seconds to wait before the next."""
        try:
            if not self._version:
                self._list()
                return 0
            return self._watched()
        except _TooMuch as error:
            self._unknown(str(error))
            self._drop()
            return self._backoff.rarely()
        except ClusterError as error:
            return 0 if self._stopped.is_set() else self._failed(error)
        except Exception as error:  # Whatever a broken answer leads to.
            cause = " ".join(str(error).split())[:200] or type(error).__name__
            return self._failed(ClusterError(f"{self._source.path}: {cause}"))

    def _failed(self, error: ClusterError) -> float:
        if error.status == 404 and self._source.optional:
            self._drop()
            self._now_known()
            return self._backoff.rarely()
        self._refusals = self._refusals + 1 if error.status in (401, 403, 404) else 0
        refused = self._refusals >= _BELIEVED
        stale = self._clock() - self._heard > self._pace.stale
        if error.status != 410 and (refused or stale or not self._known):
            self._unknown(self._reason(error))
        if error.status == 410 or not self._known or self._backoff.failures >= 2:
            self._version = ""
        return self._backoff.failed(error.retry_after)

    def _reason(self, error: ClusterError) -> str:
        """Why the kind is unknown, in words that are the same for the same cause."""
        if error.status == 403:
            name = f" `{self._source.name}`" if self._source.name else ""
            where = f" in namespace `{self._source.namespace}`" if self._source.namespace else ""
            verb = "watch" if self._version else "list"
            resource = self._source.resource
            return f"the service account lacks the verb `{verb}` on `{resource}`{name}{where}"
        if error.status == 401:
            return "the API server does not accept the token"
        unanswered = error.cause != str(error)
        return f"no answer from the API server: {error.cause}" if unanswered else str(error)

    def _unknown(self, reason: str) -> None:
        self._known = False
        self._sink.state(self._source, reason)

    def _now_known(self) -> None:
        self._heard = self._clock()
        self._known = True
        self._refusals = 0
        self._sink.state(self._source, "")

    def _drop(self) -> None:
        """Forget everything. Unless it is known to be absent, it has to be unknown before."""
        self._version = ""
        self._store.clear(self._source)

    # Listing

    def _list(self) -> None:
        listing = self._store.listing(self._source)
        limit, token = PAGE, ""
        while True:
            try:
                text = self._page(limit, token)
            except TooLarge:
                if limit == 1:
                    raise
                limit = max(1, limit // 5)
                continue
            with self._store.reading:
                version, following = self._taken(listing, text)
            if not following:
                break
            if following == token or self._stopped.is_set():
                raise ClusterError(f"{self._source.path}: the list does not end")
            token = following
        if not version:
            raise ClusterError(f"{self._source.path}: the list has no resourceVersion")
        self._version = "" if listing.done() else version
        self._now_known()

    def _page(self, limit: int, token: str) -> bytes:
        query: list[tuple[str, str | int]] = [*self._selector(), ("limit", limit)]
        if token:
            query.append(("continue", token))
        return fetch(
            self._client,
            self._source.path,
            query,
            read=self._pace.read,
            limit=_PAGE_BYTES if limit > 1 else MAX_ANSWER,
        )

    def _taken(self, listing: Listing, text: bytes) -> tuple[str, str]:
        """Take in a page; the version of the list, and the token of the page that follows."""
        page = decoded("GET", self._source.path, text)
        items = dig(page, "items", default=[])
        if not isinstance(items, list):
            raise ClusterError(f"{self._source.path}: the answer is no list")
        for item in items:
            listing.add(self._kept(item))
        found = (dig(page, "metadata", key, default="") for key in ("resourceVersion", "continue"))
        version, following = map(str, found)
        return version, following

    def _selector(self) -> list[tuple[str, str | int]]:
        name = self._source.name
        return [("fieldSelector", f"metadata.name={name}")] if name else []

    def _kept(self, item: Any) -> Kept:
        source = self._source
        if (source.group, source.kind) == CONFIG_MAP:
            texts = dig(item, "data", default={})
            size = sum(len(str(text)) for text in texts.values()) if texts else 0
            if size > self._pace.config:
                raise _TooMuch(
                    f"the ConfigMap `{source.namespace}/{source.name}` has more than"
                    f" {self._pace.config >> 10} KiB, so it is not read"
                )
        return kept(source, item)

    # Watching

    def _watched(self) -> float:
        """Watch until it ends; returns how long to wait before the next watch.

        Where a namespace is left out, it ends soon and a list follows: there may be room again.
        """
        began = self._clock()
        seconds = self._dice.randint(*self._pace.watch)
        if self._store.lacks(self._source):
            seconds = min(seconds, max(1, int(self._backoff.rarely())))
        events = 0
        query = [
            *self._selector(),
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self._version),
            ("timeoutSeconds", seconds),
        ]
        path = self._source.path
        response = send(self._client, "GET", path, query, read=seconds + _MARGIN)
        self._open = response
        try:
            if self._stopped.is_set():  # Before there was anything to interrupt.
                return 0
            self._heard = self._clock()
            self._refusals = 0
            for line in _lines(response, path):
                if self._stopped.is_set():
                    return 0
                self._event(line)
                events += 1
                self._heard = self._clock()
                self._backoff.good()
                if self._heard - began > seconds + _MARGIN:
                    break
        finally:
            self._open = None
            response.close()
        self._heard = self._clock()
        if self._store.lacks(self._source):
            self._version = ""
        if events or self._heard - began >= self._pace.first:
            self._backoff.good()
            return 0
        return self._backoff.failed()

    def _event(self, line: bytes) -> None:
        event = decode(line)
        kind, item = dig(event, "type"), dig(event, "object")
        if kind == "ERROR":
            code = dig(item, "code", default=0)
            raise ClusterError(
                f"{self._source.path}: {dig(item, 'message', default='the watch failed')}",
                status=code if isinstance(code, int) else 0,
            )
        version = dig(item, "metadata", "resourceVersion")
        if not isinstance(version, str) or not version:
            raise ClusterError(f"{self._source.path}: an event without a resourceVersion")
        if kind in ("ADDED", "MODIFIED", "DELETED"):
            self._changed(kind, item)
        elif kind != "BOOKMARK":
            raise ClusterError(f"{self._source.path}: an event of type `{str(kind)[:40]}`")
        self._version = version

    def _changed(self, kind: str, item: Any) -> None:
        if kind == "DELETED":
            self._store.remove(self._source, kept(self._source, item).key)
        else:
            self._store.put(self._source, self._kept(item))


def _lines(response: BaseHTTPResponse, path: str) -> Iterator[bytes]:
    """The lines of an answer as they come in; what is behind the last line end is dropped.

    Raises TooLarge for a line that no object needs, ClusterError for a connection that breaks.
    """
    parts: list[bytes] = []
    size = 0
    for chunk in _chunks(response, path):
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            whole = b"".join((*parts, line))
            parts, size = [], 0
            if whole.strip():
                yield whole
        parts.append(rest)
        size += len(rest)
        if size > MAX_ANSWER:
            raise TooLarge(f"an event has more than {MAX_ANSWER} bytes")


def _chunks(response: BaseHTTPResponse, path: str) -> Iterator[bytes]:
    try:
        yield from response.stream(2**16)
    except Exception as error:
        raise said("GET", path, error) from error
