"""What all connections of a server share."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kguard.webhook.front.deadlines import Deadlines
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.pool import Pool
from kguard.webhook.front.wsgi import WSGIApplication
from kguard.webhook.metrics import SAMPLED, Metrics

if TYPE_CHECKING:
    from kguard.webhook.front.connection import Connection

Authorise = Callable[[dict[str, Any] | None, Mapping[str, str]], bool]
RECEIVED = 64 * 2**10  # What one read from a socket takes, and a busy connection may keep.


class Shared:
    """Stages, memory and settings of one server; everything happens on its loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        app: WSGIApplication,
        tls: Callable[[], ssl.SSLContext] | None,
        limits: Limits,
        metrics: Metrics | None,
        authorise: Authorise | None,
        closing: Callable[[], bool],
    ) -> None:
        self.loop = loop
        self.app = app
        self.tls = tls
        self.limits = limits
        self.metrics = metrics
        self.authorise = authorise
        self.closing = closing
        self.pool = Pool(loop, limits)
        self.number = 0  # Requests so far.
        self.members: set[Connection] = set()
        self.empty = asyncio.Event()  # Nobody is connected.
        self.empty.set()
        self.buffer = memoryview(bytearray(RECEIVED))  # Each read is used up before the next one.
        self.buffered = 0
        self.deadlines: Deadlines[Connection] = Deadlines(loop)
        stage = self.deadlines.stage
        self.handshake = stage(limits.handshake, lambda each: each.abort())
        self.fresh = stage(limits.keep_alive, lambda each: each.end())
        self.idle = stage(limits.keep_alive, lambda each: each.end())
        self.headers = stage(limits.headers, lambda each: each.late("headers"))
        self.body = stage(limits.body, lambda each: each.late("body"))
        self.write = stage(limits.write, lambda each: each.abort())
        self.silent = (self.handshake, self.fresh, self.idle)  # No request has begun.
        self.linger = stage(limits.linger, lambda each: each.abort())

    def join(self, connection: Connection) -> bool:
        """Count a connection in, and close one where there are too many; False if it is this one.

        The oldest that never got as far as a request gives way, else the oldest idle one: somebody
        who opens connections by the thousand does not push out those of the API server.
        """
        room = len(self.members) < self.limits.connections or self.make_room()
        self.members.add(connection)
        self.empty.clear()
        return room

    def make_room(self) -> bool:
        """Close the connection that is missed least; False if all of them are at work."""
        strangers = [
            each
            for stage in (self.handshake, self.fresh, self.headers)
            if (each := stage.oldest()) is not None
        ]
        victim = min(strangers, key=lambda each: each.began, default=None)
        victim = victim or self.idle.oldest() or self.linger.oldest() or self.body.oldest()
        if victim is None:
            return False
        victim.abort()
        return True

    def leave(self, connection: Connection) -> None:
        """Count a connection out."""
        self.members.discard(connection)
        if not self.members:
            self.empty.set()

    def hold(self, size: int, connection: Connection) -> bool:
        """Make room for more of a body; False if there is none.

        The body that has been arriving longest gives way: one that is still not complete while
        memory is short was meant to make it short, or is too slow anyway.
        """
        most = max(self.limits.buffered, self.limits.max_body)
        while self.buffered + size > most:
            victim: Connection | None = self.body.oldest()
            if victim is None or victim is connection:
                return False
            victim.give_way()
        self.buffered += size
        return True

    def received(self, size: int, seconds: float) -> bool:
        """Note a request with a body of that size; whether it is one whose phases are timed."""
        if not self.metrics:
            return False
        self.metrics.body_bytes.observe(size)
        timed = self.number % SAMPLED == 0
        self.number += 1
        if timed:
            self.metrics.admission_phase.labels("read").observe(seconds)
        return timed

    def written(self, seconds: float) -> None:
        """Note how long the answer to a timed request took to leave."""
        if self.metrics:
            self.metrics.admission_phase.labels("write").observe(seconds)

    def count(self, reason: str) -> None:
        """Note a request, or a try at one, that gets no verdict."""
        if self.metrics:
            self.metrics.admission_errors.labels(reason).inc()
