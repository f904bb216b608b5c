"""Runs of many forms, for comparing the forecast with a status that is built node by node."""

from __future__ import annotations

from collections.abc import Mapping

from bench.forecast.parts import (
    INPUT,
    ITEM,
    OUTPUTS,
    QUERY,
    RETRY,
    SET,
    TAKES,
    WHOLE,
    Spec,
    call,
    chain,
    dag,
    handed,
    layers,
    leaf,
    long_list,
    sequence,
    spec,
    steps,
    texts,
)

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
    "an argument handed on": (
        spec(
            steps([call("inner", "inner", arguments=handed("query", WHOLE))]),
            dag(
                call("work", arguments=handed("query", INPUT), **sequence(800)),
                name="inner",
                inputs=QUERY,
            ),
            leaf(inputs=QUERY),
            arguments=handed("query", texts(1, 3000)[0]),
        ),
        0,
        False,
    ),
    "an argument handed on, retries": (
        spec(
            dag(
                call(
                    "work",
                    arguments=handed("query", "{{=inputs.parameters.query}}"),
                    **sequence(400),
                ),
                inputs=QUERY,
            ),
            leaf(inputs=QUERY, **RETRY),
            arguments=handed("query", texts(1, 3000)[0]),
        ),
        0,
        True,
    ),
    "an argument as the default": (
        spec(
            steps([call("work", **sequence(800))]),
            leaf(inputs=handed("query", "{{=workflow.parameters.query}}")),
            arguments=handed("query", texts(1, 3000)[0]),
        ),
        0,
        False,
    ),
    "an argument within texts": (
        spec(
            dag(
                call("part", "part", arguments=handed("query", f"{WHOLE} {WHOLE}"), **sequence(30))
            ),
            steps(
                [
                    call(
                        "work",
                        arguments=handed("query", f"a {INPUT} of {{{{item}}}}"),
                        **sequence(30),
                    )
                ],
                name="part",
                inputs=QUERY,
            ),
            leaf(inputs=QUERY),
            arguments=handed("query", texts(1, 1000)[0]),
        ),
        0,
        False,
    ),
    "an argument to one task of many": (
        spec(
            dag(call("part", "part", **sequence(40))),
            dag(
                *(call(f"t{n}") for n in range(30)),
                call("reads", "reads", arguments=handed("query", WHOLE)),
                name="part",
            ),
            leaf(),
            leaf("reads", inputs=QUERY),
            arguments=handed("query", texts(1, 9000)[0]),
        ),
        0,
        False,
    ),
    "an argument to each of many tasks": (
        spec(
            dag(*(call(f"t{n}", arguments=handed("query", WHOLE)) for n in range(150))),
            leaf(inputs=QUERY),
            arguments=handed("query", texts(1, 9000)[0]),
        ),
        0,
        False,
    ),
    "items of an argument": (
        spec(
            dag(call("work", arguments=ITEM, withParam="{{workflow.parameters.list}}")),
            leaf(inputs=TAKES),
            arguments=long_list(900),
        ),
        0,
        False,
    ),
    "items of an argument, and all of it": (
        spec(
            dag(
                call(
                    "work",
                    arguments={
                        "parameters": [
                            *ITEM["parameters"],
                            {"name": "all", "value": "{{workflow.parameters.list}}"},
                        ]
                    },
                    withParam="{{workflow.parameters.list}}",
                )
            ),
            leaf(inputs={"parameters": [*TAKES["parameters"], {"name": "all"}]}),
            arguments=long_list(400),
        ),
        0,
        False,
    ),
    "items handed on": (
        spec(
            dag(call("part", "part", arguments=ITEM, withItems=texts(60, 400))),
            steps(
                [
                    call(
                        "work",
                        arguments=handed("item", "{{inputs.parameters.item}}"),
                        **sequence(15),
                    )
                ],
                name="part",
                inputs=TAKES,
            ),
            leaf(inputs=TAKES),
        ),
        0,
        False,
    ),
    "an argument that is not written": (
        spec(
            dag(call("work", arguments=handed("query", WHOLE), **sequence(800))),
            leaf(inputs=QUERY),
            arguments={"parameters": [{"name": "query"}]},
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
