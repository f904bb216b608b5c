"""Clients that stall, and what they cannot do to the others."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from front_kit import CONTEXT, Client, Gate, Server, post, program, serving

HELLO = b"\x16\x03\x01\x02\x00\x01"  # How a handshake begins.
HEADERS = b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow"
BODY = post("/", b"x" * 1000)[:-1]


def stall_handshake(server: Server) -> Client:
    return Client(server.tcp()).send(HELLO)


def stall_headers(server: Server) -> Client:
    return server.connect().send(HEADERS)


def stall_body(server: Server) -> Client:
    return server.connect().send(BODY)


STALLS = [stall_handshake, stall_headers, stall_body]


@pytest.mark.parametrize("stall", STALLS)
def test_stalled_clients_hold_up_nobody(stall: Callable[[Server], Client]) -> None:
    with serving(concurrency=1, handshake=60, headers=60, body=60, linger=0.1) as server:
        stalled = [stall(server) for _ in range(50)]
        began = time.monotonic()
        for _ in range(5):
            assert server.connect().ask(post()).status == 200
        assert time.monotonic() - began < 5
        for client in stalled:
            client.close()


@pytest.mark.parametrize(
    ("stall", "limit", "status"),
    [(stall_headers, "headers", 408), (stall_body, "body", 408)],
    ids=["headers", "body"],
)
def test_a_stalled_request_is_told_so_and_closed(
    stall: Callable[[Server], Client], limit: str, status: int
) -> None:
    limits: Any = {limit: 0.3}
    with serving(**limits) as server:
        client = stall(server)
        began = time.monotonic()
        answer = client.answer()
        assert time.monotonic() - began > 0.2
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert client.closed()
        assert server.count("http-408") == 1


def test_a_stalled_handshake_is_closed() -> None:
    with serving(handshake=0.3) as server:
        began = time.monotonic()
        assert stall_handshake(server).closed()
        assert 0.2 < time.monotonic() - began < 5


def drip(data: bytes) -> Iterator[bytes]:
    yield from (bytes([each]) for each in data)


@pytest.mark.parametrize(
    ("sent", "limits"),
    [
        (HEADERS + b"y" * 10_000, {"headers": 0.4}),
        (BODY[:-900] + b"x" * 900, {"body": 0.4}),
    ],
    ids=["headers", "body"],
)
def test_a_byte_now_and_then_moves_no_deadline(sent: bytes, limits: Any) -> None:
    with serving(tls=None, **limits) as server:
        client = server.connect()
        client.send(sent[:100])
        client.sock.settimeout(0.05)
        began = time.monotonic()
        for byte in drip(sent[100:]):
            try:
                client.send(byte)
                answer = client.answer()
            except TimeoutError:
                assert time.monotonic() - began < 5
            else:
                break
        assert answer.status == 408


def test_handshakes_have_one_deadline_too() -> None:
    with serving(handshake=0.4) as server:
        sock = server.tcp()
        sock.settimeout(0.05)
        began, closed = time.monotonic(), False
        for byte in drip(HELLO + bytes(1000)):
            try:
                sock.sendall(byte)
                closed = sock.recv(1) == b""
            except TimeoutError:
                assert time.monotonic() - began < 5
            except ConnectionError:
                closed = True
            if closed:
                break
        assert closed


def test_an_idle_connection_is_closed_after_its_time() -> None:
    with serving(keep_alive=0.4) as server:
        used, fresh = server.connect(), server.connect()
        used.ask(post())
        began = time.monotonic()
        assert fresh.closed()
        assert used.closed()
        assert 0.2 < time.monotonic() - began < 5
        assert server.connect().ask(post()).status == 200


def test_time_at_work_is_not_idle_time() -> None:
    gate = Gate()
    with serving(gate, keep_alive=0.2, headers=0.2, body=0.2, write=0.2) as server:
        client = server.connect().send(post("/slow"))
        gate.wait()
        assert server.connect().closed()  # So much time has passed.
        gate.opened.set()
        assert client.answer().status == 200


@pytest.mark.parametrize("close", [False, True], ids=["kept", "last"])
def test_who_does_not_read_the_answer_is_closed(close: bool) -> None:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Connection", "close")] if close else [])
        return [bytes(24 * 2**20)] if environ["PATH_INFO"] == "/big" else [b"ok"]

    with serving(app, write=0.3, concurrency=1, linger=60, grace=1) as server:
        deaf = [server.connect().send(post("/big")) for _ in range(2)]
        assert server.connect().ask(post()).body == b"ok"
        for client in deaf:
            time.sleep(0.4)  # Longer than the deadline, so that it is sure to pass.
            with pytest.raises((EOFError, OSError)):
                client.answer()


def test_who_reads_slowly_gets_everything() -> None:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        return [bytes(8 * 2**20)]

    with serving(app, tls=None) as server:
        client = server.connect().send(post() + post())
        for _ in range(2):
            assert len(client.answer().body) == 8 * 2**20


def test_idle_connections_give_way_oldest_first() -> None:
    with serving(connections=10) as server:
        clients = []
        for _ in range(10):
            clients.append(server.connect())
            assert clients[-1].ask(post()).status == 200
        clients[0].ask(post())  # No longer the oldest.
        new = server.connect()
        assert new.ask(post()).status == 200
        assert clients[1].closed()
        for client in (*clients[2:], clients[0], new):
            assert client.ask(post()).status == 200


def test_strangers_give_way_before_those_who_have_asked() -> None:
    with serving(connections=20) as server:
        known = [server.connect() for _ in range(10)]
        for client in known:
            client.ask(post())
        strangers = [server.tcp() for _ in range(300)]
        assert strangers[0].recv(1) == b""
        for client in (*known, server.connect()):
            assert client.ask(post()).status == 200


def test_a_connection_at_work_never_gives_way() -> None:
    gate = Gate()
    with serving(gate, connections=2, concurrency=2) as server:
        busy = [server.connect().send(post("/slow")) for _ in range(2)]
        gate.wait(2)
        refused = Client(server.tcp())
        assert refused.closed()
        gate.opened.set()
        assert [client.answer().status for client in busy] == [200, 200]


def test_idle_sockets_by_the_thousand() -> None:
    with serving(connections=300) as server:
        crowd = [server.tcp() for _ in range(2000)]
        silent = [server.connect() for _ in range(100)]
        assert server.connect().ask(post()).status == 200
        for sock in (*crowd, *(each.sock for each in silent)):
            sock.close()
        assert server.connect().ask(post()).status == 200


FEW_FILES = """
import resource

resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))

from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front

def app(environ, start):
    start("200 OK", [])
    return [b"done"]

front = Front(app, host="127.0.0.1", port=0, tls=None, limits=Limits(2, linger=0.1))
print(front.port, flush=True)
raise SystemExit(front.run())
"""


def test_no_more_connections_than_there_are_files_for() -> None:
    with program(FEW_FILES) as running:
        for _ in range(400):
            running.dial()
        assert running.dial().ask(post()).status == 200
        running.process.send_signal(signal.SIGTERM)
        assert running.ended() == (0, "")


OUT_OF_FILES = FEW_FILES.replace(
    "front = ",
    """
import os

def app(environ, start):
    global taken
    while environ["PATH_INFO"] == "/take":
        try:
            taken.append(os.dup(0))
        except OSError:
            break
    start("200 OK", [])
    if environ["PATH_INFO"] == "/give":
        while taken:
            os.close(taken.pop())
    return [b"done"]

taken = []
front = """,
)


def test_out_of_files_means_a_pause_and_not_the_end() -> None:
    with program(OUT_OF_FILES) as running:
        first, second = running.dial(), running.dial()
        for client in (first, second):
            assert client.ask(post()).status == 200
        assert second.ask(post("/take")).status == 200
        third = running.dial()
        assert third.ask(post()).status == 200
        assert first.closed()  # The oldest idle one has made room.
        assert third.ask(post("/give")).status == 200
        for client in (running.dial(), running.dial(), second):
            assert client.ask(post()).status == 200
        running.process.send_signal(signal.SIGTERM)
        complaint = "cannot accept connections for a moment: Too many open files\n"
        assert running.ended() == (0, complaint)


def test_clients_that_vanish_leave_nothing_behind() -> None:
    with serving(concurrency=1) as server:
        for stall in STALLS * 10:
            stall(server).close()
        for _ in range(10):
            server.connect().send(post("/", b"x" * 100_000)).close()
        assert server.connect().ask(post()).status == 200
        shared = server.shared
        began = time.monotonic()
        while len(shared.members) > 1 and time.monotonic() - began < 5:
            time.sleep(0.01)
        assert (len(shared.members), shared.buffered) == (1, 0)
        assert not shared.pool.running


def test_the_context_is_asked_for_once_a_connection() -> None:
    asked = []

    def tls() -> Any:
        asked.append(1)
        return CONTEXT

    with serving(tls=tls) as server:
        client = server.connect()
        for _ in range(3):
            client.ask(post())
        assert len(asked) == 1
