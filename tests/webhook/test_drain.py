"""`kguard drain`: what a pod does before it is told to end."""

from __future__ import annotations

import socket
import time

import pytest
from test_health import health

from kguard.cli import run


def drained(port: int, wait: float) -> tuple[int, float]:
    """The exit code of the command, and the seconds it took."""
    began = time.monotonic()
    code = run(["drain", f"--health-port={port}", f"--wait={wait}"])
    return code, time.monotonic() - began


def test_it_waits_until_no_api_server_comes_any_more() -> None:
    asked: list[bool] = []
    with health(drain=lambda: asked.append(True)) as served:
        code, took = drained(served.port, 0.3)
    assert (code, asked) == (0, [True])
    assert took >= 0.3


def test_it_does_not_wait_where_nobody_listens(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:  # Bound, so that nobody else listens there.
        closed.bind(("127.0.0.1", 0))
        code, took = drained(closed.getsockname()[1], 60)
    assert (code, took < 5) == (2, True)
    assert "no webhook answers" in capsys.readouterr().err
