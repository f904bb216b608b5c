"""Bursts, large clusters, threads that die, and what is asked for at all."""

from __future__ import annotations

import threading
import time
from typing import Any

import cluster_fake_api as fake
import pytest
from cluster_fake_api import FakeApi, made
from cluster_seen import CONFIG, KIND, QUICK, Begin, eventually, names, near, synced, watched

from kguard.index import Index
from kguard.record import replace
from kguard.webhook.cluster.snapshot import Snapshot
from kguard.webhook.metrics import Metrics
from kguard.webhook.serve import publish_synced


def test_watches_that_end_at_once_are_not_hammered(api: FakeApi, begun: Begin) -> None:
    cluster = begun(replace(QUICK, first=30.0, most=30.0))
    assert synced(cluster)
    watched(api, fake.BUDGETS)
    api.end()
    eventually(lambda: api.watching[fake.BUDGETS], 0)
    time.sleep(0.1)
    assert len(api.asked(fake.BUDGETS, watch=True)) <= 2


def test_a_silent_server(api: FakeApi, begun: Begin, said: list[str]) -> None:
    api.silent.set()
    cluster = begun(replace(QUICK, read=0.1))
    eventually(lambda: len(said), 1)
    assert said[0].endswith("no answer from the API server: no answer in time")
    api.speak()
    assert synced(cluster)


def test_a_watch_that_falls_silent_is_given_up(
    api: FakeApi, begun: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kguard.webhook.cluster.reflector._MARGIN", 0.1)
    cluster = begun(replace(QUICK, watch=(0, 0)))
    assert synced(cluster)
    eventually(lambda: len(api.asked(fake.BUDGETS, watch=True)) > 2, True)
    assert cluster.snapshot().unsynced == frozenset()


def test_changes_of_status_are_no_changes(api: FakeApi, begun: Begin) -> None:
    path = fake.AUTOSCALERS
    api.put(path, made("h", "shop", spec={"maxReplicas": 3}, status={"currentReplicas": 1}))
    cluster = begun()
    assert synced(cluster)
    eventually(lambda: cluster.snapshot().kube, (1, 31))
    watched(api, path)
    before = cluster.snapshot()
    for number in range(20):
        api.put(
            path, made("h", "shop", spec={"maxReplicas": 3}, status={"currentReplicas": number})
        )
    api.put(fake.NAMESPACES, made("last"))
    eventually(lambda: "last" in cluster.snapshot().namespaces, True)
    api.put(path, made("later", "shop", spec={}))
    eventually(lambda: names(cluster, path), ["h", "later"])
    place = (near(), *KIND[path], "h")
    assert cluster.snapshot().index.named(*place) == before.index.named(*place)


def test_a_burst_becomes_few_snapshots(api: FakeApi, begun: Begin) -> None:
    cluster = begun(replace(QUICK, fold=0.2))
    assert synced(cluster)
    watched(api, fake.TEMPLATES)
    seen: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(id(cluster.snapshot()))
            time.sleep(0.001)

    looking = threading.Thread(target=look)
    looking.start()
    begun_at = time.monotonic()
    for number in range(3000):
        api.put(fake.TEMPLATES, made(f"t{number % 100}", "shop", spec={"x": number}))
    expected = [2900 + number for number in range(100)]

    def values() -> Any:
        found = cluster.snapshot().index.in_unit(near(), *KIND[fake.TEMPLATES])
        return sorted(each.data["spec"]["x"] for each in found)

    eventually(values, expected, 20)
    took = time.monotonic() - begun_at
    done.set()
    looking.join()
    assert len(seen) <= took / 0.2 + 3


def test_snapshots_do_not_change(api: FakeApi, begun: Begin) -> None:
    api.put(fake.BUDGETS, made("b", "shop", spec={}))
    cluster = begun()
    assert synced(cluster)
    watched(api, fake.BUDGETS)
    before = cluster.snapshot()
    api.delete(fake.BUDGETS, "b", "shop")
    eventually(lambda: names(cluster, fake.BUDGETS), [])
    assert [each.name for each in before.index.in_unit(near(), *KIND[fake.BUDGETS])] == ["b"]


def test_what_is_used_from_everywhere_is_left_out_for_everybody(api: FakeApi, begun: Begin) -> None:
    api.put(fake.CONFIG_MAPS, made(CONFIG, "argo", data={"parallelism": "10"}))
    cluster = begun(replace(QUICK, size=1000))
    eventually(lambda: cluster.snapshot().unknown_to("shop"), {KIND[fake.CONFIG_MAPS]})


def test_what_is_used_from_everywhere_misses_what_is_left_out_anywhere() -> None:
    budgets, ranges = KIND[fake.BUDGETS], KIND[fake.LIMIT_RANGES]
    left = {"full": frozenset({budgets}), "fuller": frozenset({budgets, ranges})}
    assert Snapshot(Index(()), left_out=left).unknown_to(None) == {budgets, ranges}


@pytest.mark.parametrize("when", ["listed", "watched"])
def test_too_much_in_one_namespace(api: FakeApi, begun: Begin, said: list[str], when: str) -> None:
    """Whoever fills a namespace of theirs harms themselves: all others are known as before."""
    path = fake.BUDGETS

    def fill() -> None:
        for number in range(40):
            api.put(path, made(f"b{number}", "full", spec={"text": "x" * 100}))

    api.put(path, made("mine", "shop", spec={}))
    api.put(fake.AUTOSCALERS, made("mine", "full", spec={}))
    if when == "listed":
        fill()
    cluster, metrics = begun(replace(QUICK, size=40_000)), Metrics()
    publish_synced(cluster, metrics)
    if when == "watched":
        assert synced(cluster)
        watched(api, path)
        fill()
    eventually(lambda: cluster.snapshot().left_out, {"full": {KIND[path]}})
    eventually(lambda: names(cluster, path), ["mine"])
    assert synced(cluster)
    assert names(cluster, fake.AUTOSCALERS) == ["mine"]
    assert KIND[path] in cluster.snapshot().unknown_to("full")
    assert cluster.snapshot().unknown_to("shop") == frozenset()
    eventually(lambda: len(said), 1)
    assert "the `poddisruptionbudgets.policy` of namespace `full` take the most" in said[0]
    (family,) = metrics.context_left_out.collect()
    left = {each.labels["kind"]: each.value for each in family.samples}
    assert {kind for kind, value in left.items() if value} == {"PodDisruptionBudget"}
    watched(api, path)
    api.end()  # It is listed anew, and there is still no room.
    watched(api, path)
    assert cluster.snapshot().left_out == {"full": {KIND[path]}}
    with api.changed:
        for number in range(39):
            api.objects[path].pop(("full", f"b{number}"))
    api.end()
    eventually(lambda: cluster.snapshot().left_out, {})
    eventually(lambda: names(cluster, path), ["b39", "mine"])
    eventually(
        lambda: said[1:], ["the `poddisruptionbudgets.policy` of namespace `full` are known again"]
    )


def test_too_much_of_what_is_in_no_namespace(api: FakeApi, begun: Begin) -> None:
    path = fake.CLUSTER_TEMPLATES
    api.put(fake.BUDGETS, made("mine", "shop", spec={}))
    for number in range(40):
        api.put(path, made(f"t{number}", spec={}))
    cluster = begun(replace(QUICK, size=20_000))
    eventually(lambda: cluster.snapshot().unsynced, {KIND[path]})
    eventually(lambda: names(cluster, path), [])


def test_changes_of_one_object_do_not_add_up(api: FakeApi, begun: Begin, said: list[str]) -> None:
    cluster = begun(replace(QUICK, size=8000))
    assert synced(cluster)
    watched(api, fake.BUDGETS)
    for number in range(30):
        api.put(fake.BUDGETS, made("b", "shop", spec={"number": number}))
        if number % 3 == 2:
            api.delete(fake.BUDGETS, "b", "shop")
    api.put(fake.BUDGETS, made("last", "shop", spec={}))
    eventually(lambda: names(cluster, fake.BUDGETS), ["last"])
    assert said == []


def test_deep_objects_do_not_hide_the_others(api: FakeApi, begun: Begin) -> None:
    deep = b'{"x":' * 3000 + b"1" + b"}" * 3000
    template = (
        b'{"metadata": {"name": "%s", "namespace": "shop", "resourceVersion": "9"}, "spec": %s}'
    )
    listed = b'{"metadata": {"resourceVersion": "9"}, "items": [%s, %s]}'
    api.answers[fake.TEMPLATES] = [listed % (template % (b"deep", deep), template % (b"ok", b"{}"))]
    cluster = begun()
    assert synced(cluster)
    assert names(cluster, fake.TEMPLATES) == ["deep", "ok"]
    watched(api, fake.TEMPLATES)
    event = b'{"type": "ADDED", "object": %s}' % (template % (b"later", deep))
    api.raw(fake.TEMPLATES, event.replace(b'"9"', b'"999"'))
    eventually(lambda: names(cluster, fake.TEMPLATES), ["deep", "later", "ok"])


def test_readiness_waits_for_the_cluster_only_for_a_while(api: FakeApi, begun: Begin) -> None:
    now = [1000.0]
    api.refused[fake.BUDGETS] = (503, b"")
    cluster = begun(clock=lambda: now[0])
    eventually(cluster.problems, ["not read from the cluster yet: PodDisruptionBudget"])
    now[0] += QUICK.start
    assert cluster.problems() == []
    now[0] -= 1
    assert cluster.problems() == ["not read from the cluster yet: PodDisruptionBudget"]
    with api.changed:
        api.refused.clear()
    assert synced(cluster)
    assert cluster.problems() == []
    watched(api, fake.BUDGETS)
    with api.changed:
        api.refused[fake.BUDGETS] = (403, fake.status(403))
    api.end()
    eventually(lambda: cluster.snapshot().unsynced, {KIND[fake.BUDGETS]})
    assert cluster.problems() == []


def test_a_refusal_is_believed_when_it_lasts(api: FakeApi, begun: Begin, said: list[str]) -> None:
    """An API server that has just started refuses everybody until it has read its roles."""
    api.put(fake.BUDGETS, made("b", "shop", spec={}))
    cluster = begun(replace(QUICK, first=0.2, most=0.5))
    assert synced(cluster)
    for _ in range(3):
        watched(api, fake.BUDGETS)
        with api.changed:
            api.requests.clear()
            api.refused[fake.BUDGETS] = (403, fake.status(403))
        api.end()
        eventually(lambda: bool(api.asked(fake.BUDGETS, watch=True)), True)
        with api.changed:
            api.refused.clear()
        eventually(lambda: names(cluster, fake.BUDGETS), ["b"])
    assert said == []


def test_a_dead_thread_is_a_problem(begun: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = begun()
    assert synced(cluster)
    dead = threading.Thread(target=lambda: None, name="cluster x")
    dead.start()
    dead.join()
    cluster._threads.append(dead)
    assert cluster.problems() == ["a thread has ended: cluster x"]


def test_a_snapshot_that_fails_is_a_problem(
    api: FakeApi, begun: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that knows nothing new for ever has to be started anew."""
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    cluster = begun()
    assert synced(cluster)
    watched(api, fake.BUDGETS)
    assert cluster.dead() == []
    monkeypatch.setattr(cluster, "_folded", None)
    api.put(fake.BUDGETS, made("b", "shop", spec={}))
    eventually(cluster.dead, ["a thread has ended: cluster snapshots"])
    assert cluster.problems() == cluster.dead()


def test_the_collector_is_told_of_many_objects(api: FakeApi, begun: Begin) -> None:
    told: list[None] = []
    for number in range(1003):
        api.put(fake.LIMIT_RANGES, made(f"l{number}", "shop"))
    cluster = begun(settle=lambda: told.append(None))
    assert synced(cluster)
    eventually(lambda: len(told), 1)


def test_stopping_is_quick_and_quiet(
    api: FakeApi, begun: Begin, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = begun()
    assert synced(cluster)
    watched(api, *fake.PATHS)
    before = time.monotonic()
    cluster.stop()
    assert time.monotonic() - before < 1
    assert [each.name for each in cluster._threads if each.is_alive()] == []
    assert (said, capsys.readouterr().err) == ([], "")


def test_the_token_is_sent(api: FakeApi, begun: Begin) -> None:
    assert synced(begun())
    assert {headers["authorization"] for headers in api.headers} == {"Bearer letmein"}


def test_no_secret_is_ever_asked_for(api: FakeApi, begun: Begin) -> None:
    assert synced(begun())
    watched(api, *fake.PATHS)
    assert {path for path, _ in api.requests} - {"/version"} == set(fake.PATHS)
    selectors = {q.get("fieldSelector") for p, q in api.requests if p == fake.CONFIG_MAPS}
    assert selectors == {f"metadata.name={CONFIG}"}
