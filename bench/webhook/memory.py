"""Does the webhook grow with what it is asked? 100,000 reviews in one process, and its memory.

    python bench/webhook/memory.py [--captures FOLDER] [--reviews 100000]

No server: every review goes from bytes to bytes through the service, with log and metrics. Each one
differs in name, user and namespace; some kinds are invented, some bodies are no reviews, some
objects are large, and the policies have a mode for each of many namespaces, so that whatever is
remembered by any of these shows. The claim is that 100,000 reviews leave at most a tenth more
resident memory than 10,000; the exit code says whether it holds. `--captures` is a folder of
recorded reviews, JSON files with `body`, which are asked in turn with those made here.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kguard.policy.registry import load_registry
from kguard.webhook.cluster.snapshot import EMPTY
from kguard.webhook.log import Log
from kguard.webhook.metrics import Metrics
from kguard.webhook.policyset import Defaults, build_policy_set
from kguard.webhook.service import Service
from kguard.webhook.stances import Mode

PAGE = os.sysconf("SC_PAGE_SIZE")
MARKS = (1_000, 10_000, 20_000, 50_000, 100_000)
MORE = 1.1

SETTINGS = b"""
overrides:
  - {namespaces: ["team-3*"], profile: strict}
"""
WEBHOOK = b"""
mode: warn
annotations: true
modes:
  - {namespaces: ["team-1*"], mode: enforce, on-error: deny}
  - {namespaces: ["team-2*"], mode: audit}
  - {namespace-labels: {env: prod}, policies: [resources], deny-at: warning}
"""


def main() -> int:
    """Ask, measure and print; 1 where memory grew by more than a tenth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--captures", metavar="FOLDER", help="recorded reviews to ask as well")
    parser.add_argument("--reviews", type=int, default=MARKS[-1], help="how many in all")
    args = parser.parse_args()
    recorded = captures(args.captures) if args.captures else []
    marks = sorted({*(mark for mark in MARKS if mark < args.reviews), args.reviews})
    measured: dict[int, float] = {}
    with open(os.devnull, "w") as nowhere:
        policies = build_policy_set(
            {"webhook.yaml": WEBHOOK, "kguard.yaml": SETTINGS},
            load_registry(entry_points=False),
            "",
            Defaults(Mode.WARN),
        )
        policies.engine.load()
        service = Service(lambda: policies, lambda: EMPTY, Metrics(), Log(nowhere))
        began, cpu = time.perf_counter(), time.process_time()
        print("| reviews | resident MiB | seconds | CPU ms per review |\n|---|---|---|---|")
        for number, body in enumerate(bodies(args.reviews, recorded), 1):
            service.answer(body, "timeout=5s", time.monotonic())
            if number in marks:
                gc.collect()
                measured[number] = resident()
                took = (time.process_time() - cpu) / number * 1e3
                wall = time.perf_counter() - began
                print(
                    f"| {number:,} | {measured[number]:.1f} | {wall:.0f} | {took:.2f} |", flush=True
                )
    first = measured.get(10_000)
    if first is None or args.reviews <= 10_000:
        return 0
    ratio = measured[args.reviews] / first
    print(f"\n{ratio:.3f} times what it was after 10,000 reviews (at most {MORE} is claimed)")
    return int(ratio > MORE)


def resident() -> float:
    """Resident memory of this process in MiB (proc(5), statm)."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE / 2**20


def captures(folder: str) -> list[dict[str, Any]]:
    """The bodies of recorded reviews."""
    return [json.loads(path.read_text())["body"] for path in sorted(Path(folder).glob("*.json"))]


def bodies(count: int, recorded: list[dict[str, Any]]) -> Iterator[bytes]:
    """So many bodies, the same for the same count."""
    chance = random.Random(1)
    for number in range(count):
        if number % 500 == 7:
            yield b"[" * chance.randrange(1, 5_000)
        elif recorded and number % 2:
            yield renamed(chance.choice(recorded), number)
        else:
            yield json.dumps(review(number, made(number, chance))).encode()


def renamed(body: dict[str, Any], number: int) -> bytes:
    """A recorded review as somebody else in another namespace would make it."""
    request = {
        **body["request"],
        "uid": f"uid-{number}",
        "name": f"name-{number}",
        "namespace": f"team-{number}",
        "userInfo": {"username": f"user-{number}", "groups": [f"group-{number}"]},
    }
    return json.dumps({**body, "request": request}).encode()


def review(number: int, data: dict[str, Any]) -> dict[str, Any]:
    """An AdmissionReview that nobody has asked before."""
    group, _, version = data["apiVersion"].rpartition("/")
    request = {
        "uid": f"uid-{number}",
        "kind": {"group": group, "version": version, "kind": data["kind"]},
        "name": f"name-{number}",
        "namespace": f"team-{number}",
        "operation": "UPDATE" if number % 3 == 0 else "CREATE",
        "userInfo": {"username": f"user-{number}", "groups": [f"group-{number}"]},
        "object": data,
        "oldObject": {**data, "spec": {}} if number % 3 == 0 else None,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def made(number: int, chance: random.Random) -> dict[str, Any]:
    """An object: of an invented kind now and then, and large now and then."""
    kind = f"Kind{number}" if number % 50 == 0 else chance.choice(("Deployment", "StatefulSet"))
    group = f"group-{number}.example.com" if number % 50 == 0 else "apps"
    many = chance.randrange(100, 400) if number % 1_000 == 0 else chance.randrange(1, 4)
    containers = [
        {
            "name": f"container-{number}-{each}",
            "image": f"registry.example.com/team/app-{number}:latest",
            "command": ["sh", "-c", f"gunicorn app-{number} | tee log"],
            "env": [{"name": f"VALUE_{number}", "value": f"secret-{number}"}],
            "resources": {"limits": {"memory": f"{number}m"}},
        }
        for each in range(many)
    ]
    metadata = {
        "name": f"name-{number}",
        "namespace": f"team-{number}",
        "annotations": {f"ignore.kguard.dev/missing-cpu-request.{number}": "because"},
    }
    template = {
        "metadata": {"labels": {"app": f"app-{number}"}},
        "spec": {"containers": containers},
    }
    spec = {"replicas": number % 7, "template": template}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": spec}


if __name__ == "__main__":
    sys.exit(main())
