"""Clients that stall, in every place where one can."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from attack_server import GOOD, Server
from attack_wire import CLOSED, PATH, Wire, peer, post

from kguard.record import record

Kind = Callable[[Server], list[str]]
TIMES = 6  # Of each kind so many at once.
LAUGHS = b"a: &a [x,x]\n" + b"".join(  # Two to the power of sixty values.
    b"%c: &%c [%b]\n" % (98 + n, 98 + n, b"*%c," % (97 + n) * 9) for n in range(20)
)
HELLO = bytes.fromhex("16030102000100")  # The beginning of a ClientHello of 512 bytes.
HEAD = b"POST /validate HTTP/1.1\r\nHost: a\r\nX: "


@record
class Stalled:
    """How a stalled client ended, and after how many seconds."""

    answers: list[str]
    seconds: float


def drip(wire: Wire, start: bytes, rest: bytes) -> list[str]:
    """Send a start, then a byte now and then, until an answer comes or the connection ends."""
    wire.try_to_send(start)
    for byte in rest:
        wire.try_to_send(bytes([byte]))
        readable, _, _ = select.select([wire.sock], [], [], 0.2)
        if readable:
            return wire.answers()
    wire.close()
    return ["open"]


def silent(server: Server) -> list[str]:
    return server.tcp().answers()


def half_a_hello(server: Server) -> list[str]:
    return server.tcp().send(HELLO).answers()


def a_hello_in_bytes(server: Server) -> list[str]:
    return drip(server.tcp(), HELLO, bytes(512))


def half_a_header(server: Server) -> list[str]:
    return server.connect().send(HEAD).answers()


def a_header_in_bytes(server: Server) -> list[str]:
    return drip(server.connect(), HEAD, b"x" * 200)


def many_short_headers(server: Server) -> list[str]:
    return drip(server.connect(), HEAD + b"a\r\n", b"A: b\r\n" * 50)


def no_body(server: Server) -> list[str]:
    return server.connect().send(post(b"", length=len(GOOD))).answers()


def no_body_after_continue(server: Server) -> list[str]:
    return server.connect().send(post(b"", PATH, "Expect: 100-continue", length=9)).answers()


def half_a_body(server: Server) -> list[str]:
    return server.connect().send(post(GOOD)[:-9]).answers()


def a_body_in_bytes(server: Server) -> list[str]:
    return drip(server.connect(), post(b"", length=len(GOOD)), GOOD)


def a_second_request_that_stalls(server: Server) -> list[str]:
    return server.connect().send(post(GOOD) + HEAD).answers()


def answers_that_nobody_reads(server: Server) -> list[str]:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", server.health_port))
    wire = Wire(sock)
    deadline = time.monotonic() + 25
    try:
        while time.monotonic() < deadline:
            wire.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
        return ["open"]
    except OSError as error:
        return ["open" if isinstance(error, TimeoutError) else CLOSED]
    finally:
        wire.close()


def half_a_probe(server: Server) -> list[str]:
    return peer(server.health_port).send(b"GET /livez HTT").answers()


def a_probe_without_its_body(server: Server) -> list[str]:
    return peer(server.health_port).send(post(b"", "/livez", length=9)).answers()


# How each ends, and after how many seconds at the earliest: the server's limits. At the latest
# two more to linger, and one for a busy machine. Buffers have to be full before it matters that
# nobody reads them.
FILLING = 15
KINDS: dict[Kind, tuple[list[str], float]] = {
    silent: ([CLOSED], 5),
    half_a_hello: ([CLOSED], 5),
    a_hello_in_bytes: ([CLOSED], 5),
    half_a_header: (["408", CLOSED], 5),
    a_header_in_bytes: (["408", CLOSED], 5),
    many_short_headers: (["408", CLOSED], 5),
    no_body: (["408", CLOSED], 10),
    no_body_after_continue: (["100", "408", CLOSED], 10),
    half_a_body: (["408", CLOSED], 10),
    a_body_in_bytes: (["408", CLOSED], 10),
    a_second_request_that_stalls: (["200", "408", CLOSED], 5),
    answers_that_nobody_reads: ([CLOSED], 5),
    half_a_probe: (["408", CLOSED], 2),
    a_probe_without_its_body: (["408", CLOSED], 2),
}


@record(eq=False)
class Stalls:
    """All of them on their way; `files` is how many the server had open before."""

    files: int
    running: Mapping[Kind, list[Future[Stalled]]]


def start(server: Server, pool: ThreadPoolExecutor) -> Stalls:
    """Begin with all of them, and break the policies meanwhile."""

    def timed(kind: Kind) -> Stalled:
        began = time.monotonic()
        return Stalled(kind(server), time.monotonic() - began)

    files = len(server.settled()[0])
    (server.policies / "webhook.yaml").write_bytes(LAUGHS + b"mode: off\n")
    return Stalls(files, {kind: [pool.submit(timed, kind) for _ in range(TIMES)] for kind in KINDS})
