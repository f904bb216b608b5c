"""What comes from the API server, and what the snapshots then say."""

from __future__ import annotations

import json
from typing import Any

import cluster_fake_api as fake
import pytest
from cluster_fake_api import FakeApi, made
from cluster_seen import CONFIG, KIND, Begin, eventually, names, near, synced, watched

from kguard.webhook.cluster.sources import config_maps


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
    api.put(fake.CONFIG_MAPS, made("others", "argo", data={"a": "b"}))
    elsewhere = "/api/v1/namespaces/shop/configmaps"
    api.put(elsewhere, made(CONFIG, "shop", data={"parallelism": "1"}))
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
    assert names(cluster, fake.CONFIG_MAPS) == [CONFIG]
    assert elsewhere not in {path for path, _ in api.requests}
    (read,) = cluster.snapshot().argo_configs
    assert (read.resource, read.sections) == (found, {"parallelism": 10})
    api.delete(fake.CONFIG_MAPS, CONFIG, "argo")
    eventually(seen, None)
    assert cluster.snapshot().argo_configs == ()


@pytest.mark.parametrize("when", ["listed", "watched"])
def test_a_configuration_that_is_too_large(
    api: FakeApi, begun: Begin, said: list[str], when: str
) -> None:
    large = made(CONFIG, "argo", data={"config": "a: {b: 1}\n" * 10_000})
    if when == "listed":
        api.put(fake.CONFIG_MAPS, large)
    cluster = begun()
    if when == "watched":
        assert synced(cluster)
        watched(api, fake.CONFIG_MAPS)
        api.put(fake.CONFIG_MAPS, large)
    eventually(lambda: cluster.snapshot().unsynced, {("", "ConfigMap")})
    assert cluster.snapshot().argo_controller is None
    eventually(lambda: bool(said), True)
    assert "`argo/workflow-controller-configmap` has more than 64 KiB, so it is not" in said[0]
    api.put(fake.CONFIG_MAPS, made(CONFIG, "argo", data={"config": "a: 1"}))
    assert synced(cluster)
    eventually(lambda: [dict(c.sections) for c in cluster.snapshot().argo_configs], [{"a": 1}])


def test_configurations_by_place(api: FakeApi, begun: Begin) -> None:
    for namespace in ("one", "two", "three"):
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        api.put(path, made("mine", namespace, data={}))
    cluster = begun(argo_configmaps=["one/mine", "two/mine"])
    assert synced(cluster)
    found = cluster.snapshot().index.in_unit(near(), "", "ConfigMap")
    assert sorted(str(each.namespace) for each in found) == ["one", "two"]
    assert cluster.snapshot().argo_controller is None
    assert len(cluster.snapshot().argo_configs) == 2
    assert {p for p, _ in api.requests if "configmaps" in p} == {
        "/api/v1/namespaces/one/configmaps",
        "/api/v1/namespaces/two/configmaps",
    }


def test_one_configuration_beside_one_that_is_not_known(api: FakeApi, begun: Begin) -> None:
    """It need not be the one that applies."""
    for namespace, value in {"one": "1", "two": "a: {b: 1}\n" * 10_000}.items():
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        api.put(path, made("mine", namespace, data={"parallelism": value}))
    cluster = begun(argo_configmaps=["one/mine", "two/mine"])
    eventually(lambda: len(cluster.snapshot().argo_configs), 1)
    eventually(lambda: cluster.snapshot().unsynced, {KIND[fake.CONFIG_MAPS]})
    assert cluster.snapshot().argo_controller is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["x/a"], [("x", "a")]),
        (["x/a", "y/a", "x/a", "x/b"], [("x", "a"), ("y", "a"), ("x", "b")]),
        ([], []),
    ],
)
def test_names_of_configurations(given: list[str], expected: list[tuple[str, str]]) -> None:
    assert [(each.namespace, each.name) for each in config_maps(given)] == expected


@pytest.mark.parametrize(
    "given",
    ["", "a", "/a", "a/", "a/b/c", "a/B", "A/b", "a/b c", "a/b%2f", "../x", "a/" + "x" * 300],
)
def test_names_that_cannot_be(given: str) -> None:
    with pytest.raises(ValueError, match="is no `namespace/name` of a ConfigMap"):
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
