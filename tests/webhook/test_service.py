"""From bytes to bytes: deadlines, failures, metrics, and what the log keeps of it."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from review_cases import OWNER, REPLICASET
from webhook_reviews import UID, asked, deployment, pod, policy_set, world
from webhook_service import Served, checked

from kguard.shell import shelltext
from kguard.shell.parse import parse
from kguard.webhook import service as module
from kguard.webhook.front.wsgi import Postponed
from kguard.webhook.log import Log
from kguard.webhook.review import review
from kguard.webhook.stances import Mode

TINY = {"requests": {"cpu": "1m", "memory": "64m"}, "limits": {"memory": "64m"}}


def test_what_is_no_review_is_refused_and_neither_logged_nor_echoed() -> None:
    served = Served()
    answer = served.send(b'{"secret": "hunter2"}')
    assert answer.status == 400
    assert json.loads(answer.body) == {"error": "not an object of kind AdmissionReview"}
    assert served.log() == []
    errors = "kguard_admission_errors_total"
    assert served.metrics.registry.get_sample_value(errors, {"reason": "not-a-review"}) == 1


def test_an_answer_is_compact_json_of_ascii() -> None:
    body = Served().send(json.dumps(asked(deployment(namespace="bücher"))).encode()).body
    assert body.isascii()
    assert b" " not in body.split(b'"auditAnnotations"')[0]


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("timeout=5s", 4.5),
        ("timeout=10s", 9.5),
        ("timeout=1500ms", 1.0),
        ("timeout=1m", 7.0),
        ("timeout=30s", 29.5),
        ("timeout=31s", 7.0),
        ("timeout=300ms", 0.1),
        ("timeout=1s&timeout=2s", 1.5),
        ("", 7.0),
        ("timeout=", 7.0),
        ("timeout=0s", 7.0),
        ("timeout=-5s", 7.0),
        ("timeout=soon", 7.0),
        ("timeout=5", 7.0),
        ("timeout=inf", 7.0),
        ("timeout=1e9s", 7.0),
        ("timeout=%00", 7.0),
        ("timeout=" + "9" * 5000 + "s", 7.0),
        ("a=1&" * 500 + "timeout=5s", 7.0),
        ("%ff%fe;;;&&&===", 7.0),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_review_gets_half_a_second_less_than_the_caller_waits(
    query: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged by a clock that stands still until a policy looks at it."""
    served = Served(timeout=7.0)
    given = []

    def judge(*args: Any, expired: Any, **more: Any) -> Any:
        now = time.monotonic()
        for clock in itertools.count():
            monkeypatch.setattr(time, "monotonic", lambda clock=clock: now + clock / 100)
            if expired():
                given.append(clock / 100)
                break
        monkeypatch.undo()
        return review(*args, **more)

    monkeypatch.setattr(module, "review", judge)
    served.ask(asked(deployment()), query)
    # What passed before the clock stood still is part of the time, and little.
    assert seconds - 0.5 < given[0] <= seconds + 0.02


def test_a_review_that_comes_too_late_is_answered_as_configured() -> None:
    body = json.dumps(asked(deployment(resources=TINY))).encode()
    for deny in (False, True):
        served = Served(policy_set(deny_on_error=deny))
        late = time.monotonic() - 100
        response = checked(served.service.answer(body, "timeout=5s", late), UID)
        assert response["allowed"] is not deny
        assert response["warnings"][-1].startswith("[kguard] not evaluated: ")
        (line,) = served.log()
        assert set(line["unevaluated"].values()) == {"deadline"}


@pytest.mark.parametrize("place", ["review", "words"])
@pytest.mark.parametrize(
    ("mode", "deny", "allowed"),
    [
        (Mode.ENFORCE, True, False),
        (Mode.ENFORCE, False, True),
        (Mode.WARN, True, True),
        (Mode.AUDIT, True, True),
    ],
)
def test_a_bug_is_answered_by_a_review(
    mode: Mode, deny: bool, allowed: bool, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(policy_set(mode, deny_on_error=deny))
    original = getattr(module, place)
    calls = []

    def broken(*args: Any, **more: Any) -> Any:
        calls.append(place)
        if len(calls) == 1:
            raise RuntimeError("hunter2")
        return original(*args, **more)

    monkeypatch.setattr(module, place, broken)
    response = served.ask(asked(deployment(resources=TINY)))
    assert response["allowed"] is allowed
    assert response["warnings"] == ["[kguard] not evaluated: kguard-unevaluable"]
    crash, line = served.log()
    assert (crash["event"], crash["uid"]) == ("policy crashed", UID)
    assert crash["error"].startswith("RuntimeError in test_service:")
    assert line["unevaluated"] == {"kguard-unevaluable": "error"}
    assert "hunter2" not in served.stream.getvalue()


def test_a_policy_that_fails_is_named_by_type_and_line(monkeypatch: pytest.MonkeyPatch) -> None:
    policies = policy_set()
    policies.engine.load()

    def broken(scope: Any, ctx: object) -> object:
        raise ValueError(f"hunter2 {scope.data}")

    monkeypatch.setitem(policies.engine._checks, "image-latest", broken)
    served = Served(policies)
    served.ask(asked(deployment()))
    crash, line = served.log()
    assert crash["error"].startswith("ValueError in test_service:")
    assert line["unevaluated"] == {"image-latest": "error"}
    assert "hunter2" not in served.stream.getvalue()
    errors = served.metrics.registry.get_sample_value
    assert errors("kguard_admission_errors_total", {"reason": "error"}) == 1


def test_reviews_are_counted_by_few_labels() -> None:
    served = Served()
    served.ask(asked(deployment(resources=TINY)))
    served.ask(asked(deployment()))
    for number in range(50):
        kind = {"group": f"g{number}", "version": "v1", "kind": f"Kind{number}"}
        served.ask(asked(deployment(), operation=f"OP{number}", kind=kind, object=None))
    samples = {
        tuple(sample.labels.values()): sample.value
        for metric in served.metrics.registry.collect()
        if metric.name == "kguard_admission_requests"
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
    assert samples == {
        ("CREATE", "Deployment", "denied", "false"): 1,
        ("CREATE", "Deployment", "allowed", "false"): 1,
        ("other", "other", "skipped", "false"): 50,
    }


def test_findings_are_counted() -> None:
    served = Served()
    served.ask(asked(deployment(resources=TINY)))
    value = served.metrics.registry.get_sample_value
    labels = {"policy": "memory-absurdly-small", "mode": "enforce"}
    for severity, result in {"error": "denied", "warning": "warned"}.items():
        found = {**labels, "severity": severity, "result": result}
        assert value("kguard_policy_results_total", found) == 1


def test_what_a_controller_repeats_is_counted_apart() -> None:
    data = pod("web-5d8-x1", resources=TINY)
    data["metadata"]["ownerReferences"] = [OWNER]
    served = Served()
    served.ask(asked(data, user=REPLICASET))
    (family,) = served.metrics.policy_results.collect()
    totals = [each for each in family.samples if each.name.endswith("_total")]
    counted = {(each.labels["severity"], each.labels["result"]): each.value for each in totals}
    assert counted == {("error", "replaced"): 1, ("warning", "replaced"): 1}


def test_phases_and_policies_are_timed_where_that_is_asked_for_and_once() -> None:
    policies = policy_set()
    policies.engine.load()
    served, body = Served(policies), json.dumps(asked(deployment(resources=TINY))).encode()
    now = time.monotonic()

    def postponed(scope: object, ctx: object) -> object:
        raise Postponed

    def timed() -> dict[str, float | None]:
        value = served.metrics.registry.get_sample_value
        phase, policy = "kguard_admission_phase_seconds", "kguard_policy_duration_seconds"
        return {
            "parse": value(f"{phase}_count", {"phase": "parse"}),
            "evaluate": value(f"{phase}_count", {"phase": "evaluate"}),
            "policy": value(f"{policy}_count", {"policy": "missing-memory-limit"}),
        }

    served.service.answer(body, "", now)
    assert timed() == dict.fromkeys(("parse", "evaluate", "policy"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(policies.engine._checks, "zero-request", postponed)  # The last of them.
        with pytest.raises(Postponed):
            served.service.answer(body, "", now, timed=True, until=now + 5)
    assert timed() == dict.fromkeys(("parse", "evaluate", "policy"))
    served.service.answer(body, "", now, timed=True)
    assert timed() == dict.fromkeys(("parse", "evaluate", "policy"), 1)


def test_a_review_uses_one_set_of_policies_and_one_snapshot() -> None:
    """Both are replaced by other threads while reviews go on."""
    asked_for: list[str] = []
    served = Served()
    policies, around = policy_set(), world()
    service = module.Service(
        lambda: asked_for.append("policies") or policies,  # type: ignore[func-returns-value]
        lambda: asked_for.append("world") or around,  # type: ignore[func-returns-value]
        served.metrics,
        served.service._log,
    )
    body = json.dumps(asked(deployment(resources=TINY), old=deployment())).encode()
    service.answer(body, "", time.monotonic())
    assert sorted(asked_for) == ["policies", "world"]


@pytest.mark.parametrize("size", [7_000, 9_000])
@pytest.mark.parametrize("kind", ["Workflow", "Rollout"])
def test_a_long_workflow_is_not_even_tried_on_the_loop(kind: str, size: int) -> None:
    served = Served()
    data = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "etl", "annotations": {"example.com/notes": "x" * size}},
        "spec": {},
    }
    body, now = json.dumps(asked(data)).encode(), time.monotonic()
    if kind == "Workflow" and size > 8_192:
        with pytest.raises(Postponed):
            served.service.answer(body, "", now, until=now + 60)
        assert not served.log()
    else:
        checked(served.service.answer(body, "", now, until=now + 60), UID)
    checked(served.service.answer(body, "", now), UID)


def test_a_long_shell_text_is_left_to_a_thread_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []

    def noted(text: str) -> Any:
        read.append(text)
        return parse(text)

    monkeypatch.setattr(shelltext, "parse", noted)
    served, data = Served(), deployment()
    container = data["spec"]["template"]["spec"]["containers"][0]
    container["command"] = ["sh", "-c", "tail -f /dev/null;" * 1000]
    body, now = json.dumps(asked(data)).encode(), time.monotonic()
    with pytest.raises(Postponed):
        served.service.answer(body, "", now, until=now + 0.17)
    assert not read
    served.service.answer(body, "", now)
    assert read
    container["command"] = ["sh", "-c", "tail -f /dev/null; true"]
    body = json.dumps(asked(data)).encode()
    served.service.answer(body, "", now, until=time.monotonic() + 60)


def test_who_waits_for_the_loop_is_told_that_it_takes_too_long() -> None:
    """And the second try, in a thread, is the only one that is counted and logged."""
    served, body = Served(), json.dumps(asked(deployment(resources=TINY))).encode()
    now = time.monotonic()
    with pytest.raises(Postponed):
        served.service.answer(body, "timeout=5s", now, until=now)
    assert not served.log()
    response = checked(served.service.answer(body, "timeout=5s", now), UID)
    assert not response["allowed"]
    in_time = served.service.answer(body, "timeout=5s", now, until=now + 60)
    assert checked(in_time, UID) == response
    assert len(served.log()) == 2
    requests = served.metrics.registry.get_sample_value
    labels = {"operation": "CREATE", "kind": "Deployment", "decision": "denied", "dry_run": "false"}
    assert requests("kguard_admission_requests_total", labels) == 2


@pytest.mark.parametrize("broken", ["count", "log"])
def test_an_answer_is_given_though_nothing_can_be_written_about_it(
    broken: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*args: Any, **more: Any) -> Any:
        raise RuntimeError("full")

    served = Served()
    if broken == "count":
        monkeypatch.setattr(module, "count", fails)
    else:
        monkeypatch.setattr(Log, "decision", fails)
    assert served.ask(asked(deployment(resources=TINY)))["allowed"] is False
    assert "could not be counted or logged" in caplog.text
