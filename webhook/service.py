"""One review from bytes to bytes: reading, judging, answering, counting, logging."""

from __future__ import annotations

import datetime
import gc
import logging
import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from kguard import quantity
from kguard.kube import argo
from kguard.record import record
from kguard.webhook import wire
from kguard.webhook.answer import review_answer, words
from kguard.webhook.counting import count
from kguard.webhook.front.wsgi import Postponed
from kguard.webhook.policyset import PolicySet
from kguard.webhook.request import NotAReview, read_request
from kguard.webhook.review import failed, review

if TYPE_CHECKING:
    from kguard.webhook.cluster.snapshot import Snapshot
    from kguard.webhook.log import Log
    from kguard.webhook.metrics import Metrics

_LOG = logging.getLogger(__name__)

MARGIN = 0.5
"""Seconds kept back from the caller's timeout for the way there and back."""

_LEAST = 0.1
"""Seconds a review gets, however short the caller's timeout is."""

_COLLECT_EVERY = 16 * 2**20
"""Bytes of bodies between two looks of the garbage collector; objects take ten times as many."""

_LONG_WORKFLOW = 8 * 2**10
"""Bytes of a review about a workflow from which on there is no point in trying it on the
server's loop: a KiB takes up to a millisecond, of other objects a twentieth of that. What a short
one refers to may be long: for that the facts look at the clock themselves."""

_LONGEST = 30.0
"""Seconds: the most `timeoutSeconds` of a webhook can be (k8s.io/api admissionregistration/v1)."""


@record
class Answer:
    """What goes back to the caller: a status of HTTP and a body of JSON."""

    status: int
    body: bytes


class Service:
    """Answers reviews by the policies and the cluster as they are at that moment."""

    def __init__(
        self,
        policies: Callable[[], PolicySet],
        world: Callable[[], Snapshot],
        metrics: Metrics,
        log: Log,
        *,
        timeout: float = 4.5,
        today: Callable[[], datetime.date] | None = None,
    ) -> None:
        """`timeout` in seconds is for requests that name none."""
        self._policies, self._world = policies, world
        self._metrics, self._log = metrics, log
        self._timeout = timeout
        self._seen = 0
        self._today = today or (lambda: datetime.datetime.now(datetime.UTC).date())

    def answer(
        self,
        body: bytes,
        query: str,
        started: float,
        trace: str = "",
        *,
        timed: bool = False,
        until: float | None = None,
    ) -> Answer:
        """The answer to a review that came in at `started` (time.monotonic()).

        From the moment the uid is known the answer is a review with status 200: with any other
        the API server would fall back on the webhook's failurePolicy. `timed` says that the
        metrics are to be told how long its phases and policies took. Raises Postponed where the
        policies are not through at `until`, or cannot be.
        """
        read = time.monotonic()
        times: list[tuple[str, float]] = []
        try:
            request = read_request(body)
        except NotAReview as error:
            self._metrics.admission_errors.labels("not-a-review").inc()
            return _problem(HTTPStatus.BAD_REQUEST, str(error))
        workflow = (request.group, request.kind) in argo.KINDS
        if until is not None and workflow and len(body) >= _LONG_WORKFLOW:
            raise Postponed
        parsed = time.monotonic()
        deadline = started + self._allowance(query)

        def expired(needed: float = 0.0) -> bool:
            now = time.monotonic() + needed
            if until is not None and now >= until:
                raise Postponed
            return now >= deadline

        policies, world = self._policies(), self._world()
        try:
            decision = review(
                request,
                policies,
                world,
                today=self._today(),
                expired=expired,
                took=(lambda policy, seconds: times.append((policy, seconds))) if timed else None,
            )
            answer = wire.dumps(review_answer(decision, words(decision)))
        except Exception as error:  # A bug must not turn into what failurePolicy makes of a 500.
            decision = failed(request, policies, world, error)
            answer = wire.dumps(review_answer(decision, words(decision)))
        done = time.monotonic()
        # How long reading and writing took is for the server to say.
        phases = {"parse": parsed - read, "evaluate": done - parsed} if timed else {}
        try:
            count(self._metrics, decision, done - started, phases, times)
            for crash in decision.crashes:
                self._log.event("error", "policy crashed", uid=request.uid, error=named(crash))
                # Its frames hold the decision, which holds it: only the collector would free them.
                crash.__traceback__ = crash.__context__ = crash.__cause__ = None
            self._collect(len(body))
            self._log.decision(decision, done - started, trace)
        except Exception:  # The answer stands: what is written about it must not cost it.
            _LOG.exception("a review could not be counted or logged")
        return Answer(HTTPStatus.OK, answer)

    def _collect(self, size: int) -> None:
        """Have the garbage collector look after so many bytes of bodies.

        It counts objects, not their size, and looks seldom (serve.py). There should be nothing for
        it; but what a bug leaves behind must not add up to the memory of the pod.
        """
        self._seen += size
        if self._seen >= _COLLECT_EVERY:
            self._seen = 0
            gc.collect()

    def _allowance(self, query: str) -> float:
        """Seconds that a request has in all."""
        seconds = _timeout(query)
        if not 0 < seconds <= _LONGEST:
            return self._timeout
        return max(seconds - MARGIN, _LEAST)


@lru_cache(maxsize=16)  # An API server always says the same.
def _timeout(query: str) -> float:
    """Seconds in the `?timeout=` of a query, a Go duration; 0 where there is none to be read."""
    try:
        given = parse_qs(query, max_num_fields=10).get("timeout", [""])[-1] if query else ""
        return quantity.parse_go_duration(given) / 1e9 if given else 0.0
    except ValueError:
        return 0.0


def named(error: Exception) -> str:
    """An exception by its type and the line it came from: its text may hold values."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return type(error).__name__
    where = last.tb_frame.f_globals.get("__name__", "?")
    return f"{type(error).__name__} in {where}:{last.tb_lineno}"


def _problem(status: HTTPStatus, message: str) -> Answer:
    return Answer(status, wire.dumps({"error": message}))
