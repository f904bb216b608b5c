"""A Service in small: a TCP forwarder that balances connections over the ready backends.

As with kube-proxy, a backend that is no longer ready gets no new connections after a while (the
endpoints lag behind), and keeps those it has; with nobody ready, connections are refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import itertools
import threading
from collections.abc import Sequence

from kguard.record import record

CHUNK = 2**16


@record
class Backend:
    """The ports of a replica on the loopback interface: reviews, and health."""

    port: int
    health_port: int


class Forwarder:
    """Listens on `port` from start() to stop(); `backends` are set, or replaced, at any time."""

    def __init__(self, backends: Sequence[Backend] = (), *, every: float = 0.2, lag: float = 0.5):
        self.port = 0
        self._every, self._lag = every, lag
        self._ready: tuple[Backend, ...] = ()
        self._backends = tuple(backends)
        self._turn = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)

    @property
    def ready(self) -> tuple[Backend, ...]:
        """Who gets new connections just now."""
        return self._ready

    def set(self, *backends: Backend) -> None:
        """Who is behind the service; each gets connections once it is ready."""
        self._backends = backends

    def start(self) -> None:
        self._thread.start()
        assert self._listening.wait(10)

    def stop(self) -> None:
        """Close the port and every connection."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        polling = asyncio.create_task(self._poll())
        self._listening.set()
        await self._stopped.wait()
        polling.cancel()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _poll(self) -> None:
        """Ask who is ready; what was learned takes effect after the lag."""
        while True:
            backends = self._backends
            answers = await asyncio.gather(
                *(asyncio.to_thread(_is_ready, backend) for backend in backends)
            )
            ready = tuple(it for it, yes in zip(backends, answers, strict=True) if yes)
            if ready != self._ready:
                self._loop.call_later(self._lag, self._take, ready)
            await asyncio.sleep(self._every)

    def _take(self, ready: tuple[Backend, ...]) -> None:
        self._ready = ready

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = self._ready
        if not ready:
            writer.transport.abort()
            return
        backend = ready[next(self._turn) % len(ready)]
        try:
            there = await asyncio.open_connection("127.0.0.1", backend.port)
        except OSError:
            writer.transport.abort()  # As if nobody listened at the address of the Pod.
            return
        try:
            await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
        finally:
            for end in (writer, there[1]):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction, its end included; a reset of one side resets the other."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.transport.abort()


def _is_ready(backend: Backend) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", backend.health_port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
