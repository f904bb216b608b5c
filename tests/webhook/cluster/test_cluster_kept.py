"""What is kept of an object, and in how little."""

from __future__ import annotations

import json
import random
import threading
from typing import Any

import pytest

from kguard.kube import argo
from kguard.model import dig
from kguard.webhook.cluster import kept as module
from kguard.webhook.cluster.kept import Packed, kept
from kguard.webhook.cluster.sources import KINDS, Source, config_maps

SOURCES = {each.kind: each for each in (*KINDS, *config_maps())}


def an_object(**more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "x/v9",
        "kind": "Something",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "1-2-3",
            "resourceVersion": "77",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app": "web"},
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{}" * 500,
                "autoscaling.keda.sh/paused": "true",
                "anybody.example.com/notes": "x" * 5000,
            },
            "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
        },
        "spec": {"x": [1, {"y": None}]},
        "data": {"config": "a: 1"},
        "status": {"conditions": []},
        **more,
    }


KEEPS: dict[str, dict[str, Any]] = {
    "LimitRange": {"spec": {"x": [1, {"y": None}]}},
    "HorizontalPodAutoscaler": {"spec": {"x": [1, {"y": None}]}},
    "WorkflowTemplate": {"spec": {"x": [1, {"y": None}]}},
    "ScaledObject": {"spec": {"x": [1, {"y": None}]}},
    "ConfigMap": {"data": {"config": "a: 1"}},
}


@pytest.mark.parametrize("kind", KEEPS)
def test_what_rules_read_is_kept(kind: str) -> None:
    source = SOURCES[kind]
    found = kept(source, an_object())
    assert dict(found.resource.data) == {
        "apiVersion": source.api_version,
        "kind": kind,
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {"app": "web"},
            "annotations": {"autoscaling.keda.sh/paused": "true"},
        },
        **KEEPS[kind],
    }
    assert found.key == (source.group, kind, "shop", "web")
    assert found.version == "77"
    assert found.resource.label == f"{kind}/shop/web"


def test_of_an_annotation_the_beginning_is_kept() -> None:
    metadata = {"name": "web", "annotations": {"autoscaling.keda.sh/paused": "x" * 100_000}}
    found = kept(SOURCES["ScaledObject"], an_object(metadata=metadata))
    assert found.resource.data["metadata"]["annotations"] == {
        "autoscaling.keda.sh/paused": "x" * 256
    }
    assert found.size < 5000


@pytest.mark.parametrize(
    ("spec", "least"),
    [({"x": [{}] * 1200}, 70_000), ({f"k{n}": {} for n in range(250)}, 30_000), ({}, 1000)],
    ids=["dense", "keys", "small"],
)
def test_the_memory_of_an_object_is_not_the_length_of_its_text(spec: Any, least: int) -> None:
    found = kept(SOURCES["LimitRange"], an_object(spec=spec))
    assert isinstance(found.resource.data, dict)
    assert least < found.size < 3 * least + 3000


def test_of_a_namespace_only_labels_are_kept() -> None:
    found = kept(SOURCES["Namespace"], an_object())
    metadata = {"name": "web", "namespace": "shop", "labels": {"app": "web"}}
    assert found.resource.data == {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


@pytest.mark.parametrize(
    "item",
    [None, 3, "x", [], {}, {"metadata": []}, {"metadata": {"name": 3}}, {"metadata": {"name": ""}}],
    ids=str,
)
def test_what_is_no_object(item: Any) -> None:
    with pytest.raises(ValueError, match="an object without a name"):
        kept(SOURCES["LimitRange"], item)


@pytest.mark.parametrize(
    "metadata",
    [{"labels": 3}, {"annotations": []}, {"annotations": None}, {"namespace": 3}],
    ids=str,
)
def test_metadata_of_odd_shapes(metadata: dict[str, Any]) -> None:
    item = an_object(metadata={"name": "web", **metadata})
    found = kept(SOURCES["ScaledObject"], item).resource
    assert (found.name, found.namespace) == ("web", None)


def test_large_objects_are_packed_whatever_their_kind() -> None:
    small = kept(SOURCES["ScaledObject"], an_object())
    large = kept(SOURCES["ScaledObject"], an_object(spec={"x": "y" * 5000}))
    assert (type(small.resource.data), type(large.resource.data)) == (dict, Packed)
    assert large.size < 2000
    assert large.resource.data["spec"] == {"x": "y" * 5000}


def test_a_packed_object_is_a_mapping_like_any_other() -> None:
    spec = {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]}
    packed = kept(SOURCES["WorkflowTemplate"], an_object(spec=spec)).resource
    assert isinstance(packed.data, Packed)
    assert argo.spec_route(packed) == ("spec",)
    assert [each["name"] for _, each in argo.templates(packed)] == ["main"]
    assert dig(packed.data, "spec", "templates", 0, "container", "image") == "x"
    assert dig(packed.data, "nothing", "here", default=1) == 1
    assert list(packed.data) == ["apiVersion", "kind", "metadata", "spec"]
    assert len(packed.data) == 4
    assert "status" not in packed.data
    assert {**packed.data}["kind"] == "WorkflowTemplate"


def test_packed_objects_compare_by_what_they_hold() -> None:
    source = SOURCES["WorkflowTemplate"]
    one, same = kept(source, an_object()), kept(source, an_object(status={"other": 1}))
    other = kept(source, an_object(spec={"x": 1}))
    assert one.resource.data == same.resource.data
    assert one.resource.data != other.resource.data
    assert one.resource.data != dict(one.resource.data)


def test_keys_of_small_objects_are_shared() -> None:
    text = json.dumps(an_object())
    one, other = (kept(SOURCES["LimitRange"], json.loads(text)).resource.data for _ in range(2))
    key, same = next(iter(one["spec"])), next(iter(other["spec"]))
    assert key is same


def test_the_unpacked_are_bounded_and_shared() -> None:
    cache = module._Unpacked(10_000)
    texts = []
    for number in range(20):
        item = an_object(spec={"x": str(number) * 1000})
        data = kept(SOURCES["WorkflowTemplate"], item).resource.data
        assert isinstance(data, Packed)
        texts.append(data._text)
    first = cache.of(texts[0])
    assert cache.of(texts[0]) is first
    for text in texts:
        cache.of(text)
    assert cache._size == sum(size for _, size in cache._held.values()) <= 10_000
    assert cache.of(texts[-1]) is cache.of(texts[-1])
    assert cache.of(texts[0]) is not first
    assert cache.of(texts[0]) == first


def test_one_that_is_larger_than_the_bound_is_kept_while_it_is_the_last() -> None:
    cache = module._Unpacked(10)
    data = kept(SOURCES["WorkflowTemplate"], an_object()).resource.data
    assert isinstance(data, Packed)
    assert cache.of(data._text) is cache.of(data._text)


def test_many_threads_may_look_into_packed_objects() -> None:
    cache = module._Unpacked(3_000)
    packed = []
    for number in range(12):
        data = kept(SOURCES["WorkflowTemplate"], an_object(spec={"x": number})).resource.data
        assert isinstance(data, Packed)
        packed.append((number, data._text))
    wrong: list[Any] = []

    def look(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(500):
            number, text = dice.choice(packed)
            if (found := cache.of(text)["spec"]) != {"x": number}:
                wrong.append(found)

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert cache._size == sum(size for _, size in cache._held.values()) <= 3_000


@pytest.mark.parametrize(
    ("source", "path", "resource"),
    [
        (SOURCES["LimitRange"], "/api/v1/limitranges", "limitranges"),
        (
            SOURCES["ScaledObject"],
            "/apis/keda.sh/v1alpha1/scaledobjects",
            "scaledobjects.keda.sh",
        ),
        (config_maps(["argo/x"])[0], "/api/v1/namespaces/argo/configmaps", "configmaps"),
    ],
    ids=["core", "group", "namespace"],
)
def test_where_a_kind_is_listed(source: Source, path: str, resource: str) -> None:
    assert (source.path, source.resource) == (path, resource)
