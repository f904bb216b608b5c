"""A generator of manifests like those in public repositories, the same for the same seed.

    python bench/corpus.py FOLDER [--files 1000] [--seed 1]

Sizes follow what 7,809 manifests of 14 public repositories have: a tenth is below 167 bytes, half
below 569, nine tenths below 2.2 KB, one in a hundred above 40 KB. About 20 files share a folder and
refer to each other. One file in 25 is JSON, a List, or uses anchors and merges. About every fourth
workload has faults, so that a run also finds, places and prints something.
"""

from __future__ import annotations

import argparse
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from math import exp, log
from pathlib import Path
from random import Random
from typing import Any

Object = dict[str, Any]

QUANTILES = ((0.0, 110), (0.1, 167), (0.5, 569), (0.9, 2_237), (0.99, 40_170), (1.0, 120_000))
FILES_PER_FOLDER = 20
_WORDS = """
checkout payment cart catalog search profile session invoice stock shipping review price feed media
upload thumbnail report export import audit mail push gateway billing tax offer
""".split()  # noqa: SIM905
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@=-]*(?:[:=][A-Za-z0-9_./@=-]+)*\Z")
_NOT_STRINGS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def main() -> None:
    """Write a corpus and say what is in it."""
    parser = argparse.ArgumentParser(description="Write a corpus of manifests.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    sizes = sorted(write(args.folder, args.files, args.seed))
    marks = "/".join(str(sizes[int(len(sizes) * part)]) for part in (0.1, 0.5, 0.9, 0.99))
    print(f"{len(sizes)} files, {sum(sizes):,} bytes, p10/p50/p90/p99 {marks}")


def write(folder: Path, files: int, seed: int = 1) -> list[int]:
    """Write a corpus into a folder; the sizes of its files in bytes."""
    sizes = []
    for path, text in corpus(files, seed):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        target.write_bytes(data)
        sizes.append(len(data))
    return sizes


def corpus(files: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """(path, text) of each file; a file depends on the seed and its number alone."""
    for number in range(files):
        rng = Random(f"{seed}/{number}")
        team = number // FILES_PER_FOLDER
        name = f"{rng.choice(_WORDS)}-{number % FILES_PER_FOLDER}"
        text, suffix = _file(rng, name, f"team-{team}", _size(rng))
        yield f"team-{team}/{name}.{suffix}", text


def _size(rng: Random) -> int:
    """A size in bytes, log-linear between the quantiles."""
    part = rng.random()
    index = bisect_right([each for each, _ in QUANTILES], part) - 1
    (low, small), (high, large) = QUANTILES[index : index + 2]
    return round(exp(log(small) + (part - low) / (high - low) * (log(large) - log(small))))


def _file(rng: Random, name: str, namespace: str, size: int) -> tuple[str, str]:
    form = rng.random()
    if form < 0.015 and size > 400:
        return _with_anchors(rng, name, namespace), "yaml"
    items = list(_objects(rng, name, namespace, size))
    if form < 0.03:
        listed: Object = {"apiVersion": "v1", "kind": "List", "items": items}
        return "\n".join(_lines(listed, 0, 0)) + "\n", "yaml"
    if form < 0.04 and len(items) == 1:
        return json.dumps(items[0], indent=2) + "\n", "json"
    shift = rng.choice((0, 2))  # Both ways to indent lists are common.
    head = "# Owned by the team of this folder.\n" if size > 500 and rng.random() < 0.3 else ""
    return head + "---\n".join("\n".join(_lines(item, 0, shift)) + "\n" for item in items), "yaml"


def _objects(rng: Random, name: str, namespace: str, size: int) -> Iterator[Object]:
    """Objects of about `size` bytes in all: one, or a bundle with everything an app needs."""
    if size < 1_000 or rng.random() < 0.8:
        fitting = [make for least, most, make in _KINDS if least <= size <= most]
        yield rng.choice(fitting)(rng, name, namespace, size)
        return
    left, part = size, 0
    while left > 100:
        own = f"{name}-{part}" if part else name
        for make in (_deployment, _service, _autoscaler, _budget):
            item = make(rng, own, namespace, min(left, 3_000))
            left -= len(json.dumps(item))
            yield item
            if left <= 100:
                return
        part += 1


def _meta(name: str, namespace: str) -> Object:
    return {"name": name, "namespace": namespace, "labels": {"app": name}}


def _service(rng: Random, name: str, namespace: str, size: int) -> Object:
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    spec = {"selector": {"app": name}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _short(name, size), "spec": spec}


def _short(name: str, size: int) -> Object:
    """Metadata; without labels where there is little room."""
    return {"name": name} if size < 200 else {"name": name, "labels": {"app": name}}


def _account(rng: Random, name: str, namespace: str, size: int) -> Object:
    kind = rng.choice(("ServiceAccount", "Namespace"))
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": {"app": name}}}


def _autoscaler(rng: Random, name: str, namespace: str, size: int) -> Object:
    target = {"type": "Utilization", "averageUtilization": rng.randrange(50, 90)}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _meta(name, namespace),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": rng.randrange(2, 5),
            "maxReplicas": rng.randrange(6, 40),
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


def _budget(rng: Random, name: str, namespace: str, size: int) -> Object:
    limit = {"maxUnavailable": 1} if rng.random() < 0.8 else {"minAvailable": rng.randrange(1, 4)}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _short(name, size),
        "spec": {**limit, "selector": {"matchLabels": {"app": name}}},
    }


def _container(rng: Random, name: str, size: int) -> Object:
    """A container of about `size` bytes; one in four has a fault."""
    faulty = rng.random() < 0.25
    tag = "latest" if faulty and rng.random() < 0.5 else f"{rng.randrange(9)}.{rng.randrange(30)}.0"
    memory = f"{64 << rng.randrange(5)}Mi"
    item: Object = {"name": name, "image": f"registry.example.com/{name}:{tag}"}
    if size > 500 and rng.random() < 0.3:
        command = f"python manage.py migrate && {'' if faulty else 'exec '}gunicorn {name}.wsgi"
        item["command"] = ["sh", "-c", command]
    if not faulty:
        requests = {"cpu": f"{rng.randrange(1, 20) * 50}m", "memory": memory}
        item["resources"] = {"requests": requests, "limits": {"memory": memory}}
    elif rng.random() < 0.5:
        item["resources"] = {"requests": {"memory": rng.choice((memory, memory[:-1], "512MB"))}}
    if size > 700:
        item["ports"] = [{"name": "http", "containerPort": 8080}]
        item["readinessProbe"] = {"httpGet": {"path": "/healthz", "port": "http"}}
    if size > 900:
        item["env"] = [
            {
                "name": f"{rng.choice(_WORDS).upper()}_{number}",
                "value": f"http://{rng.choice(_WORDS)}",
            }
            for number in range((size - 800) // 60)
        ]
    return item


def _pod(rng: Random, name: str, size: int) -> Object:
    """A pod's spec of about `size` bytes; large ones have several containers."""
    count = 1 if size < 1_500 else 2 if size < 4_000 else 3
    containers = [_container(rng, name, size // count)]
    containers += [_container(rng, f"{name}-{n}", size // count) for n in range(1, count)]
    spec: Object = {"containers": containers}
    if size > 600 and rng.random() < 0.3:
        spec["terminationGracePeriodSeconds"] = rng.choice((0, 10, 60, 120))
    if size > 1_200:
        spec["serviceAccountName"] = name
        spec["volumes"] = [{"name": "scratch", "emptyDir": {}}]
    return spec


def _plain_pod(rng: Random, name: str, namespace: str, size: int) -> Object:
    spec = _pod(rng, name, size)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def _deployment(rng: Random, name: str, namespace: str, size: int) -> Object:
    spec: Object = {"selector": {"matchLabels": {"app": name}}}
    if rng.random() < 0.3:
        spec["replicas"] = rng.randrange(1, 6)
    if size > 600 and rng.random() < 0.4:
        limits = {"maxSurge": rng.choice((0, 1, "25%")), "maxUnavailable": rng.choice((1, "25%"))}
        spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": limits}
    spec["template"] = {"metadata": {"labels": {"app": name}}, "spec": _pod(rng, name, size)}
    kind = "Deployment" if rng.random() < 0.9 else "StatefulSet"
    if kind == "StatefulSet":
        spec.pop("strategy", None)
        spec["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": _meta(name, namespace), "spec": spec}


def _job(rng: Random, name: str, namespace: str, size: int) -> Object:
    spec: Object = {"backoffLimit": rng.randrange(4)}
    if rng.random() < 0.5:
        spec["ttlSecondsAfterFinished"] = 86_400
    spec["template"] = {"spec": {"restartPolicy": "Never", **_pod(rng, name, size)}}
    meta = _meta(name, namespace)
    if rng.random() < 0.5:
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}
    cron = {"schedule": f"{rng.randrange(60)} 3 * * *", "jobTemplate": {"spec": spec}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta, "spec": cron}


def _config(rng: Random, name: str, namespace: str, size: int) -> Object:
    lines = max(1, (size - 130) // 42)
    text = "".join(
        f"{rng.choice(_WORDS)}.{rng.choice(_WORDS)}.{number} = {rng.randrange(10**9)}\n"
        for number in range(lines)
    )
    data = {"app.properties": text}
    meta = {"name": name}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def _workflow(rng: Random, name: str, namespace: str, size: int) -> Object:
    """A Workflow or WorkflowTemplate: a DAG over as many steps as there is room for."""
    steps = [f"{rng.choice(_WORDS)}-{number}" for number in range(max(1, (size - 300) // 550))]
    tasks: list[Object] = []
    for number, step in enumerate(steps):
        task: Object = {"name": step, "template": step}
        if number:
            task["dependencies"] = [steps[rng.randrange(number)]]
        if rng.random() < 0.1:
            task["withSequence"] = {"count": str(rng.randrange(5, 500))}
        tasks.append(task)
    templates: list[Object] = [{"name": "main", "dag": {"tasks": tasks}}]
    for step in steps:
        template: Object = {"name": step}
        if rng.random() < 0.3:
            limit = {"limit": "3"} if rng.random() < 0.7 else {}
            template["retryStrategy"] = {**limit, "backoff": {"duration": "1m", "factor": "2"}}
        container = {**_container(rng, step, 300), "args": ["{{workflow.parameters.day}}"]}
        templates.append({**template, "container": container})
    spec: Object = {"entrypoint": "main", "arguments": {"parameters": [{"name": "day"}]}}
    if rng.random() < 0.5:
        spec["ttlStrategy"] = {"secondsAfterCompletion": 86_400}
        spec["podGC"] = {"strategy": "OnPodCompletion"}
    spec["templates"] = templates
    kind = rng.choice(("Workflow", "WorkflowTemplate"))
    meta = {"namespace": namespace}
    meta |= {"generateName": f"{name}-"} if kind == "Workflow" else {"name": name}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": meta, "spec": spec}


_KINDS: tuple[tuple[int, int, Callable[[Random, str, str, int], Object]], ...] = (
    (0, 160, _account),
    (100, 250, _service),
    (100, 250, _budget),
    (0, 10**9, _config),
    (150, 2_000, _plain_pod),
    (280, 550, _autoscaler),
    (300, 12_000, _deployment),
    (350, 20_000, _deployment),
    (300, 6_000, _job),
    (700, 10**9, _workflow),
)
"""From and to which size a kind is written, and by what."""


def _lines(value: Any, indent: int, shift: int) -> Iterator[str]:
    """Block YAML of a mapping or list; `shift` is how much deeper than their key lists stand."""
    pad = " " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(f"{pad}{key}:", item, indent, shift)
        return
    for item in value:
        if isinstance(item, dict) and item:
            first, *rest = _lines(item, indent + 2, shift)
            yield f"{pad}- {first[indent + 2 :]}"
            yield from rest
        else:
            yield f"{pad}- {_scalar(item)}"


def _entry(head: str, item: Any, indent: int, shift: int) -> Iterator[str]:
    if isinstance(item, dict) and item:
        yield head
        yield from _lines(item, indent + 2, shift)
    elif isinstance(item, list) and item and isinstance(item[0], dict):
        yield head
        yield from _lines(item, indent + shift, shift)
    elif isinstance(item, str) and item.endswith("\n"):
        yield f"{head} |"
        yield from (f"{' ' * (indent + 2)}{line}" for line in item.splitlines())
    else:
        yield f"{head} {_scalar(item)}"


def _scalar(value: Any) -> str:
    """A value on one line: plain where it means the same, else as JSON, which YAML reads too."""
    if isinstance(value, str) and _PLAIN.match(value) and value.lower() not in _NOT_STRINGS:
        return value
    return json.dumps(value)


def _with_anchors(rng: Random, name: str, namespace: str) -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels: &labels
    app: {name}
    tier: {rng.choice(("front", "back"))}
spec:
  replicas: {rng.randrange(1, 6)}
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels:
        <<: *labels
        version: "{rng.randrange(1, 9)}"
    spec:
      containers:
        - name: {name}  # the program
          image: registry.example.com/{name}:{rng.randrange(1, 9)}.0.0
          resources: &small {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 128Mi}}}}
        - name: proxy
          image: registry.example.com/proxy:{rng.randrange(1, 9)}.1.0
          resources: *small
"""


if __name__ == "__main__":
    main()
