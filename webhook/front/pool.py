"""Evaluations at once, and the queue in front of them."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from kguard.record import field, record
from kguard.webhook.front.deadlines import Deadlines, Stage
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.stack import with_room
from kguard.webhook.front.wsgi import Answer, Postponed

_TURN = 0.005
"""Seconds after which the loop, busy with small jobs, looks at its sockets again."""
_LONGEST = 0.01
"""Seconds a job may take on the loop."""
_TOGETHER = 8
"""How many small jobs are done before the first of their answers is sent."""


@record(frozen=False, eq=False)
class Job:
    """Something to evaluate: `work` runs in a thread, `done` with its answer on the loop.

    `shed` is called instead where there is no room for it or it has waited too long. The work of a
    `small` one may also be called on the loop, with a time at which it raises Postponed.
    """

    work: Callable[..., Answer]
    done: Callable[[Answer], None]
    shed: Callable[[], None]
    large: bool
    small: bool = False
    queue: deque[Job] = field(default_factory=deque, init=False)
    """Where it waits, if it does."""


class Pool:
    """At most `concurrency` threads at work, of them one at a large job; everything else waits.

    The loop alone decides who is next, so nothing is locked: when one is done, its thread sleeps
    until the loop has sent the answer, instead of competing with it for the interpreter.

    From the loop to a thread and back takes as long as a small job: the processor that goes on has
    other things in its caches. So small ones are done on the loop, one after the other, with looks
    at the sockets in between, unless others wait for a thread. For the same reason a few are done
    before any is answered: by turns a review takes a fifth longer.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        self.running: dict[Job, float] = {}  # Each with the monotonic time it began.
        self._loop = loop
        self._limits = limits
        self._deadlines: Deadlines[Job] = Deadlines(loop)
        self._wait: Stage[Job] = self._deadlines.stage(limits.queue_wait, self._late)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._large = False
        self._turning = False  # The loop will do, or does, small jobs.
        self._on_loop = False  # It is at one.
        self._for_loop: deque[Job] = deque()
        self._answers: deque[tuple[Job, Answer]] = deque()  # Of small jobs, not sent yet.
        self._for_threads: deque[Job] = deque()
        self._large_ones: deque[Job] = deque()
        for number in range(limits.concurrency):
            name = f"evaluate-{number}"
            threading.Thread(target=with_room(self._work), name=name, daemon=True).start()

    def submit(self, job: Job) -> None:
        """Run a job now or as soon as there is room, or shed it."""
        here = job.small and not self._for_threads and not self._large_ones
        if not here and self._fits(job):
            self._start(job)
        elif len(self._wait.waiting) >= self._limits.queue:
            job.shed()
        else:
            others = self._large_ones if job.large else self._for_threads
            job.queue = self._for_loop if here else others
            job.queue.append(job)
            self._deadlines.move(job, None, self._wait)
            if here and not self._turning:
                self._turning = True
                self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Do some small jobs on the loop, then send their answers."""
        end = self._loop.time() + _TURN
        try:
            while self._for_loop and len(self._answers) < _TOGETHER:
                self._do(self._taken(self._for_loop))
                if self._loop.time() > end:  # Asked last, so that each turn does one.
                    break
            while self._answers:
                job, answer = self._answers.popleft()
                job.done(answer)
        finally:  # Whatever becomes of one, the others are not left waiting.
            self._turning = bool(self._for_loop or self._answers)
            if self._turning:
                self._loop.call_soon(self._turn)

    def _do(self, job: Job) -> None:
        """Do a small job on the loop, or leave it to a thread."""
        self._on_loop = True
        try:
            answer = job.work(self._loop.time() + _LONGEST)
        except Postponed:
            answer = None
        finally:
            self._on_loop = False
        if answer is None:
            job.small = False
            self.submit(job)
        else:
            self._answers.append((job, answer))

    def inflight(self) -> int:
        """Evaluations at this moment, wherever they are. For any thread."""
        return len(self.running) + self._on_loop

    def cancel(self, job: Job) -> None:
        """Forget a job that nobody waits for any more; one that runs goes on."""
        if job in self._wait.waiting:
            job.queue.remove(job)
            self._deadlines.move(job, self._wait, None)

    def stuck(self) -> float:
        """Seconds for which every thread has been at the same job; 0 while one is free."""
        running = list(self.running.values())
        if len(running) < self._limits.concurrency:
            return 0.0
        return time.monotonic() - max(running)

    def close(self) -> None:
        """End the threads that are at no job."""
        for _ in range(self._limits.concurrency):
            self._jobs.put(None)

    def _fits(self, job: Job) -> bool:
        return len(self.running) < self._limits.concurrency and not (job.large and self._large)

    def _start(self, job: Job) -> None:
        self.running[job] = time.monotonic()
        self._large = self._large or job.large
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            answer = job.work()
            try:
                self._loop.call_soon_threadsafe(self._done, job, answer)
            except RuntimeError:  # The loop is closed: nobody waits any more.
                return
            del job, answer  # While it sleeps, the thread would keep the last request's body.

    def _done(self, job: Job, answer: Answer) -> None:
        del self.running[job]
        if job.large:
            self._large = False
        for waiting in (self._for_threads, self._large_ones):
            if waiting and self._fits(waiting[0]):
                self._start(self._taken(waiting))
        job.done(answer)

    def _taken(self, waiting: deque[Job]) -> Job:
        """The job that has waited longest in a queue, which has one."""
        job = waiting.popleft()
        self._deadlines.move(job, self._wait, None)
        return job

    def _late(self, job: Job) -> None:
        job.queue.remove(job)
        job.shed()
