"""The plain port: probes, metrics, and the end of the pod announced from inside it."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from kguard.record import replace
from kguard.webhook.health import LIMITS, Health
from kguard.webhook.metrics import Metrics


@contextlib.contextmanager
def health(**options: Any) -> Iterator[Health]:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "ready": list,
        "live": list,
        "metrics": Metrics(),
        "drain": lambda: None,
    }
    made = Health(**given | options)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def ask(served: Health, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    try:
        connection.request(method, path, b"" if method == "POST" else None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        connection.close()


@pytest.mark.parametrize(("path", "check"), [("/livez", "live"), ("/readyz", "ready")])
def test_probes(path: str, check: str) -> None:
    reasons: list[str] = []
    with health(**{check: lambda: reasons}) as served:
        assert ask(served, path)[:2] == (200, "ok\n")
        reasons += ["no certificate", "draining"]
        assert ask(served, path)[:2] == (503, "no certificate\ndraining\n")
        reasons.clear()
        assert ask(served, path + "?verbose")[0] == 200


def test_what_is_to_be_repaired_is_said_and_no_reason() -> None:
    reasons: list[str] = []
    with health(ready=lambda: reasons, doubts=lambda: ["the clock is wrong"]) as served:
        assert ask(served, "/readyz")[:2] == (200, "ok\nwarning: the clock is wrong\n")
        assert ask(served, "/livez")[:2] == (200, "ok\n")
        reasons.append("no certificate")
        assert ask(served, "/readyz")[:2] == (503, "no certificate\nwarning: the clock is wrong\n")


def test_a_warning_that_cannot_be_made_is_one() -> None:
    def broken() -> list[str]:
        raise ValueError("broken")

    with health(ready=list, doubts=broken) as served:
        code, text, *_ = ask(served, "/readyz")
        assert code == 200
        assert "warning: the check itself failed: broken" in text


def test_metrics_say_whether_it_is_ready() -> None:
    reasons = ["no certificate"]

    def ready() -> list[str]:
        if "broken" in reasons:
            raise ValueError("broken")
        return reasons

    def said(served: Health) -> str:
        ask(served, "/readyz")
        found: list[str] = re.findall(r"(?m)^kguard_ready (.*)$", ask(served, "/metrics")[1])
        return found[0]

    with health(ready=ready) as served:
        assert said(served) == "0.0"
        reasons.clear()
        assert said(served) == "1.0"
        reasons.append("broken")
        assert said(served) == "0.0"


def test_one_probe_does_not_fail_with_the_other() -> None:
    with health(ready=lambda: ["not yet"]) as served:
        assert ask(served, "/livez")[0] == 200


def test_a_check_that_raises_is_a_reason() -> None:
    def ready() -> list[str]:
        raise KeyError("x")

    with health(ready=ready) as served:
        assert ask(served, "/readyz")[:2] == (503, "the check itself failed: 'x'\n")


def test_metrics() -> None:
    metrics = Metrics()
    metrics.admission_shed.inc()
    with health(metrics=metrics) as served:
        status, body, headers = ask(served, "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=")
    assert "kguard_admission_shed_total 1.0\n" in body
    assert body.encode() == metrics.render()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/livez/", 404),
        ("GET", "//livez", 404),
        ("POST", "/validate", 404),
        ("POST", "/livez", 405),
        ("GET", "/drain", 405),
        ("HEAD", "/drain", 405),
        ("HEAD", "/readyz", 200),
    ],
)
def test_everything_else(method: str, path: str, status: int) -> None:
    drained: list[bool] = []
    with health(drain=lambda: drained.append(True)) as served:
        assert ask(served, path, method)[0] == status
    assert drained == []


def test_the_pod_drains_itself() -> None:
    drained: list[bool] = []
    with health(drain=lambda: drained.append(True)) as served:
        assert ask(served, "/drain", "POST")[:2] == (200, "draining\n")
    assert drained == [True]


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", "200"),
        ("127.8.9.10", "200"),
        ("::1", "200"),
        ("::ffff:127.0.0.1", "200"),
        ("10.0.0.1", "403"),
        ("::ffff:10.0.0.1", "403"),
        ("fe80::1%eth0", "403"),
    ],
)
def test_nobody_else_drains_it(peer: str, status: str) -> None:
    drained: list[bool] = []
    with health(drain=lambda: drained.append(True)) as served:
        assert served._drained(peer)[0].startswith(status)
    assert drained == [True] * (status == "200")


def test_slow_clients_do_not_starve_it() -> None:
    limits = replace(LIMITS, headers=60.0, connections=16)
    with health(limits=limits) as served:
        slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(100)]
        for each in slow[-16:]:
            with contextlib.suppress(OSError):
                each.sendall(b"GET /livez HT")
        assert ask(served, "/livez")[0] == 200
        assert ask(served, "/readyz")[0] == 200
        for each in slow:
            each.close()


def test_busy_threads_do_not_starve_it() -> None:
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            sum(range(1000))

    threads = [threading.Thread(target=work) for _ in range(4)]
    with health() as served:
        for each in threads:
            each.start()
        try:
            began = time.monotonic()
            assert ask(served, "/livez")[0] == 200
            assert time.monotonic() - began < 5
        finally:
            done.set()
            for each in threads:
                each.join()


def test_a_check_that_hangs_does_not_take_the_metrics_along() -> None:
    entered, released = threading.Event(), threading.Event()

    def ready() -> list[str]:
        entered.set()
        released.wait(60)  # Longer than anybody here waits for an answer.
        return []

    with health(ready=ready) as served:
        hanging = threading.Thread(target=ask, args=(served, "/readyz"))
        hanging.start()
        assert entered.wait(10)
        assert ask(served, "/metrics")[0] == 200
        released.set()
        hanging.join()


def test_the_port_is_free_afterwards() -> None:
    with health() as served:
        port = served.port
    with health(port=port) as again:
        assert ask(again, "/livez")[0] == 200
