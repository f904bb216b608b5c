"""What is missing, refused, out of reach or garbage, and what is then known."""

from __future__ import annotations

from typing import Any

import cluster_fake_api as fake
import pytest
from cluster_fake_api import FakeApi, made
from cluster_seen import CONFIG, KIND, QUICK, Begin, eventually, names, synced, watched

from kguard.webhook.cluster.cluster import Cluster
from kguard.webhook.metrics import Metrics
from kguard.webhook.serve import publish_synced


def unsynced_by_metrics(metrics: Metrics) -> set[str]:
    """The kinds that `kguard_context_synced` tells of as not known; it tells of all of them."""
    (family,) = metrics.context_synced.collect()
    found = {sample.labels["kind"]: sample.value for sample in family.samples}
    assert set(found) == {kind for _, kind in KIND.values()}
    return {kind for kind, value in found.items() if not value}


@pytest.mark.parametrize(
    "path", [fake.TEMPLATES, fake.CLUSTER_TEMPLATES, fake.SCALED, fake.VERTICAL]
)
def test_what_is_not_installed_is_known_to_be_absent(
    api: FakeApi, begun: Begin, said: list[str], path: str
) -> None:
    api.refused[path] = (404, b"404 page not found")
    cluster = begun()
    assert synced(cluster)
    assert (names(cluster, path), said) == ([], [])
    with api.changed:
        api.put(path, made("new", spec={}))
        del api.refused[path]
    eventually(lambda: names(cluster, path), ["new"])
    watched(api, path)
    with api.changed:  # Its operator goes, and all its objects with it.
        api.refused[path] = (404, b"404 page not found")
        api.objects[path].clear()
    api.end()
    eventually(lambda: names(cluster, path), [])
    assert (cluster.snapshot().unsynced, said) == (frozenset(), [])


def test_a_kind_of_kubernetes_itself_is_never_absent(
    api: FakeApi, begun: Begin, said: list[str]
) -> None:
    api.refused[fake.AUTOSCALERS] = (404, b"404 page not found")
    cluster = begun()
    eventually(lambda: cluster.snapshot().unsynced, {KIND[fake.AUTOSCALERS]})
    eventually(lambda: len(said), 1)
    assert said[0].endswith(f"GET {fake.AUTOSCALERS}: 404 Not Found")


@pytest.mark.parametrize("path", KIND)
def test_a_missing_permission_is_said_once(
    api: FakeApi, begun: Begin, said: list[str], path: str
) -> None:
    api.refused[path] = (403, fake.status(403, "forbidden"))
    api.put(path, made("hidden", spec={}))
    cluster, metrics = begun(), Metrics()
    publish_synced(cluster, metrics)
    eventually(lambda: cluster.snapshot().unsynced, {KIND[path]})
    eventually(lambda: len(api.asked(path, watch=False)) > 5, True)
    group, plural = KIND[path][0], path.rpartition("/")[2]
    named = f"`{plural}.{group}`" if group else f"`{plural}`"
    named += f" `{CONFIG}` in namespace `argo`" if path == fake.CONFIG_MAPS else ""
    reason = f"the service account lacks the verb `list` on {named}"
    assert said == [f"not everything in the cluster is known: {reason}"]
    assert cluster.reasons() == {KIND[path]: reason}
    assert unsynced_by_metrics(metrics) == {KIND[path][1]}
    with api.changed:
        api.put(path, made(CONFIG, spec={}))
        del api.refused[path]
    assert synced(cluster)
    assert said[1:] == ["everything in the cluster is known again"]
    assert cluster.reasons() == {}
    assert unsynced_by_metrics(metrics) == set()


def test_a_permission_that_is_taken_away(api: FakeApi, begun: Begin, said: list[str]) -> None:
    api.put(fake.BUDGETS, made("b", "shop", spec={}))
    cluster = begun()
    assert synced(cluster)
    watched(api, fake.BUDGETS)
    with api.changed:
        api.refused[fake.BUDGETS] = (403, fake.status(403))
    api.end()
    eventually(lambda: cluster.snapshot().unsynced, {KIND[fake.BUDGETS]})
    assert said[0].endswith("lacks the verb `watch` on `poddisruptionbudgets.policy`")


def test_an_outage_at_the_start(api: FakeApi, begun: Begin, said: list[str]) -> None:
    api.put(fake.BUDGETS, made("b", "shop", spec={}))
    for path in fake.PATHS:
        api.refused[path] = (503, fake.status(503, "starting"))
    cluster = begun()
    assert cluster.snapshot().unsynced == set(KIND.values())
    assert not synced(cluster, 0.1)
    with api.changed:
        api.refused.clear()
    assert synced(cluster)
    assert names(cluster, fake.BUDGETS) == ["b"]
    assert said[-1] == "everything in the cluster is known again"


def test_an_unreachable_server_is_spoken_of_once(nobody: Any, said: list[str]) -> None:
    cluster = Cluster(nobody, pace=QUICK, say=said.append)
    cluster.start()
    try:
        eventually(lambda: len(set(cluster.reasons().values())), 1)
        assert not synced(cluster, 0.2)
    finally:
        cluster.stop()
    prefix = "not everything in the cluster is known: no answer from the API server: "
    assert said == [f"{prefix}Connection refused"]


def test_a_short_outage_keeps_what_is_known(api: FakeApi, begun: Begin, said: list[str]) -> None:
    api.put(fake.BUDGETS, made("b", "shop", spec={}))
    cluster = begun()
    assert synced(cluster)
    watched(api, fake.BUDGETS)
    with api.changed:
        api.refused[fake.BUDGETS] = (500, b"")
    api.cut()
    eventually(lambda: len(api.asked(fake.BUDGETS, watch=False)) > 4, True)
    assert cluster.snapshot().unsynced == frozenset()
    assert names(cluster, fake.BUDGETS) == ["b"]
    assert said == []


def test_a_long_outage_makes_it_unknown(api: FakeApi, begun: Begin) -> None:
    now = [0.0]
    api.put(fake.BUDGETS, made("b", "shop", spec={}))
    cluster = begun(clock=lambda: now[0])
    assert synced(cluster)
    watched(api, fake.BUDGETS)
    with api.changed:
        api.refused[fake.BUDGETS] = (500, b"")
    api.cut()
    now[0] = QUICK.stale + 1
    eventually(lambda: cluster.snapshot().unsynced, {KIND[fake.BUDGETS]})
    with api.changed:
        del api.refused[fake.BUDGETS]
    assert synced(cluster)
    assert names(cluster, fake.BUDGETS) == ["b"]


GARBAGE_LISTS = {
    "no JSON": b"<html>",
    "empty": b"",
    "not UTF-8": b'{"items": "\xff"}',
    "a number": b"5",
    "items that are no list": b'{"metadata": {"resourceVersion": "1"}, "items": {"a": 1}}',
    "an item that is no object": b'{"metadata": {"resourceVersion": "1"}, "items": [3]}',
    "an item without a name": b'{"metadata": {"resourceVersion": "1"}, "items": [{"spec": {}}]}',
    "no resourceVersion": b'{"items": []}',
    "metadata of another shape": b'{"metadata": [], "items": []}',
    "deeper than any decoder": b"[" * 100_000,
}


@pytest.mark.parametrize("answer", GARBAGE_LISTS.values(), ids=GARBAGE_LISTS)
def test_a_list_that_is_garbage(api: FakeApi, begun: Begin, said: list[str], answer: bytes) -> None:
    api.put(fake.AUTOSCALERS, made("h", "shop", spec={}))
    api.answers[fake.AUTOSCALERS] = [answer]
    cluster = begun()
    assert synced(cluster)
    assert names(cluster, fake.AUTOSCALERS) == ["h"]
    assert len(said) == 2
    assert fake.AUTOSCALERS in said[0]


GARBAGE_EVENTS = {
    "no JSON": b"nonsense",
    "not UTF-8": b'{"type": "\xff"}',
    "a list": b"[]",
    "no object": b'{"type": "ADDED"}',
    "another type": b'{"type": "SHUFFLED", "object": {"metadata": {"resourceVersion": "7"}}}',
    "no name": b'{"type": "ADDED", "object": {"metadata": {"resourceVersion": "999"}}}',
    "an error of the server": b'{"type": "ERROR", "object": {"code": 500, "message": "oh"}}',
    "an error of no shape": b'{"type": "ERROR", "object": 5}',
    "deeper than any decoder": b"[" * 100_000,
}


@pytest.mark.parametrize("line", GARBAGE_EVENTS.values(), ids=GARBAGE_EVENTS)
def test_an_event_that_is_garbage(api: FakeApi, begun: Begin, line: bytes) -> None:
    cluster = begun()
    assert synced(cluster)
    watched(api, fake.AUTOSCALERS)
    api.raw(fake.AUTOSCALERS, line)
    api.put(fake.AUTOSCALERS, made("h", "shop", spec={}))
    # Watches from before the garbage meet it again, until the collection is listed anew.
    eventually(lambda: names(cluster, fake.AUTOSCALERS), ["h"])
    eventually(lambda: len(api.asked(fake.AUTOSCALERS, watch=False)), 2)
