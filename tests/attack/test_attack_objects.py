"""Objects of strange types, and those that would take long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from attack_reviewed import CONTAINER, budget, cron, script, shell, steps, with_pod, workflow
from attack_server import Server
from attack_wire import ALLOW, DENY, verdict
from webhook_reviews import asked, deployment

SECONDS = 2  # The timeout of these reviews, within which they are answered whatever they hold.
MANY = 50_000


def dag(name: str, edges: int, calls: str = "main") -> dict[str, Any]:
    """A template of so many tasks, each after the one before."""
    tasks = [{"name": f"t{n}", "template": calls, "depends": f"t{n - 1}"} for n in range(edges)]
    return {"name": name, "dag": {"tasks": tasks}}


def with_spec(**fields: Any) -> dict[str, Any]:
    """A Deployment with other fields in its spec."""
    data = deployment()
    data["spec"] |= fields
    return data


SPREAD = [
    {"topologyKey": f"k{n}", "labelSelector": {"matchLabels": {"a": f"{n}"}}} for n in range(3000)
]
LAUGHS = "a: &a [x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{f'*{chr(97 + n)},' * 9}]\n" for n in range(20)
)

# Types nobody sends: the API server refuses them later, kguard judges what it can.
STRANGE: dict[str, dict[str, Any]] = {
    "no spec": {k: v for k, v in deployment().items() if k != "spec"},
    "a spec that is null": {**deployment(), "spec": None},
    "a spec that is a list": {**deployment(), "spec": [1]},
    "a template that is a string": with_spec(template="x"),
    "containers that are null": with_pod(containers=None),
    "containers that are an object": with_pod(containers={"name": "web"}),
    "containers that are a string": with_pod(containers="web"),
    "containers of null": with_pod(containers=[None, 1, "x", [], {}, [[]], True]),
    "a container without a name": with_pod(containers=[{"image": "a:1"}]),
    "a name that is an object": with_pod(containers=[{"name": {"a": 1}, "image": "a:1"}]),
    "resources that are a list": deployment(resources=["cpu"]),
    "requests that are a string": deployment(resources={"requests": "100m"}),
    "an image that is a number": deployment(image=1),
    "a command that is a string": deployment(command="sh -c true"),
    "args of objects": deployment(args=[{"a": 1}, None, True, 1.5]),
    "env that is an object": deployment(env={"A": "b"}),
    "env of anything": deployment(env=[None, 1, "A=b", {"name": 1}, {"value": []}]),
    "ports that are strings": deployment(ports=["80", None, {"containerPort": "http"}]),
    "probes that are true": deployment(livenessProbe=True, readinessProbe=[], startupProbe=1),
    "labels that are a list": {**deployment(), "metadata": {"name": "a", "labels": ["a"]}},
    "labels of numbers": {**deployment(), "metadata": {"name": "a", "labels": {"a": 1, "b": None}}},
    "annotations that are a string": {**deployment(), "metadata": {"annotations": "x"}},
    "owners that are an object": {**deployment(), "metadata": {"ownerReferences": {"a": 1}}},
    "replicas that are true": with_spec(replicas=True),
    "replicas that are a string": with_spec(replicas="2"),
    "replicas beyond any range": with_spec(replicas=10**400),
    "negative replicas": with_spec(replicas=-(2**63)),
    "half a replica": with_spec(replicas=0.5),
    "a selector that is a list": with_spec(selector=["a"]),
    "a selector of lists": with_spec(selector={"matchLabels": {"a": ["b"]}}),
    "a strategy that is a string": with_spec(strategy="Recreate"),
    "a grace beyond any range": with_pod(terminationGracePeriodSeconds=10**300),
    "a grace that is a string": with_pod(terminationGracePeriodSeconds="30s"),
    "keys of the language": with_pod(__class__={"__init__": 1}, __proto__={}, constructor=[]),
    "an empty key": with_pod(**{"": {"": ""}}),
    "budgets of anything": budget([1]),
    "a budget of a million percent": budget("1" * 400 + "%"),
    "a budget of other digits": budget("\uff15\uff10%"),
    "a negative budget": budget(-1),
    "a budget that is true": budget(True),
    "a schedule that is null": cron(None),
    "a schedule of 100 KB": cron("*/1," * 25_000 + " * * * *"),
    "a schedule of zero steps": cron("*/0 * * * *"),
    "a schedule of ranges": cron("0-59/1,59-0 0-23 31 2 *"),
    "a schedule of years": cron("@every 999999999h"),
    "a schedule in a zone": cron("TZ=../../etc/passwd * * * * *"),
    "a workflow without templates": workflow(),
    "templates that are an object": {**workflow(), "spec": {"templates": {"a": 1}}},
    "templates of anything": workflow(None, 1, "x", [], {}, {"name": None}, {"name": ["a"]}),
    "a template of everything": workflow({**script(), "script": 1, "dag": [], "steps": "x"}),
    "steps of anything": workflow({"name": "main", "steps": [None, [None], [[1]], "x", {}]}),
    "tasks of anything": workflow({"name": "main", "dag": {"tasks": [None, 1, {"name": []}]}}),
    "parameters of anything": workflow(script(inputs={"parameters": [None, {"name": 1}, "x"]})),
    "a retry of anything": workflow(script(retryStrategy={"limit": {}, "backoff": [1]})),
    "durations of anything": workflow(script(retryStrategy={"backoff": {"duration": "9" * 9_999}})),
    "a deadline of a list": workflow(script(), activeDeadlineSeconds=[1]),
    "a name of a list": workflow(script(), entrypoint=["main"]),
    "a ConfigMap of anything": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap", "namespace": "argo"},
        "data": {"config": LAUGHS, "parallelism": "[" * 9_999, "x": None},
    },
}

# What could take long, or for ever.
SLOW: dict[str, Callable[[], dict[str, Any]]] = {
    "thousands of containers": lambda: with_pod(
        containers=[{**CONTAINER, "name": f"c{n}"} for n in range(3_000)]
    ),
    "thousands of containers of one name": lambda: with_pod(containers=[CONTAINER] * 3_000),
    "thousands of variables": lambda: deployment(
        env=[{"name": f"A{n}", "value": "x"} for n in range(MANY)]
    ),
    "variables that refer to each other": lambda: deployment(
        env=[{"name": f"A{n}", "value": f"$(A{n - 1})$(A{n - 1})"} for n in range(5_000)],
        command=["sh", "-c", "$(A4999)"],
    ),
    "thousands of constraints": lambda: with_pod(topologySpreadConstraints=SPREAD),
    "thousands of terms": lambda: with_pod(
        affinity={"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": SPREAD}}
    ),
    "thousands of expressions": lambda: with_spec(
        selector={"matchExpressions": [{"key": f"k{n}", "operator": "Exists"} for n in range(MANY)]}
    ),
    "thousands of labels": lambda: {
        **deployment(),
        "metadata": {"name": "web", "labels": {f"l{n}": "x" * 63 for n in range(MANY)}},
    },
    "thousands of annotations that ignore": lambda: {
        **deployment(),
        "metadata": {
            "name": "web",
            "annotations": {f"ignore.kguard.dev/{n}": "(until 9999-99-99)" for n in range(MANY)},
        },
    },
    "a million letters of an image": lambda: deployment(image="a" * 10**6 + "!"),
    "slashes in an image": lambda: deployment(image="a/" * 300_000 + ":"),
    "colons in an image": lambda: deployment(image=":" * 300_000 + "@sha256:"),
    "dots in an image": lambda: deployment(image="a." * 300_000 + "/b:1"),
    "a quantity of a million digits": lambda: deployment(
        resources={"limits": {"memory": "1" * 10**6}}
    ),
    "a quantity of a million zeros": lambda: deployment(
        resources={"limits": {"memory": "0." + "0" * 10**6 + "1"}}
    ),
    "a quantity with an exponent": lambda: deployment(
        resources={"limits": {"memory": "1e999999999"}}
    ),
    "a quantity with a small exponent": lambda: deployment(
        resources={"requests": {"cpu": "1e-999999999"}}
    ),
    "a megabyte of shell": lambda: shell("echo a; " * 130_000),
    "shell in shell": lambda: shell("$(" * 20_000 + ")" * 20_000),
    "quotes in quotes": lambda: shell("sh -c '" + "\"'" * 100_000),
    "open quotes": lambda: shell("'" + "a" * 10**6),
    "backticks": lambda: shell("`" * 29_999),
    "a case of thousands": lambda: shell("case $1 in " + "a) b;; " * 4_000 + "esac"),
    "containers that each take long": lambda: with_pod(
        containers=[
            {**CONTAINER, "name": f"c{n}", "command": ["sh", "-c", "`" * 9_998]} for n in range(200)
        ]
    ),
    "brackets": lambda: shell("(" * 50_000 + ")" * 50_000),
    "braces": lambda: shell("{ " * 50_000 + "; }" * 50_000),
    "loops in loops": lambda: shell("while true; do " * 20_000 + "done; " * 20_000),
    "conditions in conditions": lambda: shell("if true; then " * 20_000 + "fi; " * 20_000),
    "functions that call themselves": lambda: shell("f() { f; }; f; " * 20_000),
    "pipes": lambda: shell("| " * 100_000),
    "ands and ors": lambda: shell("true && false || " * 50_000 + "true"),
    "here documents": lambda: shell("cat <<E\n" * 20_000),
    "here documents in one line": lambda: shell("cat " + "<<E " * 20_000),
    "variables in the shell": lambda: shell("${a:-" * 20_000 + "}" * 20_000),
    "arithmetic": lambda: shell("$((" * 20_000 + "))" * 20_000),
    "escapes": lambda: shell("\\" * 10**6),
    "blanks": lambda: shell(" " * 10**6 + "\t\n" * 100_000),
    "wrappers of wrappers": lambda: shell("exec env nice nohup timeout 5 " * 20_000 + "sleep 1"),
    "shells in shells": lambda: deployment(command=["sh", "-c"] * 20_000),
    "environments in environments": lambda: deployment(command=["env", "-S"] * 20_000 + ["x"]),
    "traps": lambda: shell("trap 'kill $!; wait' TERM INT; " * 30_000),
    "a template that calls itself": lambda: workflow(steps("main", "main", "main")),
    "templates that call each other": lambda: workflow(
        steps("main", "a", "a"), steps("a", "b", "b"), steps("b", "main", "a")
    ),
    "templates that double 60 times": lambda: workflow(
        *(steps(f"t{n}", f"t{n + 1}", f"t{n + 1}") for n in range(60)),
        {**script(), "name": "t60"},
        entrypoint="t0",
    ),
    "a chain of 5,000 templates": lambda: workflow(
        *(steps(f"t{n}", f"t{n + 1}") for n in range(5_000)), entrypoint="t0"
    ),
    "a dag of 5,000 tasks": lambda: workflow(dag("main", 5_000, "x"), {**script(), "name": "x"}),
    "a dag in a circle": lambda: workflow(
        {
            "name": "main",
            "dag": {
                "tasks": [
                    {"name": f"t{n}", "template": "x", "dependencies": [f"t{(n + 1) % 2000}"]}
                    for n in range(2_000)
                ]
            },
        }
    ),
    "a dag in which all depend on all": lambda: workflow(
        {
            "name": "main",
            "dag": {
                "tasks": [
                    {"name": f"t{n}", "template": "x", "dependencies": [f"t{m}" for m in range(n)]}
                    for n in range(400)
                ]
            },
        }
    ),
    "depends of 100 KB": lambda: workflow(
        {"name": "main", "dag": {"tasks": [{"name": "a", "depends": "(" * 50_000}]}}
    ),
    "fan-out of a billion": lambda: workflow(
        {
            "name": "main",
            "steps": [
                [{"name": "s", "template": "x", "withSequence": {"count": "999999999999999999999"}}]
            ],
        }
    ),
    "fan-out of fan-outs": lambda: workflow(
        *(
            {
                "name": f"t{n}",
                "steps": [
                    [{"name": "s", "template": f"t{n + 1}", "withItems": list(range(1000))}]
                ],
            }
            for n in range(30)
        ),
        entrypoint="t0",
    ),
    "a parameter of a megabyte": lambda: workflow(
        script(), arguments={"parameters": [{"name": "p", "value": "v" * 10**6}]}
    ),
    "thousands of parameters": lambda: workflow(
        script(), arguments={"parameters": [{"name": f"p{n}", "value": "v"} for n in range(MANY)]}
    ),
    "thousands of items": lambda: workflow(
        {
            "name": "main",
            "steps": [[{"name": "s", "template": "x", "withItems": ["i" * 20] * MANY}]],
        }
    ),
    "tags without end": lambda: workflow(
        script(container={"image": "{{" * 100_000, "args": ["{{inputs.parameters." * 20_000]})
    ),
    "expressions": lambda: workflow(script(when="{{=" + "(" * 100_000 + "}}")),
    "a patch that is a bomb": lambda: workflow(script(podSpecPatch=LAUGHS)),
    "a patch that is deep": lambda: workflow(script(podSpecPatch="[" * 100_000)),
    "a patch that is broken": lambda: workflow(script(podSpecPatch="\t- : {a: *b")),
    "a patch that is code": lambda: workflow(
        script(podSpecPatch="!!python/object/apply:os.system [touch /tmp/owned]")
    ),
    "a patch of a megabyte": lambda: workflow(script(podSpecPatch='{"a":"' + "b" * 10**6)),
    "a patch with a loop": lambda: workflow(script(podSpecPatch="a: &a {<<: *a, b: *a}")),
    "a patch of anything": lambda: workflow(script(podSpecPatch={"a": [1]}), podSpecPatch=[1]),
    "a patch of many lines": lambda: workflow(script(podSpecPatch="a: {b: 1}\n" * 100_000)),
    "a manifest of many lines": lambda: workflow(
        {"name": "main", "resource": {"action": "create", "manifest": "a: {b: 1}\n" * 100_000}}
    ),
    "calls of a template with many inputs": lambda: workflow(
        {"name": "main", "dag": {"tasks": [{"name": f"t{n}", "template": "x"} for n in range(99)]}},
        script(name="x", inputs={"parameters": [{"name": f"p{n}"} for n in range(20_000)]}),
    ),
    "loops over what others have left": lambda: workflow(
        {
            "name": "main",
            "dag": {
                "tasks": [
                    {"name": f"t{n}", "withParam": f"{{{{tasks.t{n + 1}.outputs.result}}}}"}
                    for n in range(5_000)
                ]
            },
        }
    ),
    "thousands of faults": lambda: workflow(script(metrics={"prometheus": [{}] * 200_000})),
    "thousands of schedules": lambda: {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": "run", "namespace": "shop"},
        "spec": {
            "schedules": [f"{n % 60} {n % 24} * * *" for n in range(50_000)],
            "workflowSpec": {"entrypoint": "main", "templates": [script()]},
        },
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "data", STRANGE.values(), ids=[f"{x} -> {ALLOW} or {DENY}" for x in STRANGE]
)
def test_strange_types_are_judged(server: Server, data: dict[str, Any]) -> None:
    judged_in_time(server, data)


@pytest.mark.parametrize("make", SLOW.values(), ids=[f"{x} -> in time" for x in SLOW])
def test_nothing_takes_longer_than_it_may(
    server: Server, make: Callable[[], dict[str, Any]]
) -> None:
    judged_in_time(server, make())


def judged_in_time(server: Server, data: dict[str, Any]) -> None:
    """Assert that a review is answered within its timeout, and that no policy failed on it."""
    started = time.monotonic()
    answer = server.review(asked(data), f"timeout={SECONDS}s")
    assert time.monotonic() - started < SECONDS
    assert verdict(answer) in (ALLOW, DENY)
    assert "policy crashed" not in {line["event"] for line in server.log()}
