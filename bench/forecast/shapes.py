"""Runs of many forms, for comparing the forecast with a status that is built node by node."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from typing import Any

Spec = dict[str, Any]

ITEM = {"parameters": [{"name": "item", "value": "{{item}}"}]}
TAKES = {"parameters": [{"name": "item"}]}


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


# Name → specification, length of loops over parameters, whether attempts fail.
SHAPES: Mapping[str, tuple[Spec, int, bool]] = {
    "dag fan-out": (spec(dag(call("work", **sequence(2000))), leaf()), 0, False),
    "dag fan-out, inputs": (
        spec(dag(call("work", arguments=ITEM, **sequence(2000))), leaf(inputs=TAKES)),
        0,
        False,
    ),
    "dag fan-out, retries": (spec(dag(call("work", **sequence(2000))), leaf(**RETRY)), 0, False),
    "dag fan-out, every attempt": (
        spec(dag(call("work", **sequence(700))), leaf(**RETRY)),
        0,
        True,
    ),
    "steps fan-out": (spec(steps([call("work", **sequence(2000))]), leaf()), 0, False),
    "steps fan-out, then one": (
        spec(steps([call("work", **sequence(2000))], [call("sum")]), leaf()),
        0,
        False,
    ),
    "unknown items": (
        spec(steps([call("work", withParam="{{workflow.parameters.list}}")]), leaf()),
        1500,
        False,
    ),
    "short items": (
        spec(dag(call("work", arguments=ITEM, withItems=texts(1000, 20))), leaf(inputs=TAKES)),
        0,
        False,
    ),
    "items of 200 bytes": (
        spec(dag(call("work", arguments=ITEM, withItems=texts(1000, 200))), leaf(inputs=TAKES)),
        0,
        False,
    ),
    "items of 2,000 bytes": (
        spec(dag(call("work", arguments=ITEM, withItems=texts(200, 2000))), leaf(inputs=TAKES)),
        0,
        False,
    ),
    "items of 200 bytes, retries": (
        spec(
            dag(call("work", arguments=ITEM, withItems=texts(500, 200))),
            leaf(inputs=TAKES, **RETRY),
        ),
        0,
        False,
    ),
    "one long argument for all": (
        spec(
            dag(
                call(
                    "work",
                    arguments={"parameters": [{"name": "query", "value": texts(1, 1000)[0]}]},
                    **sequence(800),
                )
            ),
            leaf(inputs={"parameters": [{"name": "query"}]}),
        ),
        0,
        False,
    ),
    "a chain": (spec(dag(*chain(190)), leaf()), 0, False),
    "many tasks": (spec(dag(*(call(f"t{n}") for n in range(190))), leaf()), 0, False),
    "layers of tasks": (spec(dag(*layers(12, 12)), leaf()), 0, False),
    "groups of steps": (
        spec(steps(*([call(f"a{n}"), call(f"b{n}")] for n in range(60))), leaf()),
        0,
        False,
    ),
    "loops in loops": (
        spec(
            steps([call("outer", "inner", **sequence(40))]),
            steps([call("work", **sequence(40))], name="inner"),
            leaf(),
        ),
        0,
        False,
    ),
    "a loop of dags": (
        spec(
            dag(call("outer", "inner", **sequence(300))),
            dag(
                call("get"),
                call("left", depends="get"),
                call("right", depends="get"),
                call("join", depends="left && right"),
                name="inner",
            ),
            leaf(),
        ),
        0,
        False,
    ),
    "three levels deep": (
        spec(
            dag(call("region", "region", **sequence(12))),
            steps([call("shop", "shop", **sequence(12))], name="region"),
            dag(call("day", **sequence(7)), call("sum", depends="day"), name="shop"),
            leaf(),
        ),
        0,
        False,
    ),
    "container sets": (
        spec(dag(call("work", **sequence(500))), {"name": "work", **SET}),
        0,
        False,
    ),
    "output parameters": (
        spec(dag(call("work", **sequence(1000))), leaf(**OUTPUTS)),
        0,
        False,
    ),
    "exit handlers": (
        spec(
            dag(call("work", hooks={"exit": {"template": "tidy"}}, **sequence(600))),
            leaf(),
            leaf("tidy"),
            onExit="tidy",
        ),
        0,
        False,
    ),
    "hooks": (
        spec(
            steps([call("work", hooks={"running": {"template": "tell"}}, **sequence(600))]),
            leaf(),
            leaf("tell"),
        ),
        0,
        False,
    ),
    "nested retries, every attempt": (
        spec(
            dag(call("part", "part", **sequence(60))),
            steps([call("a"), call("b")], name="part", **RETRY),
            leaf(**RETRY),
        ),
        0,
        True,
    ),
    "retries of all templates": (
        spec(
            dag(call("part", "part", **sequence(200))),
            steps([call("a"), call("b")], name="part"),
            leaf(),
            **RETRY,
        ),
        0,
        False,
    ),
    "suspended": (
        spec(steps([call("wait", "wait", **sequence(800))]), {"name": "wait", "suspend": {}}),
        0,
        False,
    ),
    "objects as items": (
        spec(
            dag(
                call(
                    "work",
                    arguments={
                        "parameters": [
                            {"name": "day", "value": "{{item.day}}"},
                            {"name": "shop", "value": "{{item.shop}}"},
                        ]
                    },
                    withItems=[
                        {"day": f"2026-11-{n % 30:02}", "shop": f"shop-{n // 30}"}
                        for n in range(900)
                    ],
                )
            ),
            leaf(inputs={"parameters": [{"name": "day"}, {"name": "shop"}]}),
        ),
        0,
        False,
    ),
}
