"""Requests of one connection, and what is refused before anybody looks at the body.

The parser is llhttp, strict as it comes: it refuses every second length, folded header and bare
line feed, of which h11 lets some pass (bench/webhook/parsers.py compares them). What it leaves to
its caller is done here: `Host`, the version, how long headers may be, and chunked bodies, which
are refused altogether (RFC 9110 15.5.12): the API server never sends one.
"""

from __future__ import annotations

from collections import deque
from io import BytesIO
from typing import Protocol

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserUpgrade,
    HttpRequestParser,
)

from kguard.record import record
from kguard.webhook.front.limits import Limits

_BODY = (b"POST", b"PUT", b"PATCH")


@record
class Refusal:
    """An answer that ends the connection, and for an overload when to try again, in seconds."""

    status: int
    reason: str
    retry_after: int | None = None


@record
class Head:
    """A request without its body. Names of headers are in lower case."""

    method: str
    target: bytes
    version: str
    headers: tuple[tuple[bytes, bytes], ...]
    length: int
    keep_alive: bool
    expects_continue: bool


@record(eq=False)
class Request:
    """A complete request."""

    head: Head
    body: bytes


class Host(Protocol):
    """Who is asked about a request while it is being read."""

    def admit(self, head: Head) -> Refusal | None:
        """Whether the body is worth reading."""

    def grow(self, size: int) -> Refusal | None:
        """Whether there is room for so many more bytes of a body."""


class _Stop(Exception):
    """Ends the parsing: `Requests.refusal` is set."""


class Requests:
    """Splits what a client sends into requests, in order.

    Complete ones are in `ready`. Once `refusal` is set it answers what follows those, nothing
    more may be fed, and the connection ends.
    """

    __slots__ = (
        *("_body", "_count", "_headers", "_limits", "_parser", "_raw", "_size", "_target"),
        *("head", "host", "ready", "refusal", "started"),
    )

    def __init__(self, limits: Limits, host: Host) -> None:
        self.host = host
        self.ready: deque[Request] = deque()
        self.refusal: Refusal | None = None
        self.started = False  # Bytes of an incomplete request were seen.
        self.head: Head | None = None  # Of the request whose body is being read.
        self._limits = limits
        self._parser = HttpRequestParser(self)
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._size = self._raw = 0
        self._body: BytesIO | None = None

    def feed(self, data: bytes) -> None:
        """Parse some bytes, at most a few KiB at a time: so much can a long header exceed."""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self.refusal = self.refusal or Refusal(400, "no protocol to upgrade to")
        except HttpParserCallbackError:
            if self.refusal is None:
                raise
        except HttpParserError as error:
            self.refusal = self.refusal or Refusal(400, str(error).lower())
        else:
            if self.started and self.head is None:
                self._raw += len(data)
                if self._raw - len(data) > self._limits.header_bytes:
                    self.refusal = Refusal(431, "headers are too long")

    def close(self) -> None:
        """Let go of everything: the parser and this refer to each other."""
        del self._parser, self.host

    def forget(self) -> None:
        """Free what was read and not yet taken; nothing more may be fed."""
        self.ready.clear()
        self._body = None

    def on_message_begin(self) -> None:
        """A request has begun."""
        self.started = True
        self.head = self._body = None
        self._target = b""
        self._headers = []
        self._size = self._raw = 0

    def on_url(self, part: bytes) -> None:
        """A part of the request's target."""
        self._target += part
        self._measure(len(part))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, complete. One after the body would be a chunked body's: there are none."""
        self._headers.append((name.lower(), value))
        self._measure(len(name) + len(value) + 4)
        if len(self._headers) > self._limits.header_count:
            self._refuse(431, "too many headers")

    def on_headers_complete(self) -> None:
        """Judge the head, before any of the body is kept."""
        parser = self._parser
        method, version = parser.get_method(), parser.get_http_version()
        if version not in ("1.1", "1.0"):
            self._refuse(505, "HTTP/1.1 is spoken here")
        if parser.should_upgrade():
            self._refuse(400, "no protocol to upgrade to")
        if not self._target.startswith(b"/"):
            self._refuse(400, "target is not a path")
        hosts = length = 0
        declared = expects_continue = False
        for name, value in self._headers:
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                declared, length = True, int(value)
            elif name == b"transfer-encoding":
                self._refuse(411, "a length is needed, not a transfer coding")
            elif name == b"content-encoding" and value.lower() not in (b"identity", b""):
                self._refuse(415, "compressed bodies are not read")
            elif name == b"expect":
                if value.lower() != b"100-continue":
                    self._refuse(417, "only 100-continue can be expected")
                expects_continue = version == "1.1"
        if hosts > 1 or (not hosts and version == "1.1"):
            self._refuse(400, "exactly one Host is needed")
        if not declared and method in _BODY:
            self._refuse(411, "a length is needed")
        if length > self._limits.max_body:
            self._refuse(413, f"bodies above {self._limits.max_body} bytes are not read")
        keep = version == "1.1" and parser.should_keep_alive()
        self.head = Head(
            method.decode("ascii"),
            self._target,
            version,
            tuple(self._headers),
            length,
            keep,
            expects_continue,
        )
        if refusal := self.host.admit(self.head):
            self._stop(refusal)

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body."""
        if refusal := self.host.grow(len(part)):
            self._stop(refusal)
        if self._body is None:
            self._body = BytesIO()
        self._body.write(part)

    def on_message_complete(self) -> None:
        """Hand the request over."""
        if self.head is None:
            return
        body = self._body.getvalue() if self._body else b""
        self.ready.append(Request(self.head, body))
        self.started = False
        self.head = self._body = None

    def _measure(self, size: int) -> None:
        self._size += size
        if self._size > self._limits.header_bytes:
            self._refuse(431, "headers are too long")

    def _refuse(self, status: int, reason: str) -> None:
        self._stop(Refusal(status, reason))

    def _stop(self, refusal: Refusal) -> None:
        self.refusal = refusal
        raise _Stop
