"""The thread behind, and what it says."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from kguard.webhook.certificates.notes import Notes
from kguard.webhook.certificates.store import Conflict, StoreError
from kguard.webhook.certificates.worker import LONGEST, PATIENCE, SHORTEST, Worker


class Steps:
    """A worker whose step fails as it is told; what it says and counts."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.counted: list[str] = []
        self.error: Exception | None = None
        self.notes = Notes(self.said.append)
        self.worker = Worker("certificates", self.step, self.notes, self.counted.append)

    def step(self) -> float:
        if self.error:
            raise self.error
        return 30.0


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RuntimeError("oh"), "certificates: RuntimeError: oh"),
        (StoreError("no answer"), "certificates: StoreError: no answer"),
        (MemoryError(), "certificates: MemoryError: "),
        (RecursionError("deep"), "certificates: RecursionError: deep"),
    ],
)
def test_an_exception_is_said_once_and_counted_each_time(error: Exception, line: str) -> None:
    steps = Steps()
    steps.error = error
    for _ in range(3):
        steps.worker.once()
    steps.error = None
    assert steps.worker.once() == 30.0
    assert steps.said == [line, f"no longer: {line}"]
    assert steps.counted == ["error"] * 3


def test_a_few_conflicts_are_nothing_to_speak_of() -> None:
    steps = Steps()
    steps.error = Conflict("modified")
    for _ in range(PATIENCE):
        steps.worker.once()
    assert steps.said == []
    steps.worker.once()
    assert steps.said == ["certificates: conflicts do not end: modified"]
    assert steps.counted == ["conflict"] * (PATIENCE + 1)


def test_waits_double_up_to_a_limit_and_are_spread_over_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ranges: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return high

    monkeypatch.setattr("random.uniform", uniform)
    steps = Steps()
    steps.error = Conflict("modified")
    for _ in range(30):
        steps.worker.once()
    assert ranges[:3] == [(0, 2 * SHORTEST), (0, 4 * SHORTEST), (0, 8 * SHORTEST)]
    assert set(ranges[8:]) == {(0, LONGEST)}
    steps.error = None
    steps.worker.once()
    steps.error = Conflict("modified")
    steps.worker.once()
    assert ranges[-1] == (0, 2 * SHORTEST)


def run_until(step: Callable[[threading.Event], float]) -> Worker:
    done = threading.Event()
    worker = Worker("certificates", lambda: step(done), Notes(lambda line: None), lambda word: None)
    worker.start()
    assert done.wait(10)
    worker.stop()
    return worker


def test_the_thread_lives_through_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: 0.001)
    calls: list[int] = []

    def step(done: threading.Event) -> float:
        calls.append(1)
        if len(calls) < 5:
            raise RuntimeError("oh")
        done.set()
        return 60.0

    worker = run_until(step)
    assert len(calls) == 5
    assert worker._thread is not None
    assert not worker._thread.is_alive()


def test_stop_before_start_and_twice_is_harmless() -> None:
    steps = Steps()
    steps.worker.stop()
    steps.worker.start()
    steps.worker.stop()
    steps.worker.stop()


def test_notes_are_said_when_they_change() -> None:
    said: list[str] = []
    notes = Notes(said.append)
    notes.set("a", "one", blocks=True)
    notes.set("a", "one", blocks=True)
    notes.set("b", "two")
    assert (notes.blocking(), notes.other()) == (["one"], ["two"])
    notes.set("a", "three")
    notes.clear("a", "b", "c")
    assert said == ["one", "two", "three", "no longer: three", "no longer: two"]
    assert (notes.blocking(), notes.other()) == ([], [])
