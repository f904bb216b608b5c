"""What specifications of workflows are put together from."""

from __future__ import annotations

import json
import random
import string
from typing import Any

Spec = dict[str, Any]

ITEM = {"parameters": [{"name": "item", "value": "{{item}}"}]}
TAKES = {"parameters": [{"name": "item"}]}
QUERY = {"parameters": [{"name": "query"}]}
WHOLE, INPUT = "{{workflow.parameters.query}}", "{{inputs.parameters.query}}"


def leaf(name: str = "work", **more: Any) -> Spec:
    """A template that is one pod."""
    return {"name": name, "container": {"image": "registry.example.com/work:1.0.0"}, **more}


def spec(*templates: Spec, **more: Any) -> Spec:
    """A specification whose first template is the entrypoint."""
    return {"entrypoint": templates[0]["name"], "templates": list(templates), **more}


def dag(*tasks: Spec, name: str = "main", **more: Any) -> Spec:
    """A DAG template."""
    return {"name": name, "dag": {"tasks": list(tasks)}, **more}


def steps(*groups: list[Spec], name: str = "main", **more: Any) -> Spec:
    """A template of steps."""
    return {"name": name, "steps": list(groups), **more}


def call(name: str, template: str = "work", **more: Any) -> Spec:
    """A step or task."""
    return {"name": name, "template": template, **more}


def texts(count: int, length: int) -> list[str]:
    """Random texts, which do not compress."""
    source = random.Random(1)
    letters = string.ascii_letters + string.digits
    return ["".join(source.choices(letters, k=length)) for _ in range(count)]


def sequence(count: int) -> Spec:
    """A loop of so many numbers."""
    return {"withSequence": {"count": str(count)}}


def handed(name: str, value: str) -> Spec:
    """Arguments of one parameter."""
    return {"parameters": [{"name": name, "value": value}]}


def long_list(count: int) -> Spec:
    """Arguments of the workflow: a list that is as long as its many items together."""
    items = [{"id": n, "sum": text} for n, text in enumerate(texts(count, 64))]
    return handed("list", json.dumps(items))


RETRY: Spec = {"retryStrategy": {"limit": 2}}
OUTPUTS: Spec = {"outputs": {"parameters": [{"name": "rows", "valueFrom": {"path": "/tmp/rows"}}]}}
SET: Spec = {
    "containerSet": {"containers": [{"name": n, "image": "i"} for n in ("a", "b", "main")]}
}


def chain(length: int) -> list[Spec]:
    """Tasks that wait for one another."""
    first = call("t0")
    return [first, *(call(f"t{n}", depends=f"t{n - 1}") for n in range(1, length))]


def layers(width: int, depth: int) -> list[Spec]:
    """Tasks each of which waits for all of the layer above."""
    tasks = []
    for level in range(depth):
        above = [f"l{level - 1}t{n}" for n in range(width)] if level else []
        waits: Spec = {"dependencies": above} if above else {}
        tasks += [call(f"l{level}t{n}", **waits) for n in range(width)]
    return tasks
