"""How long a watch waits after failures."""

from __future__ import annotations

from random import Random

from kguard.record import replace
from kguard.webhook.cluster.pace import Backoff, Pace

PACE = Pace()


def test_waits_double_up_to_the_most_and_are_spread_over_all_of_it() -> None:
    runs = []
    for seed in range(300):
        backoff = Backoff(PACE, Random(seed))
        runs.append([backoff.failed() for _ in range(10)])
    tops = [max(waits) for waits in zip(*runs, strict=True)]
    bounds = [min(PACE.most, PACE.first * 2**number) for number in range(10)]
    for top, bound in zip(tops, bounds, strict=True):
        assert 0.9 * bound < top <= bound
    assert min(waits[-1] for waits in runs) < 0.1 * PACE.most


def test_a_thousand_failures_are_one_too_many_for_no_float() -> None:
    backoff = Backoff(PACE, Random(1))
    assert max(backoff.failed() for _ in range(5000)) <= PACE.most


def test_success_makes_it_begin_anew() -> None:
    backoff = Backoff(PACE, Random(1))
    for _ in range(20):
        backoff.failed()
    backoff.good()
    assert backoff.failures == 0
    assert backoff.failed() <= PACE.first


def test_the_api_server_is_waited_for_as_long_as_it_asks() -> None:
    backoff = Backoff(replace(PACE, first=0.001, most=0.001), Random(1))
    assert backoff.failed(7.0) == 7.0


def test_what_is_absent_is_looked_for_every_few_minutes() -> None:
    waits = [Backoff(PACE, Random(seed)).rarely() for seed in range(100)]
    assert PACE.absent <= min(waits) < max(waits) <= 1.2 * PACE.absent
