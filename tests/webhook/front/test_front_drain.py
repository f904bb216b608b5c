"""The end: of a connection after `drain`, of the server after SIGTERM."""

from __future__ import annotations

import signal
import threading
import time

import pytest
from front_kit import PATIENCE, Client, Gate, post, program, serving

PROGRAM = """
import threading
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front

entered = threading.Event()

def app(environ, start):
    if environ["PATH_INFO"] == "/slow":
        print("entered", flush=True)
        threading.Event().wait(0.5)
    start("200 OK", [])
    return [b"done"]

front = Front(app, host="127.0.0.1", port=0, tls=None, limits=Limits(2, linger=1, grace=5))
print(front.port, flush=True)
raise SystemExit(front.run())
"""


def test_draining_ends_connections_but_takes_new_ones() -> None:
    with serving() as server:
        client = server.connect()
        assert "connection" not in client.ask(post()).headers
        server.front.drain()
        for each in (client, server.connect(), server.connect()):
            answer = each.ask(post())
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert each.closed()


def test_pipelined_requests_behind_the_last_answer_are_not_answered() -> None:
    with serving() as server:
        server.front.drain()
        client = server.connect().send(post("/a") + post("/b"))
        assert client.answer().body == b"/a "
        assert client.closed()


def test_the_end_waits_for_what_has_begun_and_answers_idle_connections() -> None:
    gate = Gate()
    with serving(gate, linger=0.5) as server:
        idle, late, fresh = (server.connect() for _ in range(3))
        idle.ask(post("/now"))
        late.ask(post("/now"))
        busy = server.connect().send(post("/slow"))
        gate.wait()
        half = server.connect().send(post("/now", b"body")[:-2])
        server.front.stop()
        for each in (idle, fresh):
            answer = each.ask(post("/now"))
            assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert half.ask(b"dy").body == b"/now body"
        assert late.closed()  # Nothing came: not waited for longer than a moment.
        with pytest.raises(OSError):  # noqa: PT011  Refused, or reset by what is left of the port.
            Client(server.tcp()).send(post()).answer()
        assert server.thread.is_alive()
        gate.opened.set()
        answer = busy.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        server.thread.join(PATIENCE)
        assert server.code == 0


def test_nothing_outlives_the_grace() -> None:
    gate = Gate()
    with serving(gate, linger=0.1, grace=0.4) as server:
        busy = server.connect().send(post("/slow"))
        gate.wait()
        began = time.monotonic()
        server.front.stop()
        server.thread.join(PATIENCE)
        assert 0.3 < time.monotonic() - began < 5
        assert server.code == 0
        assert busy.closed()
        gate.opened.set()


def test_a_server_without_clients_ends_at_once() -> None:
    with serving(linger=60, grace=60) as server:
        server.connect().send(post("/", b"", "Connection: close")).answer()
        server.hang_up()
        began = time.monotonic()
        server.front.stop()
        server.thread.join(PATIENCE)
        assert time.monotonic() - began < 5
        assert server.code == 0


def test_connections_the_kernel_has_let_in_are_served() -> None:
    gate = Gate()
    with serving(gate, tls=None, linger=1, queue=100, queue_wait=10) as server:
        blocker = threading.Event()
        server.connect().ask(post("/now"))
        loop = server.front._loop
        assert loop is not None
        loop.call_soon_threadsafe(blocker.wait, PATIENCE)
        clients = [server.connect().send(post("/now")) for _ in range(100)]
        server.front.stop()
        blocker.set()
        assert [client.answer().status for client in clients] == [200] * 100


def test_stopped_before_it_began() -> None:
    from kguard.webhook.front.limits import Limits
    from kguard.webhook.front.server import Front

    front = Front(Gate(), host="127.0.0.1", port=0, tls=None, limits=Limits(1))
    front.stop()
    assert front.run() == 0
    front.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_well(number: signal.Signals) -> None:
    with program(PROGRAM) as running:
        client, idle = running.dial().send(post("/slow")), running.dial()
        idle.ask(post())
        assert running.line() == "entered\n"
        running.process.send_signal(number)
        assert client.answer().body == b"done"
        assert idle.ask(post()).headers["connection"] == "close"
        assert running.ended() == (0, "")
