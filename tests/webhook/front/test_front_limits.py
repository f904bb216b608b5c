"""What is allowed where nothing else is said, held against what the other side does."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from front_kit import Gate, post, serving, wait_until
from test_front_overload import shed

from kguard.quantity import parse_quantity
from kguard.webhook.front.limits import Limits

DEFAULT = Limits(concurrency=2)
VALUES = Path(__file__).resolve().parents[3] / "charts" / "kguard" / "values.yaml"
IDLE = 90.0
"""Seconds after which the API server drops a connection it does not use (net/http
DefaultTransport, IdleConnTimeout)."""
LEAST, MOST = 1.0, 30.0
"""Seconds that the API server waits for an answer (k8s.io/api admissionregistration/v1,
timeoutSeconds)."""


def test_the_api_server_is_always_the_first_to_drop_an_idle_connection() -> None:
    assert DEFAULT.keep_alive > IDLE


@pytest.mark.parametrize("stage", ["handshake", "headers", "body", "write"])
def test_nothing_is_waited_for_longer_than_the_longest_answer_is(stage: str) -> None:
    assert getattr(DEFAULT, stage) <= MOST


def test_who_is_shed_hears_of_it_before_the_shortest_timeout() -> None:
    assert DEFAULT.queue_wait < LEAST


def test_of_a_crowd_not_everybody_is_made_to_wait() -> None:
    gate = Gate()
    with serving(gate, tls=None, concurrency=1, queue_wait=60) as server:
        server.connect().send(post("/slow"))
        gate.wait()
        for _ in range(200):
            server.connect().send(post("/slow"))
        wait_until(lambda: shed(server) > 0)
        gate.opened.set()


def test_large_objects_are_judged_one_at_a_time() -> None:
    gate, large = Gate(), b"x" * 2 * 2**20  # More than etcd takes for one object.
    with serving(gate, tls=None, concurrency=2, queue_wait=60) as server:
        clients = [server.connect().send(post("/large", large)) for _ in range(2)]
        gate.wait()
        assert not gate.entered.acquire(timeout=0.1)
        gate.opened.set()
        assert [client.answer().status for client in clients] == [200, 200]


def test_what_is_held_at_once_fits_into_the_memory_of_the_pod() -> None:
    values = yaml.safe_load(VALUES.read_text("utf-8"))
    memory = parse_quantity(values["resources"]["limits"]["memory"])
    process, objects, at_once = 100 * 2**20, 10, 8  # Of a body ten times as much is made.
    assert process + DEFAULT.buffered + at_once * objects * DEFAULT.large_body < memory
