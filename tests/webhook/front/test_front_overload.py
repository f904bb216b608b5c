"""More requests than can be evaluated, and more bodies than fit into memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from front_kit import Client, Gate, Server, echo, post, serving, wait_until


def shed(server: Server) -> float:
    return server.metrics.registry.get_sample_value("kguard_admission_shed_total") or 0


def assert_shed(client: Client) -> None:
    answer = client.answer()
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["connection"] == "close"
    assert client.closed()


def test_what_does_not_fit_into_the_queue_is_shed_at_once() -> None:
    gate = Gate()
    with serving(gate, concurrency=2, queue=3, queue_wait=60) as server:
        running = [server.connect().send(post("/slow")) for _ in range(2)]
        gate.wait(2)
        waiting = [server.connect().send(post("/slow")) for _ in range(3)]
        wait_until(lambda: len(server.shared.pool._for_threads) == 3)
        for _ in range(4):
            assert_shed(server.connect().send(post("/slow")))
        assert shed(server) == 4
        value = server.metrics.registry.get_sample_value("kguard_admission_inflight")
        assert value == 2
        gate.opened.set()
        assert [client.answer().status for client in running + waiting] == [200] * 5
        assert server.connect().ask(post()).status == 200


def test_who_waits_too_long_is_shed() -> None:
    gate = Gate()
    with serving(gate, concurrency=1, queue_wait=0.3) as server:
        running = server.connect().send(post("/slow"))
        gate.wait()
        began = time.monotonic()
        assert_shed(server.connect().send(post("/slow")))
        assert 0.2 < time.monotonic() - began < 5
        gate.opened.set()
        assert running.answer().status == 200
        assert server.connect().ask(post()).status == 200


def test_what_was_shed_is_not_evaluated() -> None:
    gate, seen = Gate(), []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        return gate(environ, start)

    with serving(app, concurrency=1, queue_wait=0.1) as server:
        running = server.connect().send(post("/first"))
        gate.wait()
        assert_shed(server.connect().send(post("/shed")))
        gate.opened.set()
        assert running.answer().status == 200
        assert server.connect().ask(post("/last")).status == 200
    assert seen == ["/first", "/last"]


def test_who_has_gone_does_not_wait() -> None:
    gate = Gate()
    with serving(gate, concurrency=1, queue_wait=60) as server:
        running = server.connect().send(post("/first"))
        gate.wait()
        gone = [server.connect().send(post("/gone")) for _ in range(3)]
        wait_until(lambda: len(server.shared.pool._for_threads) == 3)
        for client in gone:
            client.reset()
        wait_until(lambda: not server.shared.pool._for_threads)
        gate.opened.set()
        assert running.answer().status == 200
        assert server.connect().ask(post("/now")).status == 200
    assert not gate.entered.acquire(blocking=False)


def test_who_has_gone_unnoticed_is_shed_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    with serving(gate, concurrency=1, queue_wait=0.3) as server:
        running = server.connect().send(post("/first"))
        gate.wait()
        for _ in range(3):
            server.connect().send(post("/gone") * 200).reset()  # So much that reading has stopped.
        wait_until(lambda: len(server.shared.members) == 1)
        gate.opened.set()
        assert running.answer().status == 200
    assert caplog.records == []


def test_what_a_client_sends_meanwhile_stays_with_it() -> None:
    gate = Gate()
    with serving(gate, concurrency=1) as server:
        client = server.connect().send(post("/slow"))
        gate.wait()
        client.sock.settimeout(1)
        with pytest.raises(TimeoutError):
            client.send(bytes(64 * 2**20))
        gate.opened.set()
        assert client.answer().status == 200


def test_large_bodies_are_evaluated_one_at_a_time() -> None:
    gate = Gate()
    large = b"x" * 2000
    with serving(gate, concurrency=3, large_body=1000, queue_wait=60) as server:
        first, second = (server.connect().send(post("/large", large)) for _ in range(2))
        gate.wait()
        for _ in range(3):  # There is room for small ones beside.
            assert server.connect().ask(post("/now")).status == 200
        assert not gate.entered.acquire(timeout=0.1)
        gate.opened.set()
        assert [client.answer().status for client in (first, second)] == [200, 200]


def test_bodies_that_do_not_end_give_way_to_others() -> None:
    size = 100_000
    begun = post("/", b"x" * size)[:-1]
    with serving(buffered=3 * size, max_body=size, body=60) as server:
        stalled = []
        for number in range(8):
            stalled.append(server.connect().send(begun))
            if number < 3:
                least = (number + 1) * (size - 1)
                wait_until(lambda least=least: server.shared.buffered >= least)
            else:
                assert_shed(stalled[number - 3])
        assert server.connect().ask(post("/", b"y" * size)).status == 200
        assert_shed(stalled[5])
        assert [client.ask(b"x").status for client in stalled[6:]] == [200, 200]
        assert server.shared.buffered <= 3 * size


def test_bodies_being_evaluated_are_not_given_up() -> None:
    gate, size = Gate(), 100_000
    with serving(gate, buffered=size, max_body=size, concurrency=2) as server:
        running = server.connect().send(post("/slow", b"x" * size))
        gate.wait()
        assert_shed(server.connect().send(post("/", b"x" * size)))
        assert server.connect().ask(post("/now")).status == 200
        gate.opened.set()
        assert running.answer().status == 200
        assert server.connect().ask(post("/", b"x" * size)).status == 200


def test_a_burst_is_answered_to_the_last() -> None:
    with serving(concurrency=2, queue=64, queue_wait=30) as server:
        clients = [server.connect() for _ in range(60)]
        for client in clients:
            client.send(post())
        assert [client.answer().status for client in clients] == [200] * 60


def test_an_application_that_fails_is_answered_for(caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if environ["PATH_INFO"] == "/exit":
            raise SystemExit(3)
        if environ["PATH_INFO"] == "/fail":
            raise ZeroDivisionError("secret")
        return echo(environ, start)

    with serving(app, concurrency=1) as server:
        client = server.connect()
        for path in ("/fail", "/exit"):
            answer = client.ask(post(path))
            assert (answer.status, answer.body[:19]) == (500, b"this request failed")
        assert client.ask(post()).status == 200
    assert [record.message for record in caplog.records] == ["the application failed"] * 2


def test_a_hopeless_server_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    with serving(gate, concurrency=1) as server:
        assert server.front.problems() == []
        client = server.connect().send(post("/slow"))
        gate.wait()
        assert server.front.problems() == []
        later = time.monotonic() + 61
        with monkeypatch.context() as patch:
            patch.setattr("kguard.webhook.front.server.time.monotonic", lambda: later)
            stalled, stuck = server.front.problems()
        assert stalled.startswith("the server has not moved for 6")
        assert stuck.startswith("all evaluations have been running for 6")
        gate.opened.set()
        assert client.answer().status == 200
        assert server.front.problems() == []


def test_threads_end_with_the_server() -> None:
    before = threading.active_count()
    with serving(concurrency=8) as server:
        assert server.connect().ask(post()).status == 200
    wait_until(lambda: threading.active_count() <= before)
