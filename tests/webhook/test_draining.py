"""The end announced: by whom it is believed, and what becomes of it where it does not come."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from front_pki import issue

from kguard.webhook.draining import Draining
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front
from kguard.webhook.log import Log

ROOT = Path(__file__).resolve().parents[2]


def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", [])
    return [b""]


@pytest.fixture
def front() -> Iterator[Front]:
    made = Front(app, host="127.0.0.1", port=0, tls=None, limits=Limits(1))
    yield made
    made._socket.close()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_ends_where_no_sigterm_follows(front: Front) -> None:
    stream = io.StringIO()
    draining = Draining(front, Log(stream), patience=0.2)
    assert draining.problems() == []
    draining.begin()
    assert (draining.problems(), front.draining) == (["draining"], True)
    wait_until(lambda: not front.draining)
    assert draining.problems() == []
    wait_until(lambda: stream.getvalue().count("\n") == 2)
    begun, ended = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (begun["level"], begun["event"]) == ("info", "draining")
    assert (ended["level"], ended["event"]) == ("warning", "draining ended")
    assert "no SIGTERM" in ended["error"]
    draining.begin()
    assert draining.problems() == ["draining"]


def test_it_does_not_end_after_sigterm(front: Front) -> None:
    stream = io.StringIO()
    draining = Draining(front, Log(stream), patience=0.05)
    draining.begin()
    front.stop()
    time.sleep(0.3)
    assert (draining.problems(), front.draining) == (["draining"], True)
    assert "ended" not in stream.getvalue()


def test_whoever_asks_again_gets_the_whole_time(front: Front) -> None:
    draining = Draining(front, Log(io.StringIO()), patience=1.0)
    for _ in range(4):
        draining.begin()
        time.sleep(0.4)
        assert draining.problems() == ["draining"]


def test_a_process_that_ends_is_not_ready(tmp_path: Path) -> None:
    pair = issue("localhost", sans=("localhost",))
    (tmp_path / "crt").write_bytes(pair.cert)
    (tmp_path / "key").write_bytes(pair.key)
    words = ["--no-cluster", "--tls-cert", "crt", "--tls-key", "key", "--port", "0"]
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "kguard", "serve", *words, "--health-port", "0"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
        )
    try:
        wait_until(lambda: b'"serving"' in (tmp_path / "log").read_bytes())
        lines = map(json.loads, (tmp_path / "log").read_text("utf-8").splitlines())
        (started,) = (line for line in lines if line["event"] == "serving")

        def ready() -> tuple[int, bytes]:
            connection = http.client.HTTPConnection("127.0.0.1", started["healthPort"], timeout=10)
            with contextlib.closing(connection):
                connection.request("GET", "/readyz")
                answer = connection.getresponse()
                return answer.status, answer.read()

        assert ready() == (200, b"ok\n")
        # A connection that is open keeps the process for a while.
        with socket.create_connection(("127.0.0.1", started["port"])):
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: ready() == (503, b"draining\n"))
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
