"""The decision log: whole lines of JSON, never the object, and no harm where it cannot write."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
from typing import Any

import pytest
from webhook_reviews import ALICE, UID, asked, decide, deployment, pod, policy_set
from webhook_service import HOSTILE, Served

from kguard.webhook.log import Log, Told

TINY = {"requests": {"cpu": "1m", "memory": "64m"}, "limits": {"memory": "64m"}}


def test_a_line_says_who_did_what_and_what_came_of_it() -> None:
    served = Served()
    served.send(json.dumps(asked(deployment(resources=TINY))).encode(), trace="a" * 32)
    (line,) = served.log()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("ts"))
    assert 0 < line.pop("ms") < 60_000
    assert line == {
        "level": "info",
        "event": "review",
        "uid": UID,
        "decision": "denied",
        "operation": "CREATE",
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "user": ALICE,
        "dryRun": False,
        "findings": [
            {
                "policy": "memory-absurdly-small",
                "severity": "error",
                "effect": "denied",
                "at": "spec.template.spec.containers[web].resources.limits.memory",
            },
            {
                "policy": "memory-absurdly-small",
                "severity": "warning",
                "effect": "warned",
                "at": "spec.template.spec.containers[web].resources.requests.memory",
                "why": "warning, below deny-at",
            },
        ],
        "revision": policy_set().revision,
        "trace": "a" * 32,
    }


def test_an_object_without_a_name_has_what_it_will_be_made_of() -> None:
    data = pod()
    del data["metadata"]["name"]
    data["metadata"]["generateName"] = "job-"
    served = Served()
    served.ask(asked(data))
    (line,) = served.log()
    assert "name" not in line
    assert line["generateName"] == "job-"


def test_the_object_is_never_in_it() -> None:
    data = pod(image="registry.example.com/hunter2:latest", resources=TINY)
    data["metadata"]["labels"] = {"hunter2": "hunter2"}
    served = Served()
    response = served.ask(asked(data, old=pod(image="hunter2")))
    assert "hunter2" in json.dumps(response)
    assert "hunter2" not in served.stream.getvalue()


IGNORE = "ignore.kguard.dev/memory-absurdly-small"
EXCEPTION = """
exceptions:
  - {policy: memory-absurdly-small, kind: Deployment, namespace: shop, name: web, reason: a tool,
     owner: me, expires: "2027-01-31"}
"""


@pytest.mark.parametrize(
    ("value", "exceptions", "expected"),
    [
        ("", "{}", {"why": "annotation"}),
        ("a tool", "{}", {"why": "annotation", "reason": "a tool"}),
        (
            "a tool (until 2027-03-01)",
            "{}",
            {"why": "annotation until 2027-03-01", "reason": "a tool"},
        ),
        ("t\x1bl" * 1000, "{}", {"why": "annotation", "reason": "t\\x1bl" * 66 + "t\\x1b"}),
        (
            None,
            EXCEPTION,
            {"why": "exception of me until 2027-01-31", "reason": "a tool"},
        ),
    ],
    ids=["bare", "reason", "until", "long", "exception"],
)
def test_who_suppresses_what_and_why(
    value: str | None, exceptions: str, expected: dict[str, str]
) -> None:
    data = deployment(resources=TINY)
    data["metadata"]["annotations"] = {} if value is None else {IGNORE: value}
    served = Served(policy_set(webhook="annotations: true", exceptions=exceptions))
    served.ask(asked(data))
    (line,) = served.log()
    assert (line["user"], line["kind"], line["name"]) == (ALICE, "Deployment", "web")
    for found in line["findings"]:
        assert (found["policy"], found["effect"]) == ("memory-absurdly-small", "excepted")
        assert {key: found[key] for key in ("why", "reason") if key in found} == expected


def test_a_place_is_kept_clean_of_secrets() -> None:
    header = {"name": "hunter2secret", "vlue": "x"}
    http = {"url": "https://example.com", "headers": [header]}
    data = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "etl", "namespace": "shop"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "http": http}]},
    }
    served = Served(policy_set(kguard="select: [argo-unknown-field]"))
    served.ask(asked(data))
    (finding,) = served.log()[0]["findings"]
    assert finding["at"] == "spec.templates[main].http.headers[***].vlue"


@pytest.mark.parametrize(("keep", "lines"), [("all", 2), ("denied", 1), ("none", 0)])
def test_what_is_kept(keep: str, lines: int) -> None:
    served = Served(keep=keep)
    served.ask(asked(deployment()))
    served.ask(asked(deployment(resources=TINY)))
    assert [line["decision"] for line in served.log()] == ["allowed", "denied"][2 - lines :]


def test_a_line_stays_short() -> None:
    data = deployment()
    containers = data["spec"]["template"]["spec"]["containers"]
    containers[:] = [{**containers[0], "resources": {}} for _ in range(3000)]
    served = Served()
    served.ask(asked(data, user="u" * 100_000, groups=["g" * 100_000]))
    assert len(served.stream.getvalue()) < 20_000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_an_event_is_one_line_whatever_it_says(text: str) -> None:
    stream = io.StringIO()
    Log(stream).event("error", "policies refused", error=text, names=[text, {text: [text]}])
    (line,) = stream.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["error"].isprintable()


class Broken(io.StringIO):
    """A full disk, or a pipe nobody reads."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        BrokenPipeError(32, "Broken pipe"),
        ValueError("I/O operation on closed file"),
        UnicodeEncodeError("ascii", "\u20ac", 0, 1, "no such character"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_log_that_cannot_be_written_costs_no_answer(error: Exception) -> None:
    log = Log(Broken(error))
    log.event("info", "started")
    log.decision(decide(asked(deployment())), 0.1)


def test_lines_of_many_threads_do_not_mix() -> None:
    stream = io.StringIO()
    log = Log(stream)

    def write(number: int) -> None:
        for _ in range(200):
            log.event("info", f"thread {number}", text="x" * 300)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines: list[dict[str, Any]] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 1600


def test_what_logging_is_told_becomes_an_event() -> None:
    stream = io.StringIO()
    logger = logging.Logger("urllib3.connectionpool")
    logger.addHandler(Told(Log(stream)))
    logger.info("nobody wants to know")
    logger.warning("retry %d of\n%s", 2, "api")
    try:
        raise ValueError("a\nb")
    except ValueError:
        logger.exception("it failed")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["level"], first["event"]) == ("warning", "told")
    assert first["logger"] == "urllib3.connectionpool"
    assert first["message"].startswith("retry 2 of")
    assert (second["level"], second["message"]) == ("error", "it failed")
    assert second["trace"][0] == "Traceback (most recent call last):"
    assert second["trace"][-2:] == ["ValueError: a", "b"]
