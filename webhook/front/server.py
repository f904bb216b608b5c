"""The server itself: from the first connection to the last answer after SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable

from kguard.record import replace
from kguard.webhook.front.acceptor import Acceptor
from kguard.webhook.front.connection import Connection
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.shared import Authorise, Shared
from kguard.webhook.front.stack import with_room
from kguard.webhook.front.wsgi import WSGIApplication
from kguard.webhook.metrics import Metrics

_BACKLOG = 1024
_OTHER_FILES = 128  # Descriptors kept for everything that is no connection.
_ENDING = (signal.SIGTERM, signal.SIGINT)
_BEAT = 1.0
_STALLED = 10.0
_STUCK = 60.0


class Front:
    """Serves a WSGI application over HTTP/1.1, with TLS or, where `tls` is None, without.

    `tls` is asked for every new connection, so a new certificate needs no restart and costs no
    request. `authorise` gets a client's verified certificate or None and the headers, names in
    lower case, and decides whether a request is read. Raises OSError if the port cannot be bound.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        host: str,
        port: int,
        tls: Callable[[], ssl.SSLContext] | None,
        limits: Limits,
        metrics: Metrics | None = None,
        authorise: Authorise | None = None,
    ) -> None:
        self._app = app
        self._tls = tls
        self._limits = replace(limits, connections=_connections(limits.connections))
        self._metrics = metrics
        self._authorise = authorise
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shared: Shared | None = None
        self._drained = False
        self._stopped = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._told = False
        self._beat = 0.0

    def heed_signals(self) -> None:
        """Have SIGTERM and SIGINT end it, once: the next ones come to nothing.

        Handlers of Python's would be taken away as the interpreter ends, and a signal would kill a
        process that is about to exit with 0; what is ignored stays so. Does nothing in any thread
        but the main one, which alone hears of signals. `run` calls it, too.
        """
        if not self._told and threading.current_thread() is threading.main_thread():
            for number in _ENDING:
                # Not by the loop, which would let go of them before the process has ended.
                signal.signal(number, self._tell)

    def _tell(self, *_: object) -> None:
        if self._told:  # A signal amid the handling of another: `stop` takes a lock.
            return
        self._told = True
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        self.stop()

    @property
    def draining(self) -> bool:
        """Whether connections end with their next answer: after `drain`, and after SIGTERM."""
        return self._drained or self._stopped.is_set()

    def drain(self) -> None:
        """From now on end every connection with its next answer; new ones are still accepted."""
        self._drained = True

    def resume(self) -> bool:
        """Go on as before `drain`; False after SIGTERM, when there is no way back."""
        self._drained = False
        return not self.draining

    def stop(self) -> None:
        """End as after SIGTERM. For any thread, at any time."""
        self._stopped.set()
        loop, stopping = self._loop, self._stopping
        if loop and stopping:
            with contextlib.suppress(RuntimeError):  # It has ended already.
                loop.call_soon_threadsafe(stopping.set)

    def problems(self) -> list[str]:
        """Why only a restart would help, for a liveness probe. For any thread."""
        now, found = time.monotonic(), []
        if self._beat and now - self._beat > _STALLED:
            found.append(f"the server has not moved for {now - self._beat:.0f} s")
        if self._shared and (stuck := self._shared.pool.stuck()) > _STUCK:
            found.append(f"all evaluations have been running for {stuck:.0f} s")
        return found

    def run(self) -> int:
        """Serve until SIGTERM, SIGINT or `stop`; the exit code.

        Then: accept nothing new, finish what has begun, answer what idle connections send for
        another `linger` seconds, and be gone after `grace` seconds whatever happens.
        """
        with_room(asyncio.run)(self._serve())
        return 0

    async def _serve(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._stopping = stopping = asyncio.Event()
        self._shared = shared = Shared(
            loop,
            app=self._app,
            tls=self._tls,
            limits=self._limits,
            metrics=self._metrics,
            authorise=self._authorise,
            closing=lambda: self.draining,
        )
        if self._metrics:
            self._metrics.admission_inflight.set_function(shared.pool.inflight)
        self.heed_signals()
        self._tick(loop)
        if self._stopped.is_set():
            stopping.set()
        acceptor = Acceptor(loop, self._socket, lambda: Connection(shared), shared.make_room)
        await stopping.wait()
        await acceptor.close()
        await self._finish(shared)

    async def _finish(self, shared: Shared) -> None:
        limits, start = self._limits, time.monotonic()
        await _wait(shared.empty, min(limits.linger, limits.grace))
        for stage in shared.silent:
            for connection in list(stage.waiting):
                connection.end()
        await _wait(shared.empty, limits.grace - (time.monotonic() - start))
        for connection in list(shared.members):
            connection.abort()
        shared.pool.close()
        self._beat = 0.0

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._beat = time.monotonic()
        loop.call_later(_BEAT, self._tick, loop)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), max(seconds, 0))


def _connections(wanted: int) -> int:
    """As many as wanted, or as file descriptors allow; that limit is raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return max(1, min(wanted, soft - _OTHER_FILES))
    return wanted


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address, with `*` at all of IPv4 and, where there is one, IPv6.

    A pod of a cluster with IPv6 alone has no other address. Raises OSError.
    """
    if host == "*":
        host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    dual = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(
        (address[0], port), family=family, backlog=_BACKLOG, dualstack_ipv6=dual
    )
