"""What is asked leaves nothing behind, however different every question is.

bench/webhook/memory.py measures the same over 100,000 reviews in bytes.
"""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import pytest
from webhook_reviews import asked, deployment, policy_set, world
from webhook_service import Served

from kguard.source import read, resolve

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WARM = 1200
"""Reviews until all that is remembered a bounded number of times is full."""


def objects() -> int:
    """How many objects the collector knows of."""
    gc.collect()
    return len(gc.get_objects())


def objects_in(path: Path) -> list[dict[str, Any]]:
    """The Kubernetes objects of a file."""
    found = [document.data for document in read(path.name, path.read_bytes()).documents]
    return [
        each for each in found if isinstance(each, dict) and {"apiVersion", "kind"} <= set(each)
    ]


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


REVIEWED = [
    (path.relative_to(EXAMPLES).as_posix(), number, data)
    for path in sorted(EXAMPLES.rglob("*.yaml"))
    for number, data in enumerate(objects_in(path))
]


@pytest.mark.parametrize("profile", ["default", "scale", "strict"])
def test_reviews_leave_nothing_to_the_garbage_collector(profile: str) -> None:
    """It would have to look at everything again and again: it is the slowest of all reviews."""
    served = Served(policy_set(kguard=f"profile: {profile}"), world(), keep="none")
    assert len({data["kind"] for *_, data in REVIEWED}) > 10
    for *_, data in REVIEWED:
        served.ask(asked(data))  # Loads modules, whose classes do leave something.
    gc.collect()
    gc.disable()
    gc.freeze()  # What is there now need not be looked at every time.
    try:
        for file, number, data in REVIEWED:
            served.ask(asked(data))
            assert gc.collect() == 0, f"{file}, object {number}"
    finally:
        gc.unfreeze()
        gc.enable()


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
