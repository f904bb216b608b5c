"""How long a watch waits after failures."""

from __future__ import annotations

from random import Random
from typing import Any

from cluster_fake_api import BUDGETS, FakeApi
from cluster_seen import KIND, QUICK, Begin, eventually, synced, watched

from kguard.record import replace
from kguard.webhook.cluster.cluster import Cluster
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


def test_a_quiet_watch_is_not_taken_for_a_dead_one() -> None:
    # The API server sends a bookmark every minute (k8s.io/apiserver pkg/storage/cacher).
    assert PACE.stale > 2 * 60


def test_what_was_not_heard_of_for_as_long_as_a_watch_lasts_is_unknown(
    api: FakeApi, begun: Begin
) -> None:
    now = [0.0]
    cluster = begun(replace(QUICK, stale=PACE.stale), clock=lambda: now[0])
    assert synced(cluster)
    watched(api, BUDGETS)
    with api.changed:
        api.refused[BUDGETS] = (500, b"")
    api.cut()
    now[0] = float(max(PACE.watch))
    eventually(lambda: cluster.snapshot().unsynced, {KIND[BUDGETS]})


def test_an_api_server_that_waits_for_the_webhook_is_not_waited_for(nobody: Any) -> None:
    # kubeadm gives an API server four minutes to come up (its manifest's startupProbe).
    now = [0.0]
    cluster = Cluster(nobody, pace=PACE, say=lambda _: None, clock=lambda: now[0])
    cluster.start()
    try:
        assert cluster.problems()
        now[0] = 60.0
        assert cluster.problems() == []
    finally:
        cluster.stop()
