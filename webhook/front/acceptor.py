"""Where connections come in, a few at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import select
import socket
from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_BATCH = 32
_ROUNDS = 64  # More than the kernel keeps; it may be given new ones without end.
_PAUSE = 0.1  # Seconds, where there is no file descriptor left for another connection.


class Acceptor:
    """Accepts connections and hands each to a protocol of its own.

    asyncio's own server takes everything that waits in one go, a thousand sockets, before anybody
    can make room for them, and without file descriptors tries and logs once for each of them
    (python/cpython#151615). Here at most `_BATCH` are between the kernel and their protocol.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        protocol: Callable[[], asyncio.BaseProtocol],
        scarce: Callable[[], object],
    ) -> None:
        """`scarce` is called where file descriptors have run out, to free one."""
        self._loop = loop
        self._socket = sock
        self._protocol = protocol
        self._scarce = scarce
        self._pending: set[asyncio.Task[None]] = set()
        self._told = False
        self._waiting = (
            select.poll()
        )  # Linux wants a free descriptor even to say that nobody waits.
        self._waiting.register(sock, select.POLLIN)
        sock.setblocking(False)
        loop.add_reader(sock, self._accept)

    async def close(self) -> None:
        """Accept whom the kernel has let in already, and nobody else."""
        for _ in range(_ROUNDS):
            more = self._accept()
            await asyncio.gather(*self._pending)
            if not more:
                break
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _accept(self) -> bool:
        """Accept some; whether there were any."""
        for _ in range(_BATCH - len(self._pending)):
            try:
                sock, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return bool(self._pending)
            except OSError as error:
                if self._waiting.poll(0):
                    self._pause(error)
                return False
            task = self._loop.create_task(self._connect(sock))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
        return True

    async def _connect(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):  # It has gone already.
            sock.setblocking(False)
            await self._loop.connect_accepted_socket(self._protocol, sock)

    def _pause(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            _LOG.warning("cannot accept connections for a moment: %s", error.strerror)
        self._scarce()
        self._loop.remove_reader(self._socket)
        self._loop.call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._accept)
