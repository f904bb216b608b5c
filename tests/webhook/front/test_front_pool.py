"""Small jobs on the loop: several are done before the first of their answers is sent."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from kguard.webhook.front import pool as module
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.pool import Job, Pool
from kguard.webhook.front.wsgi import Answer, Postponed

TOGETHER = module._TOGETHER


class Bench:
    """A pool and what happened in it, in order: `does`, `sends` and `sheds`, each with a name."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.pool = Pool(self.loop, Limits(1, queue=100))
        self.told: list[str] = []
        self.errors: list[object] = []
        self.loop.set_exception_handler(lambda _, context: self.errors.append(context["exception"]))

    def job(
        self,
        name: str,
        *,
        work: Callable[[], None] = lambda: None,
        sent: Callable[[], None] = lambda: None,
        small: bool = True,
    ) -> Job:
        """A job that tells of itself; on the loop `work` may raise Postponed."""

        def do(until: float | None = None) -> Answer:
            where = "" if until is not None else " in a thread"
            self.told.append(f"does {name}{where}")
            if until is not None:
                work()
            return Answer(b"", False)

        def send(answer: Answer) -> None:
            self.told.append(f"sends {name}")
            sent()

        def shed() -> None:
            self.told.append(f"sheds {name}")

        return Job(do, send, shed, large=False, small=small)

    def run(self, *jobs: Job) -> list[str]:
        """Submit jobs at once; what happened until nobody waited any more."""
        for job in jobs:
            self.loop.call_soon(self.pool.submit, job)
        ended = time.monotonic() + 5
        while True:
            self.loop.call_later(0.002, self.loop.stop)
            self.loop.run_forever()
            idle = not (self.pool._turning or self.pool.running or self.pool._wait.waiting)
            if idle or time.monotonic() > ended:
                return self.told

    def close(self) -> None:
        """End its thread and loop."""
        self.pool.close()
        self.loop.close()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(module, "_TURN", 60.0)  # How long anything takes is for no test to say.
    bench = Bench()
    yield bench
    bench.close()


def doing(first: int, last: int) -> list[str]:
    """What is told of a turn with the jobs of these numbers."""
    numbers = range(first, last + 1)
    return [f"does {n}" for n in numbers] + [f"sends {n}" for n in numbers]


def test_a_few_are_done_before_the_first_is_answered(bench: Bench) -> None:
    jobs = [bench.job(str(number)) for number in range(1, TOGETHER + 4)]
    assert bench.run(*jobs) == doing(1, TOGETHER) + doing(TOGETHER + 1, TOGETHER + 3)


def test_who_is_behind_a_slow_one_keeps_nobody_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TURN", 0.0)  # Every one is too slow.
    jobs = [bench.job(str(number), work=lambda: time.sleep(0.001)) for number in (1, 2)]
    assert bench.run(*jobs) == doing(1, 1) + doing(2, 2)


def test_what_is_submitted_with_an_answer_waits_for_the_next_turn(bench: Bench) -> None:
    again = bench.job("4")
    first = bench.job("1", sent=lambda: bench.pool.submit(again))
    told = bench.run(first, bench.job("2"), bench.job("3"))
    assert told == doing(1, 3) + doing(4, 4)


def test_one_that_cannot_be_sent_keeps_none_of_the_others(bench: Bench) -> None:
    def fail() -> None:
        raise KeyError("gone")

    jobs = [bench.job("1"), bench.job("2", sent=fail), bench.job("3"), bench.job("4")]
    assert bench.run(*jobs) == doing(1, 4)
    assert bench.run(bench.job("5"))[-2:] == doing(5, 5)
    assert [type(each) for each in bench.errors] == [KeyError]


def test_one_whose_work_raises_keeps_no_answer_of_the_others(bench: Bench) -> None:
    def fail() -> None:
        raise KeyError("work")

    told = bench.run(bench.job("1"), bench.job("2", work=fail), bench.job("3"))
    assert [each for each in told if each.startswith("sends")] == ["sends 1", "sends 3"]
    assert bench.pool.inflight() == 0


def test_one_that_is_postponed_does_not_hold_the_others(bench: Bench) -> None:
    def later() -> None:
        raise Postponed

    told = bench.run(bench.job("1"), bench.job("2", work=later), bench.job("3"))
    told.remove("does 2 in a thread")  # Whenever the thread comes to it.
    assert told == ["does 1", "does 2", "does 3", "sends 1", "sends 3", "sends 2"]


def test_while_one_waits_for_a_thread_those_behind_it_are_still_done(bench: Bench) -> None:
    gate = threading.Event()

    def later() -> None:
        raise Postponed

    def wait() -> Answer:
        gate.wait(5)
        return Answer(b"", False)

    busy = bench.job("busy", small=False)
    busy.work = wait
    jobs = [bench.job("1", work=later), bench.job("2", sent=gate.set)]
    told = bench.run(busy, *jobs)
    told.remove("does 1 in a thread")
    assert told == ["does 1", "does 2", "sends 2", "sends busy", "sends 1"]


def test_who_is_gone_before_its_turn_is_not_done(bench: Bench) -> None:
    gone = bench.job("gone")
    first = bench.job("1", sent=lambda: bench.pool.cancel(gone))
    others = [bench.job(str(number)) for number in range(2, TOGETHER + 1)]
    assert bench.run(first, *others, gone) == doing(1, TOGETHER)
    assert not bench.pool._wait.waiting


def test_who_is_gone_when_its_answer_is_there_does_no_harm(bench: Bench) -> None:
    second = bench.job("2")
    first = bench.job("1", sent=lambda: bench.pool.cancel(second))
    assert bench.run(first, second) == doing(1, 2)
