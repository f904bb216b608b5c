"""What is asked leaves nothing behind, however different every question is.

bench/webhook/memory.py measures the same over 100,000 reviews in bytes.
"""

from __future__ import annotations

import contextlib
import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from webhook_reviews import REGISTRY, asked, deployment, policy_set, world
from webhook_service import Served

from kguard.kube.recognise import is_kubernetes
from kguard.policy.examples import examples
from kguard.source import read, resolve
from kguard.webhook.front.wsgi import Postponed
from kguard.webhook.stances import Mode

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WARM = 1200
"""Reviews until all that is remembered a bounded number of times is full."""


def objects() -> int:
    """How many objects the collector knows of."""
    gc.collect()
    return len(gc.get_objects())


def objects_in(name: str, text: bytes) -> list[dict[str, Any]]:
    """The Kubernetes objects of a file."""
    found = [document.data for document in read(name, text).documents]
    return [each for each in found if isinstance(each, dict) and is_kubernetes(each)]


def question(number: int) -> dict[str, Any]:
    """An object in a namespace of its own, of a kind of its own now and then."""
    data = deployment(
        f"web-{number}", f"team-{number}", image=f"registry.example.com/{number}:latest"
    )
    container = data["spec"]["template"]["spec"]["containers"][0]
    container["command"] = ["sh", "-c", f"gunicorn app-{number} | tee log"]
    container["resources"] = {"limits": {"memory": f"{number}m"}}
    data["metadata"]["annotations"] = {f"ignore.kguard.dev/image-latest.{number}": "because"}
    if number % 3 == 0:
        data |= {"apiVersion": f"group-{number}.example.com/v1", "kind": f"Kind{number}"}
    return data


def test_reviews_leave_nothing_behind() -> None:
    settings = "overrides: [{namespaces: ['team-1*'], profile: strict}]"
    webhook = "annotations: true\nmodes: [{namespaces: ['team-2*'], mode: audit}]"
    served = Served(policy_set(kguard=settings, webhook=webhook), world(), keep="none")

    def ask(numbers: range) -> None:
        for number in numbers:
            served.ask(asked(question(number), user=f"user-{number}", groups=[f"group-{number}"]))
            served.send(b"[" * number)

    # Kinds, three times as many as reviews of them are needed here, are remembered up to 1,000.
    ask(range(3 * WARM))
    before = objects()
    ask(range(3 * WARM, 4 * WARM))
    assert objects() - before < WARM // 10


def reviewed() -> list[tuple[str, dict[str, Any]]]:
    """The objects of the examples and of all pages of policies, with where they stand."""
    files = {path.name: path.read_bytes() for path in sorted(EXAMPLES.rglob("*.yaml"))}
    for policy in REGISTRY.policies.values():
        for example in examples(policy):
            for name, text in example.files.items():
                files[f"{example.title} {name}"] = text.encode()
    return [(name, data) for name, text in files.items() for data in objects_in(name, text)]


AROUND = [
    {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": "usual", "namespace": "shop"},
        "spec": spec,
    }
    for kind, spec in {
        "ResourceQuota": {"hard": {"requests.cpu": "10", "limits.memory": "8Gi", "pods": "20"}},
        "LimitRange": {"limits": [{"type": "Container", "default": {"memory": "1Gi"}}]},
    }.items()
]


@contextlib.contextmanager
def no_garbage() -> Iterator[None]:
    """Within, nothing is freed but by its last reference; afterwards there is nothing else."""
    gc.collect()
    gc.freeze()  # What is there now need not be looked at.
    gc.disable()
    try:
        yield
        assert gc.collect() == 0
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize("profile", ["scale", "strict"])
def test_reviews_leave_nothing_to_the_garbage_collector(profile: str) -> None:
    """It looks seldom, and what waits for it can be large."""
    enforced = policy_set(Mode.ENFORCE, kguard=f"profile: {profile}")
    served, objects = Served(enforced, world(*AROUND), keep="none"), reviewed()
    assert len({data["kind"] for _, data in objects}) > 20

    def ask(data: dict[str, Any]) -> None:
        served.ask(asked(data, namespace="shop"))
        if isinstance(data.get("spec"), dict):
            new = {**data, "spec": {**data["spec"], "new": 1}}
            served.ask(asked(new, old=data, namespace="shop"))

    for _, data in objects:
        ask(data)  # Loads modules, whose classes do leave something.
    with no_garbage():
        for _, data in objects:
            ask(data)


def test_a_crash_and_a_lack_of_time_leave_nothing_to_the_garbage_collector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(scope: object, ctx: object) -> object:
        raise KeyError("spec") from ValueError("no")

    policies = policy_set()
    policies.engine.load()
    monkeypatch.setitem(policies.engine._checks, "image-latest", broken)
    served = Served(policies, keep="none")
    body = json.dumps(asked(deployment())).encode()

    def ask() -> None:
        served.service.answer(body, "", time.monotonic())
        served.service.answer(body, "", time.monotonic() - 100)
        with contextlib.suppress(Postponed):
            served.service.answer(body, "", time.monotonic(), until=0)

    ask()
    with no_garbage():
        ask()


def test_whatever_waits_for_the_garbage_collector_does_not_add_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = []
    monkeypatch.setattr(gc, "collect", lambda: looks.append(1))
    served = Served(keep="none")
    data = deployment()
    data["metadata"]["annotations"] = {"notes": "x" * 2**20}
    for _ in range(40):
        served.ask(asked(data))
    assert len(looks) == 2


@pytest.mark.parametrize("place", ["podSpecPatch", "controller"])
def test_long_texts_are_not_kept(place: str) -> None:
    served = Served(keep="none")
    for number in range(5):
        text = f"a: {number}{'x' * 5000}"
        data: dict[str, Any] = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "w", "namespace": "argo"},
            "spec": {
                "entrypoint": "main",
                "podSpecPatch": text,
                "templates": [{"name": "main", "container": {"image": "x:1"}}],
            },
        }
        if place == "controller":
            data = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "workflow-controller-configmap", "namespace": "argo"},
                "data": {"config": text},
            }
        served.ask(json.loads(json.dumps(asked(data))))
        if number == 0:
            kept = resolve._remembered.cache_info().currsize
    assert resolve._remembered.cache_info().currsize == kept
