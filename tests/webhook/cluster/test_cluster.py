"""What the API server does, and what the snapshots then say."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import cluster_fake_api as fake
import pytest
from cluster_fake_api import FakeApi, made

from kguard.model import Origin, Resource
from kguard.record import replace
from kguard.webhook.cluster.cluster import Cluster
from kguard.webhook.cluster.pace import Pace
from kguard.webhook.cluster.sources import config_maps
from kguard.webhook.metrics import Metrics
from kguard.webhook.serve import publish_synced

Begin = Callable[..., Cluster]
QUICK = Pace(first=0.02, most=0.05, absent=0.05, fold=0.01, read=5.0)
KIND = {
    fake.LIMIT_RANGES: ("", "LimitRange"),
    fake.AUTOSCALERS: ("autoscaling", "HorizontalPodAutoscaler"),
    fake.BUDGETS: ("policy", "PodDisruptionBudget"),
    fake.TEMPLATES: ("argoproj.io", "WorkflowTemplate"),
    fake.CLUSTER_TEMPLATES: ("argoproj.io", "ClusterWorkflowTemplate"),
    fake.SCALED: ("keda.sh", "ScaledObject"),
    fake.VERTICAL: ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    fake.CONFIG_MAPS: ("", "ConfigMap"),
    fake.NAMESPACES: ("", "Namespace"),
}
CONFIG = "workflow-controller-configmap"


def near(namespace: str | None = "shop") -> Resource:
    return Resource({}, Origin(""), namespace=namespace)


def names(cluster: Cluster, path: str) -> list[str]:
    return sorted(each.name for each in cluster.snapshot().index.in_unit(near(), *KIND[path]))


def eventually(said: Callable[[], Any], expected: Any, seconds: float = 10) -> None:
    """Wait until something comes to be as it is expected; shows what it was instead."""
    until = time.monotonic() + seconds
    while (actual := said()) != expected and time.monotonic() < until:
        time.sleep(0.005)
    assert actual == expected


def synced(cluster: Cluster, seconds: float = 10) -> bool:
    """Whether all kinds are known, at the latest after so many seconds."""
    until = time.monotonic() + seconds
    while cluster.snapshot().unsynced and time.monotonic() < until:
        time.sleep(0.005)
    return not cluster.snapshot().unsynced


def unsynced_by_metrics(metrics: Metrics) -> set[str]:
    """The kinds that `kguard_context_synced` tells of as not known; it tells of all of them."""
    (family,) = metrics.context_synced.collect()
    found = {sample.labels["kind"]: sample.value for sample in family.samples}
    assert set(found) == {kind for _, kind in KIND.values()}
    return {kind for kind, value in found.items() if not value}


def watched(api: FakeApi, *paths: str) -> None:
    """Wait until watches of these collections are held."""
    with api.changed:
        assert api.changed.wait_for(lambda: all(api.watching[p] == 1 for p in paths), 10)


@pytest.mark.parametrize("path", [p for p in KIND if p not in (fake.NAMESPACES, fake.CONFIG_MAPS)])
def test_objects_come_change_and_go(api: FakeApi, begun: Begin, path: str) -> None:
    namespace = None if path == fake.CLUSTER_TEMPLATES else "shop"
    api.put(path, made("first", namespace, spec={"x": 1}))
    cluster = begun()
    assert synced(cluster)
    assert names(cluster, path) == ["first"]
    watched(api, path)
    api.put(path, made("second", namespace, spec={"x": 1}))
    eventually(lambda: names(cluster, path), ["first", "second"])
    api.put(path, made("second", namespace, spec={"x": 2}))

    def value() -> Any:
        (found,) = cluster.snapshot().index.named(near(namespace), *KIND[path], "second")
        return found.data["spec"]["x"]

    eventually(value, 2)
    api.delete(path, "first", namespace)
    eventually(lambda: names(cluster, path), ["second"])
    (found,) = cluster.snapshot().index.named(near(namespace), *KIND[path], "second")
    assert (found.context, found.unit, found.namespace) == (True, "", namespace)
    assert found.data["kind"] == found.kind == KIND[path][1]
    assert found.data["apiVersion"] == found.api_version


def test_namespaces(api: FakeApi, begun: Begin) -> None:
    def put(name: str, **labels: Any) -> None:
        item = made(name)
        item["metadata"]["labels"] = labels
        api.put(fake.NAMESPACES, item)

    put("shop", team="a")
    api.put(fake.NAMESPACES, made("bare"))
    cluster = begun()
    assert synced(cluster)
    before = cluster.snapshot()
    assert before.namespaces == {"shop": {"team": "a"}, "bare": {}}
    watched(api, fake.NAMESPACES)
    put("shop", team="b")
    api.delete(fake.NAMESPACES, "bare")
    eventually(lambda: cluster.snapshot().namespaces, {"shop": {"team": "b"}})
    assert before.namespaces == {"shop": {"team": "a"}, "bare": {}}


def test_version_of_the_api_server(begun: Begin) -> None:
    cluster = begun()
    eventually(lambda: cluster.snapshot().kube, (1, 31))


@pytest.mark.parametrize(
    "answer", [b"{}", b"[]", b"nonsense", b'{"major": "", "minor": "x"}'], ids=lambda a: a.decode()
)
def test_version_that_cannot_be_read(api: FakeApi, begun: Begin, answer: bytes) -> None:
    api.answers["/version"] = [answer]
    cluster = begun()
    eventually(lambda: cluster.snapshot().kube, (1, 31))
    assert len(api.asked("/version", watch=False)) == 2


def test_controller_configuration(api: FakeApi, begun: Begin) -> None:
    api.put(fake.CONFIG_MAPS, made("secrets-of-others", "shop", data={"a": "b"}))
    cluster = begun()
    assert synced(cluster)
    assert cluster.snapshot().argo_controller is None
    watched(api, fake.CONFIG_MAPS)
    api.put(fake.CONFIG_MAPS, made(CONFIG, "argo", data={"parallelism": "10"}))

    def seen() -> Any:
        found = cluster.snapshot().argo_controller
        return found and (found.namespace, found.data["data"])

    eventually(seen, ("argo", {"parallelism": "10"}))
    found = cluster.snapshot().argo_controller
    assert found in cluster.snapshot().index.in_unit(near(), "", "ConfigMap")
    api.put(fake.CONFIG_MAPS, made(CONFIG, "other", data={}))
    eventually(seen, None)
    assert names(cluster, fake.CONFIG_MAPS) == [CONFIG, CONFIG]
    api.delete(fake.CONFIG_MAPS, CONFIG, "other")
    eventually(seen, ("argo", {"parallelism": "10"}))


def test_configurations_by_place(api: FakeApi, begun: Begin) -> None:
    for namespace in ("one", "two", "three"):
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        api.put(path, made("mine", namespace, data={}))
    cluster = begun(argo_configmaps=["one/mine", "two/mine"])
    assert synced(cluster)
    found = cluster.snapshot().index.in_unit(near(), "", "ConfigMap")
    assert sorted(str(each.namespace) for each in found) == ["one", "two"]
    assert cluster.snapshot().argo_controller is None
    assert {p for p, _ in api.requests if "configmaps" in p} == {
        "/api/v1/namespaces/one/configmaps",
        "/api/v1/namespaces/two/configmaps",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a"], [("", "a")]),
        (["a", "a", "x/a"], [("", "a")]),
        (["x/a", "y/a", "x/b"], [("x", "a"), ("y", "a"), ("x", "b")]),
        ([], []),
    ],
)
def test_names_of_configurations(given: list[str], expected: list[tuple[str, str]]) -> None:
    assert [(each.namespace, each.name) for each in config_maps(given)] == expected


@pytest.mark.parametrize("given", ["", "/a", "a/", "a/b/c", "A", "a b", "a%2f", "../x", "x" * 300])
def test_names_that_cannot_be(given: str) -> None:
    with pytest.raises(ValueError, match="is no name of a ConfigMap"):
        config_maps([given])


def test_long_lists_come_in_pages(api: FakeApi, begun: Begin) -> None:
    for number in range(1203):
        api.put(fake.LIMIT_RANGES, made(f"l{number:04}", "shop"))
    cluster = begun()
    assert synced(cluster)
    assert names(cluster, fake.LIMIT_RANGES) == [f"l{number:04}" for number in range(1203)]
    asked = api.asked(fake.LIMIT_RANGES, watch=False)
    assert [query["limit"] for query in asked] == ["500"] * 3
    assert ["continue" in query for query in asked] == [False, True, True]


def test_large_pages_are_asked_for_smaller(api: FakeApi, begun: Begin) -> None:
    for number in range(120):
        spec = {"text": f"{number}" * 20_000}
        api.put(fake.TEMPLATES, made(f"t{number:03}", "shop", spec=spec))
    cluster = begun()
    assert synced(cluster, 20)
    assert len(names(cluster, fake.TEMPLATES)) == 120
    limits = [query["limit"] for query in api.asked(fake.TEMPLATES, watch=False)]
    assert limits[:2] == ["500", "100"]


def test_a_list_whose_token_expires_begins_anew(
    api: FakeApi, begun: Begin, said: list[str]
) -> None:
    for number in range(600):
        api.put(fake.LIMIT_RANGES, made(f"l{number}", "shop"))
    token = {"metadata": {"resourceVersion": "1", "continue": "1:500"}, "items": []}
    api.answers[fake.LIMIT_RANGES] = [json.dumps(token).encode()]
    api.oldest = 2
    cluster = begun()
    assert synced(cluster)
    assert len(names(cluster, fake.LIMIT_RANGES)) == 600
    assert said == []


def test_a_list_that_does_not_end(api: FakeApi, begun: Begin, said: list[str]) -> None:
    page = {"metadata": {"resourceVersion": "1", "continue": "again"}, "items": []}
    api.answers[fake.BUDGETS] = [json.dumps(page).encode()] * 2
    cluster = begun()
    assert synced(cluster)
    assert said[0].endswith(f"{fake.BUDGETS}: the list does not end")


def test_a_watch_goes_on_where_it_was(api: FakeApi, begun: Begin) -> None:
    cluster = begun()
    assert synced(cluster)
    path = fake.BUDGETS
    watched(api, path)
    api.bookmark(path)
    version = str(api.version)
    api.end()
    eventually(lambda: api.asked(path, watch=True)[-1]["resourceVersion"], version)
    api.put(path, made("new", "shop", spec={}))
    eventually(lambda: names(cluster, path), ["new"])
    assert len(api.asked(path, watch=False)) == 1
    query = api.asked(path, watch=True)[0]
    assert (query["allowWatchBookmarks"], 300 <= int(query["timeoutSeconds"]) <= 600) == (
        "true",
        True,
    )


def test_a_broken_connection_loses_nothing(api: FakeApi, begun: Begin, said: list[str]) -> None:
    cluster = begun()
    assert synced(cluster)
    for number in range(5):
        watched(api, fake.BUDGETS)
        api.cut()
        api.put(fake.BUDGETS, made(f"b{number}", "shop", spec={}))
        eventually(lambda: len(names(cluster, fake.BUDGETS)), number + 1)
        assert not cluster.snapshot().unsynced
    assert said == []


@pytest.mark.parametrize("how", ["answer", "event"])
def test_what_is_too_old_is_listed_anew(api: FakeApi, begun: Begin, how: str) -> None:
    path = fake.TEMPLATES
    for name in ("gone", "same", "other"):
        api.put(path, made(name, "shop", spec={"x": name}))
    cluster = begun()
    assert synced(cluster)
    (same,) = cluster.snapshot().index.named(near(), *KIND[path], "same")
    watched(api, path)
    with api.changed:  # None of this is seen by the watch.
        api.objects[path].pop(("shop", "gone"))
        api.objects[path]["shop", "other"]["spec"] = {"x": "changed"}
        api.version += 1
        api.oldest = api.version
    if how == "answer":
        api.cut()
    else:
        api.error(path, 410)
    eventually(lambda: names(cluster, path), ["other", "same"])
    index = cluster.snapshot().index
    assert index.named(near(), *KIND[path], "other")[0].data["spec"] == {"x": "changed"}
    assert index.named(near(), *KIND[path], "same") == [same]
    assert not cluster.snapshot().unsynced


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
    named += f" `{CONFIG}`" if path == fake.CONFIG_MAPS else ""
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


@pytest.mark.parametrize("bound", [{"objects": 10}, {"size": 2000}], ids=["objects", "size"])
@pytest.mark.parametrize("when", ["listed", "watched"])
def test_too_many_of_a_kind(
    api: FakeApi, begun: Begin, said: list[str], bound: dict[str, int], when: str
) -> None:
    path = fake.BUDGETS

    def fill() -> None:
        for number in range(11):
            api.put(path, made(f"b{number}", "shop", spec={"text": "x" * 100}))

    if when == "listed":
        fill()
    cluster = begun(replace(QUICK, **bound))
    if when == "watched":
        assert synced(cluster)
        watched(api, path)
        fill()
    eventually(lambda: cluster.snapshot().unsynced, {KIND[path]})
    eventually(lambda: names(cluster, path), [])
    eventually(lambda: bool(said), True)  # It is said once the objects are gone.
    assert "of `poddisruptionbudgets.policy`, so none is kept" in said[0]
    with api.changed:
        for number in range(10):
            api.objects[path].pop(("shop", f"b{number}"))
    assert synced(cluster)
    assert names(cluster, path) == ["b10"]


def test_changes_of_one_object_do_not_add_up(api: FakeApi, begun: Begin, said: list[str]) -> None:
    cluster = begun(replace(QUICK, size=2000))
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
