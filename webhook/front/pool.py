"""Evaluations at once, and the queue in front of them."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from kguard.record import record
from kguard.webhook.front.deadlines import Deadlines, Stage
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.wsgi import Answer, Postponed

_TURN = 0.01
"""Seconds for which connections may have to wait for jobs on the loop."""


@record(eq=False)
class Job:
    """Something to evaluate: `work` runs in a thread, `done` with its answer on the loop.

    `shed` is called instead where there is no room for it or it has waited too long. With a time as
    its argument, `work` may be called on the loop: it raises Postponed at that time.
    """

    work: Callable[..., Answer]
    done: Callable[[Answer], None]
    shed: Callable[[], None]
    large: bool


class Pool:
    """At most `concurrency` threads at work, of them one at a large job; everything else waits.

    The loop alone decides who is next, so nothing is locked: when one is done, its thread sleeps
    until the loop has sent the answer, instead of competing with it for the interpreter.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        self.running: dict[Job, float] = {}  # Each with the monotonic time it began.
        self._loop = loop
        self._limits = limits
        self._deadlines: Deadlines[Job] = Deadlines(loop)
        self._wait: Stage[Job] = self._deadlines.stage(limits.queue_wait, self._late)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._large = False
        self._turn: float | None = None
        self._on_loop = 0
        self._small: deque[Job] = deque()
        self._big: deque[Job] = deque()
        for number in range(limits.concurrency):
            name = f"evaluate-{number}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def at_once(self, job: Job) -> Answer | None:
        """The answer, worked out on the loop; None where it is left to the threads.

        From the loop to a thread and back takes as long as a small job: the processor that goes on
        has other things in its caches. So what is small is done here, for a few milliseconds
        between two looks at the sockets, unless others wait for a thread.
        """
        now = self._loop.time()
        if self._turn is None:
            self._turn = now
            self._loop.call_soon(self._end_turn)
        if self._wait.waiting or now - self._turn > _TURN / 2:
            return None
        self._on_loop = 1
        try:
            return job.work(self._turn + _TURN)
        except Postponed:
            return None
        finally:
            self._on_loop = 0

    def _end_turn(self) -> None:
        self._turn = None

    def submit(self, job: Job) -> None:
        """Run a job now or as soon as there is room, or shed it."""
        if self._fits(job):
            self._start(job)
        elif len(self._wait.waiting) < self._limits.queue:
            (self._big if job.large else self._small).append(job)
            self._deadlines.move(job, None, self._wait)
        else:
            job.shed()

    def inflight(self) -> int:
        """Evaluations at this moment, wherever they are. For any thread."""
        return len(self.running) + self._on_loop

    def cancel(self, job: Job) -> None:
        """Forget a job that nobody waits for any more; one that runs goes on."""
        if job in self._wait.waiting:
            self._remove(job)
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
        for waiting in (self._small, self._big):
            if waiting and self._fits(waiting[0]):
                following = waiting.popleft()
                self._deadlines.move(following, self._wait, None)
                self._start(following)
        job.done(answer)

    def _late(self, job: Job) -> None:
        self._remove(job)
        job.shed()

    def _remove(self, job: Job) -> None:
        (self._big if job.large else self._small).remove(job)
