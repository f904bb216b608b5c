"""Both ways of bytes: through TLS, or as they are.

TLS runs over memory here, not in asyncio, whose own takes 256 KiB for every connection and one
context for all of them: idle sockets by the thousand would fill the memory, and a new certificate
would need a new listener.
"""

from __future__ import annotations

import ssl
from typing import Any, Protocol

CHUNK = 16 * 2**10  # What a TLS record holds.


class Channel(Protocol):
    """What a connection does to the bytes it gets and sends."""

    def handshake(self) -> bool:
        """Go on with the handshake; True once it is complete. Raises ssl.SSLError."""

    def feed(self, data: memoryview) -> None:
        """Take bytes of the peer; they are copied."""

    def read(self) -> bytes | None:
        """The next at most `CHUNK` bytes, None if there are none yet, `b""` if the peer is done.

        Raises ssl.SSLError.
        """

    def write(self, data: bytes) -> None:
        """Send bytes to the peer: `outgoing` hands out what they become."""

    def outgoing(self) -> bytes:
        """What is to be written to the socket."""

    def close(self) -> None:
        """Tell the peer that nothing follows."""

    def peer_certificate(self) -> dict[str, Any] | None:
        """The peer's verified certificate, as `ssl.SSLSocket.getpeercert` tells it."""


class Plain:
    """No TLS, for the port of probes and metrics."""

    __slots__ = ("_in", "_out")

    def __init__(self) -> None:
        self._in = bytearray()
        self._out = b""

    def handshake(self) -> bool:
        """Nothing to do."""
        return True

    def feed(self, data: memoryview) -> None:
        """Keep the bytes."""
        self._in += data

    def read(self) -> bytes | None:
        """The oldest bytes kept."""
        if not self._in:
            return None
        data = bytes(self._in[:CHUNK])
        del self._in[:CHUNK]
        return data

    def write(self, data: bytes) -> None:
        """Keep the bytes as they are."""
        self._out += data

    def outgoing(self) -> bytes:
        """What was written since the last call."""
        data, self._out = self._out, b""
        return data

    def close(self) -> None:
        """Nothing to say: the end of the stream says it."""

    def peer_certificate(self) -> dict[str, Any] | None:
        """None, always."""
        return None


class Tls:
    """The server's end of TLS."""

    __slots__ = ("_in", "_out", "_tls")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def handshake(self) -> bool:
        """Go on with the handshake."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def feed(self, data: memoryview) -> None:
        """Keep the bytes for OpenSSL."""
        self._in.write(data)

    def read(self) -> bytes | None:
        """The plain text of one record."""
        if not self._in.pending and not self._tls.pending():
            return None  # OpenSSL would say so with an exception, at ten times the cost.
        try:
            return self._tls.read(CHUNK)
        except ssl.SSLWantReadError:
            return None

    def write(self, data: bytes) -> None:
        """Encrypt the bytes."""
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view) :]

    def outgoing(self) -> bytes:
        """What OpenSSL wants to be sent."""
        return self._out.read() if self._out.pending else b""

    def close(self) -> None:
        """Send the alert that says so; the peer's own is not waited for."""
        try:
            self._tls.unwrap()
        except (ssl.SSLError, ValueError):
            return  # It wants the peer's alert, or the handshake never was complete.

    def peer_certificate(self) -> dict[str, Any] | None:
        """The certificate the peer showed; None where none was asked for."""
        return self._tls.getpeercert() or None
