"""One connection: what arrives becomes requests, one at a time, answered in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from functools import partial
from typing import TYPE_CHECKING, cast

from kguard.webhook.front.channel import Channel, Plain, Tls
from kguard.webhook.front.http import Head, Refusal, Request, Requests
from kguard.webhook.front.pool import Job
from kguard.webhook.front.wsgi import (
    ARRIVED,
    CONTINUE,
    TIMED,
    Answer,
    Environ,
    refuse,
    respond,
)

if TYPE_CHECKING:
    from kguard.webhook.front.deadlines import Stage
    from kguard.webhook.front.shared import Shared

_LOG = logging.getLogger(__name__)
_OVERLOAD = Refusal(503, "too many requests are waiting", retry_after=1)
_NO_ROOM = Refusal(503, "too many bodies are in memory", retry_after=1)


class Connection(asyncio.BufferedProtocol):
    """A client's connection. It is always in exactly one stage, or waits for an evaluation.

    Nothing is read while an answer is under way, so a client that sends without end fills its own
    buffers and not ours.
    """

    __slots__ = (
        *("_base", "_busy", "_channel", "_certificate", "_ended", "_half", "_held", "_job"),
        *("_paused", "_requests", "_shaken", "_shared", "_stage", "_transport", "_written"),
        *("_arrived", "_full", "_timed", "began"),
    )

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._requests = Requests(shared.limits, self)
        self._stage: Stage[Connection] | None = None
        self._busy = False  # A request is being evaluated or its answer written.
        self._ended = False  # The last answer was given; what still arrives is thrown away.
        self._half = False  # The peer has shut down its side.
        self._paused = False  # Nothing is read from the socket.
        self._full = False  # The socket takes no more, the peer does not read.
        self._shaken = False  # The handshake is complete.
        self._timed = False  # How long its answer takes to leave is to be noted.
        self._held = 0  # Bytes of bodies.
        self._job: Job | None = None
        self._base: Environ = {}
        self.began = self._arrived = self._written = shared.loop.time()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with the handshake, with the certificate of this moment."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)
        self._channel: Channel = Plain()
        if not self._shared.join(self):
            self.abort()
            return
        if self._shared.tls is None:
            self._greet()
            return
        try:
            self._channel = Tls(self._shared.tls())
        except Exception as error:
            _LOG.error("no certificate to serve: %s", error)
            self._shared.count("no-certificate")
            self.abort()
        else:
            self._move(self._shared.handshake)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what arrives: one place for everybody."""
        return self._shared.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Work on what has arrived, or keep it and read no more until there is time."""
        if self._ended:
            return
        self._channel.feed(self._shared.buffer[:nbytes])
        if self._busy:
            self._pause()
        else:
            self._pump()

    def eof_received(self) -> bool:
        """The peer sends no more; True keeps the connection for the answer to what it has sent.

        It may as well have gone, which looks the same. Then its request is evaluated for nobody,
        which costs no more than one whose client had patience.
        """
        self._half = True
        return self._busy and not self._ended

    def pause_writing(self) -> None:
        """The peer does not read."""
        self._full = True

    def resume_writing(self) -> None:
        """The peer has read everything."""
        self._full = False
        if self._stage is self._shared.write:
            self._sent()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        self._ended = True
        self._move(None)
        self._shared.leave(self)
        self._forget()
        if self._job is not None:
            self._shared.pool.cancel(self._job)
            self._job = None
        self._requests.close()

    # What the shared deadlines call.

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        self._ended = True
        self._move(None)
        self._transport.abort()

    def end(self) -> None:
        """Close, once everything is sent and the peer has had time to read it.

        A socket that is closed with unread data resets the connection, which can cost the peer
        the answer (RFC 9112 9.6): so what it still sends is read and thrown away for a while.
        """
        self._ended = True
        self._forget()
        self._channel.close()
        self._flush()
        self._leave()

    def late(self, what: str) -> None:
        """A part of the request did not arrive in time."""
        self._refuse(Refusal(408, f"the {what} did not arrive in time"))

    def give_way(self) -> None:
        """Leave the memory to others."""
        self._refuse(_NO_ROOM)

    # What the parser asks.

    def admit(self, head: Head) -> Refusal | None:
        """Whether the client may ask at all."""
        authorise = self._shared.authorise
        if authorise is None:
            return None
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        if authorise(self._certificate, headers):
            return None
        return Refusal(401, "the client is not known")

    def grow(self, size: int) -> Refusal | None:
        """Whether there is room for so many more bytes."""
        if not self._shared.hold(size, self):
            return _NO_ROOM
        self._held += size
        return None

    # From bytes to requests.

    def _greet(self) -> None:
        self._shaken = True
        self._certificate = self._channel.peer_certificate()
        self._move(self._shared.fresh)

    def _pump(self) -> None:
        """Read until a request is complete, or there is nothing more to read."""
        try:
            if not self._shaken:
                complete = self._channel.handshake()
                self._flush()
                if not complete:
                    return
                self._greet()
            while not self._busy and not self._ended and not self._begin():
                if (data := self._channel.read()) is None:
                    self._wait()
                    return
                if not data:
                    self.end()
                    return
                if not self._requests.started:
                    self._arrived = self._shared.loop.time()
                self._requests.feed(data)
        except ssl.SSLError as error:
            self._broken(error)

    def _begin(self) -> bool:
        """Start on the next request; False if none is complete."""
        if self._requests.ready:
            self._evaluate(self._requests.ready.popleft())
        elif self._requests.refusal:
            self._refuse(self._requests.refusal)
        else:
            return False
        return True

    def _wait(self) -> None:
        """Note what the next bytes have to bring, and until when."""
        requests, shared = self._requests, self._shared
        if self._half:
            self.end()
        elif requests.head is not None:
            if self._stage is not shared.body:
                self._move(shared.body)
                if requests.head.expects_continue and not self._held:
                    self._send(CONTINUE)
        elif requests.started and self._stage is not shared.headers:
            self._move(shared.headers)

    def _broken(self, error: ssl.SSLError) -> None:
        """Say why in an alert, or in plain words to somebody who does not speak TLS."""
        self._shared.count("tls")
        self._flush()
        if error.reason == "HTTP_REQUEST":
            self._transport.write(refuse(Refusal(400, "this port speaks TLS")).data)
        self.end()

    # From requests to answers.

    def _evaluate(self, request: Request) -> None:
        shared, now = self._shared, self._shared.loop.time()
        self._timed = shared.received(len(request.body), now - self._arrived)
        self._busy = True
        self._move(None)
        self._base = self._base or self._environ()
        # Requests of a connection come one after the other.
        self._base |= {ARRIVED: self._arrived, TIMED: self._timed}
        size = len(request.body)
        self._job = Job(
            partial(respond, shared.app, request, self._base, shared.closing),
            partial(self._answered, size),
            self._shed,
            size > shared.limits.large_body,
            size < shared.limits.small_body,
        )
        shared.pool.submit(self._job)

    def _environ(self) -> Environ:
        """What PEP 3333 wants that is the same for all requests, and two things of our own.

        ARRIVED is the monotonic time of a request's first byte, `kguard.peer_certificate` what
        `ssl.SSLSocket.getpeercert` tells of a client's certificate, or None.
        """
        here = self._transport.get_extra_info("sockname") or ("", 0)
        peer = self._transport.get_extra_info("peername") or ("", 0)
        return {
            "SCRIPT_NAME": "",
            "SERVER_NAME": here[0],
            "SERVER_PORT": str(here[1]),
            "REMOTE_ADDR": peer[0],
            "REMOTE_PORT": str(peer[1]),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self._shared.tls else "http",
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "kguard.peer_certificate": self._certificate,
        }

    def _answered(self, size: int, answer: Answer) -> None:
        """Send the answer to a request whose body was of this size."""
        self._job = None
        if self._ended:
            return  # The peer has gone.
        self._held -= size
        self._shared.buffered -= size
        self._answer(answer)

    def _shed(self) -> None:
        self._job = None
        if self._shared.metrics:
            self._shared.metrics.admission_shed.inc()
        self._answer(refuse(_OVERLOAD))

    def _refuse(self, refusal: Refusal) -> None:
        self._shared.count(f"http-{refusal.status}")
        self._answer(refuse(refusal))

    def _answer(self, answer: Answer) -> None:
        self._busy = True
        self._written = self._shared.loop.time()
        self._move(None)
        self._send(answer.data)
        if self._ended:
            return
        if answer.close:
            self.end()
        elif self._full:
            self._move(self._shared.write)
        else:
            self._sent()

    def _sent(self) -> None:
        """Everything written has left."""
        if self._ended:
            self._leave()
            return
        if self._timed:
            self._timed = False
            self._shared.written(self._shared.loop.time() - self._written)
        self._busy = False
        self._move(self._shared.idle)
        if self._transport.is_closing():
            return  # The peer has gone; that is on its way to `connection_lost`.
        self._resume()
        self._pump()

    def _leave(self) -> None:
        if self._full:
            self._move(self._shared.write)
        elif self._half or self._stage in self._shared.silent:
            self._move(None)
            self._transport.close()
        else:
            self._move(self._shared.linger)
            with contextlib.suppress(OSError):  # The peer may have gone already.
                self._transport.write_eof()
            self._resume()

    # Small things.

    def _forget(self) -> None:
        self._shared.buffered -= self._held
        self._held = 0
        self._requests.forget()

    def _send(self, data: bytes) -> None:
        try:
            self._channel.write(data)
        except ssl.SSLError:
            self.abort()
        else:
            self._flush()

    def _flush(self) -> None:
        if data := self._channel.outgoing():
            self._transport.write(data)

    def _move(self, stage: Stage[Connection] | None) -> None:
        self._shared.deadlines.move(self, self._stage, stage)
        self._stage = stage

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
