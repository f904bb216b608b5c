"""Small requests are evaluated on the loop, as long as nobody has to wait for that."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from front_kit import Gate, post, serving, wait_until

from kguard.webhook.front.limits import Limits
from kguard.webhook.front.pool import Job, Pool
from kguard.webhook.front.wsgi import UNTIL, Answer, Postponed

SMALL = 1000
Start = Callable[..., Any]


class Where:
    """Answers with the thread it ran in; takes `seconds` where the request says so.

    On the loop it heeds UNTIL, or, on `/stubborn`, does not.
    """

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        self.asked += 1
        end = time.monotonic() + float(environ["QUERY_STRING"] or 0)
        until = environ.get(UNTIL)
        while (now := time.monotonic()) < end:
            if until is not None and now >= until and environ["PATH_INFO"] != "/stubborn":
                raise Postponed
            time.sleep(0.0005)
        if environ["PATH_INFO"] == "/bug":
            raise KeyError("spec")
        start("200 OK", [])
        name = threading.current_thread().name
        return [b"thread" if name.startswith("evaluate-") else b"loop"]


def test_small_requests_are_evaluated_on_the_loop_and_others_in_threads() -> None:
    with serving(Where(), small_body=SMALL) as server:
        client = server.connect()
        assert client.ask(post("/", b"x" * (SMALL - 1))).body == b"loop"
        assert client.ask(post("/", b"x" * SMALL)).body == b"thread"
        assert client.ask(post()).body == b"loop"


def test_by_itself_an_application_runs_in_threads() -> None:
    with serving(Where()) as server:
        assert server.connect().ask(post()).body == b"thread"


def test_what_takes_too_long_for_the_loop_is_done_again_in_a_thread() -> None:
    app = Where()
    with serving(app, small_body=SMALL) as server:
        client = server.connect()
        answer = client.ask(post("/?0.1", b"body"))
        assert (answer.status, answer.body, app.asked) == (200, b"thread", 2)
        assert client.ask(post()).body == b"loop"


def test_nothing_is_evaluated_on_the_loop_while_others_wait_for_a_thread() -> None:
    gate, where = Gate(), Where()

    def app(environ: dict[str, Any], start: Start) -> list[bytes]:
        found: list[bytes] = (gate if environ["PATH_INFO"] == "/slow" else where)(environ, start)
        return found

    with serving(app, small_body=SMALL, concurrency=1, queue_wait=60) as server:
        slow = server.connect().send(post("/slow", b"x" * SMALL))
        gate.wait()
        assert server.connect().ask(post()).body == b"loop"
        waiting = [server.connect().send(post("/", b"x" * SMALL)) for _ in range(2)]
        wait_until(lambda: len(server.shared.pool._wait.waiting) == 2)
        small = server.connect().send(post())
        wait_until(lambda: len(server.shared.pool._wait.waiting) == 3)
        gate.opened.set()
        assert slow.answer().status == 200
        assert [each.answer().body for each in (*waiting, small)] == [b"thread"] * 3
        assert server.connect().ask(post()).body == b"loop"


def test_many_requests_of_one_client_do_not_keep_the_others_waiting() -> None:
    app = Where()
    with serving(app, small_body=SMALL) as server:
        greedy, modest = server.connect(), server.connect()
        assert modest.ask(post()).body == b"loop"
        greedy.send(b"".join(post("/?0.004") for _ in range(200)))
        assert greedy.answer().body == b"loop"
        assert modest.ask(post()).body == b"loop"
        assert app.asked < 100
        assert {greedy.answer().body for _ in range(199)} == {b"loop"}


def test_who_waits_too_long_for_the_loop_is_shed() -> None:
    with serving(Where(), small_body=SMALL, queue=4, queue_wait=0.02) as server:
        clients = [server.connect() for _ in range(12)]
        for client in clients:
            client.send(post("/stubborn?0.05"))
        answers = [client.answer() for client in clients]
        assert {answer.status for answer in answers} == {200, 503}
        assert {answer.headers.get("retry-after") for answer in answers} == {None, "1"}
        assert server.connect().ask(post()).body == b"loop"


def test_who_has_gone_is_not_evaluated_on_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    app = Where()
    with serving(app, small_body=SMALL) as server:
        gone, here = server.connect(), server.connect()
        gone.send(b"".join(post("/stubborn?0.02") for _ in range(50)))
        assert gone.answer().status == 200
        gone.reset()
        assert here.ask(post()).body == b"loop"
        wait_until(lambda: len(server.shared.members) == 1)
        asked = app.asked
        time.sleep(0.1)
        assert app.asked == asked < 50
        hurried = server.connect()
        hurried.send(b"".join(post() for _ in range(400)))
        hurried.reset()
        wait_until(lambda: len(server.shared.members) == 1)
    assert not caplog.records  # asyncio warns of answers to nobody.


def test_thousands_of_small_requests_at_once_are_answered_in_order() -> None:
    def echo(environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    # Without TLS: two threads must not use one of OpenSSL's connections at the same time.
    with serving(echo, tls=None, small_body=SMALL) as server:
        client = server.connect()
        sender = threading.Thread(
            target=client.send, args=(b"".join(post(f"/{number}") for number in range(5000)),)
        )
        sender.start()
        for number in range(5000):
            assert client.answer().body == b"/%d" % number
        sender.join()


@pytest.mark.parametrize("where", ["loop", "thread"])
def test_a_bug_on_the_loop_is_answered_as_one_in_a_thread(where: str) -> None:
    with serving(Where(), small_body=SMALL if where == "loop" else 0) as server:
        client = server.connect()
        assert client.ask(post("/bug")).status == 500
        assert client.ask(post()).body == where.encode()


def test_a_bug_of_the_server_behind_one_answer_does_not_stop_the_others() -> None:
    loop = asyncio.new_event_loop()
    raised: list[object] = []
    loop.set_exception_handler(lambda _, context: raised.append(context["exception"]))
    pool, done = Pool(loop, Limits(1)), []

    def job(name: str) -> Job:
        def answered(answer: Answer) -> None:
            done.append(name)
            if name == "bad":
                raise KeyError(name)

        return Job(lambda until: Answer(b"", False), answered, lambda: None, False, small=True)

    for name in ("first", "bad", "second"):
        loop.call_soon(pool.submit, job(name))
    loop.call_later(0.05, pool.submit, job("late"))
    loop.call_later(0.1, loop.stop)
    loop.run_forever()
    pool.close()
    loop.close()
    assert done == ["first", "bad", "second", "late"]
    assert [type(each) for each in raised] == [KeyError]


def test_the_last_answer_before_the_end_can_come_from_the_loop() -> None:
    with serving(Where(), small_body=SMALL) as server:
        client = server.connect()
        assert client.ask(post()).body == b"loop"
        server.front.drain()
        answer = client.ask(post())
        assert (answer.body, answer.headers["connection"]) == (b"loop", "close")
        assert client.closed()


def test_an_evaluation_on_the_loop_is_seen_in_the_metrics() -> None:
    def app(environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [])
        value = server.metrics.registry.get_sample_value("kguard_admission_inflight")
        return [str(value).encode()]

    with serving(app, small_body=SMALL) as server:
        client = server.connect()
        assert client.ask(post()).body == b"1.0"
        assert client.ask(post("/", b"x" * SMALL)).body == b"1.0"
        assert server.metrics.registry.get_sample_value("kguard_admission_inflight") == 0
