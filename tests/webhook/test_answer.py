"""What a decision becomes: refusals, warnings and annotations that nothing can spoil."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from webhook_reviews import ALICE, UID, answer, asked, decide, deployment, pod, policy_set
from webhook_service import HOSTILE, Served, said

from kguard.model import Route
from kguard.webhook.answer import words
from kguard.webhook.masking import Mask
from kguard.webhook.stances import Mode

TINY = {"requests": {"cpu": "1m", "memory": "64m"}, "limits": {"memory": "64m"}}
REQUESTS_ONLY = {"requests": {"cpu": "1", "memory": "1"}}


EXCEPTIONS = (
    "what cannot be changed needs an exception:"
    " https://github.com/kguard/kguard/blob/main/docs/webhook.md#exceptions"
)


def many(count: int, **container: Any) -> dict[str, Any]:
    """A Deployment of containers that differ in their names alone."""
    data = deployment(**container)
    containers = data["spec"]["template"]["spec"]["containers"]
    data["spec"]["template"]["spec"]["containers"] = [
        {**copy.deepcopy(containers[0]), "name": f"container-number-{number}"}
        for number in range(count)
    ]
    return data


def test_a_refusal_reads_as_people_do() -> None:
    response = Served().ask(asked(deployment(resources=TINY)))
    route = "spec.template.spec.containers[web].resources.limits.memory"
    assert response["status"] == {
        "status": "Failure",
        "code": 403,
        "reason": "Forbidden",
        "message": (
            "1 finding in Deployment/shop/web\n"
            "- memory-absurdly-small: memory limit `64m` of container `web` is 0.064 bytes"
            f" ({route})\n"
            f"`kguard explain memory-absurdly-small` tells more; {EXCEPTIONS}"
        ),
    }
    assert response["warnings"] == [
        "[memory-absurdly-small] memory request `64m` of container `web` is 0.064 bytes"
    ]
    assert response["auditAnnotations"] == {
        "decision": "denied",
        "revision": policy_set().revision,
        "policies": "memory-absurdly-small",
        "denied": "memory-absurdly-small",
        "warned": "memory-absurdly-small",
        "mode": "enforce",
    }


@pytest.mark.parametrize("count", [2, 10, 11, 50, 1000])
def test_a_refusal_lists_what_fits_and_counts_the_rest(count: int) -> None:
    response = Served().ask(asked(many(count, resources=TINY)))
    first, *lines = response["status"]["message"].split("\n")
    assert first == f"{count} findings in Deployment/shop/web"
    assert lines.pop() == f"`kguard explain memory-absurdly-small` tells more; {EXCEPTIONS}"
    listed = [line for line in lines if line.startswith("- memory-absurdly-small: ")]
    assert 0 < len(listed) <= 10
    assert all("(spec.template.spec.containers[container-number-" in line for line in listed)
    rest = lines[len(listed) :]
    left = count - len(listed)
    assert rest == ([f"- and {left} more: `kguard check` shows them all"] if left else [])


def test_ten_short_findings_are_all_listed() -> None:
    data = pod()
    container = data["spec"]["containers"][0]
    tiny = {"limits": {"memory": "1"}, "requests": {"cpu": "1m", "memory": "1"}}
    data["spec"]["containers"] = [
        {**container, "name": name, "resources": tiny} for name in "abcdefghij"
    ]
    message = Served().ask(asked(data))["status"]["message"]
    assert message.count("\n- memory-absurdly-small: memory limit") == 10
    assert " more:" not in message


def test_warnings_are_different_short_and_few() -> None:
    response = Served(policy_set(Mode.WARN)).ask(asked(many(500, resources=TINY)))
    *shown, last = response["warnings"]
    assert all(text.startswith("[memory-absurdly-small] ") for text in shown)
    assert last == f"[kguard] and {1000 - len(shown)} more"
    assert sum(map(len, response["warnings"])) > 3000


def test_the_worst_is_warned_of_first() -> None:
    data = many(60, resources=REQUESTS_ONLY)
    data["spec"]["template"]["spec"]["containers"][-1]["resources"] = TINY
    response = Served(policy_set(Mode.WARN)).ask(asked(data))
    assert "`container-number-59`" in response["warnings"][0]


@pytest.mark.parametrize(("mode", "effect"), [(Mode.WARN, "warned"), (Mode.ENFORCE, "denied")])
def test_the_worst_policy_is_named_first(mode: Mode, effect: str) -> None:
    data = deployment(image="web:latest", resources=TINY)
    stances = policy_set(webhook=f"modes: [{{mode: {mode.word}, deny-at: warning}}]")
    response = Served(stances).ask(asked(data))
    expected = "memory-absurdly-small,image-latest"
    annotations = response["auditAnnotations"]
    assert (annotations["policies"], annotations[effect]) == (expected, expected)
    if mode is Mode.ENFORCE:
        first, *_, last = response["status"]["message"].split("\n")[1:]
        assert first.startswith("- memory-absurdly-small: ")
        assert last.startswith("`kguard explain memory-absurdly-small` ")


def test_the_same_warning_is_given_once() -> None:
    data = many(2)
    data["spec"]["template"]["spec"]["containers"][1]["name"] = "container-number-0"
    for container in data["spec"]["template"]["spec"]["containers"]:
        container["resources"] = {"requests": {"cpu": "1", "memory": "1Gi"}}
    response = Served(policy_set(Mode.WARN)).ask(asked(data))
    assert response["warnings"] == [
        "[missing-memory-limit] container `container-number-0` has no memory limit"
    ]


def test_a_long_warning_ends_between_words() -> None:
    name = "a-name-that-is-as-long-as-kubernetes-allows-one-to-be-63-letter"
    data = deployment(image="x:latest")
    data["spec"]["template"]["spec"]["containers"][0]["name"] = name
    response = Served(policy_set(Mode.WARN)).ask(asked(data))
    assert response["warnings"] == [
        f"[image-latest] image `x:latest` of container `{name}` has the…"
    ]


def test_what_was_not_evaluated_is_said_within_the_limits() -> None:
    policies = policy_set(deny_on_error=True)
    decision = decide(asked(many(200, resources=TINY)), policies, expired=lambda needed=0.0: True)
    response = answer(decision)
    message = response["status"]["message"]
    assert "- not evaluated, which denies here: " in message
    assert message.endswith("\ntry again; where it stays so, tell whoever runs kguard")
    assert len(message) <= 1500
    assert len(response["auditAnnotations"]["unevaluated"].encode()) <= 1024


# Everything an author or a caller can name, in every form that could do harm


def _object(text: str) -> dict[str, Any]:
    """A workload that says a text wherever a message could repeat it, with faults in abundance."""
    data = deployment(name=text, namespace=text, image=f"{text}:latest", resources=TINY)
    data["metadata"]["generateName"] = text
    data["metadata"]["labels"] = data["metadata"]["annotations"] = {text: text}
    template = data["spec"]["template"]["spec"]
    template["containers"].append(
        {
            "name": text,
            "image": text,
            "command": ["sh", "-c", f"{text}; gunicorn {text}; {text}"],
            "resources": {"limits": {"memory": text, text: text}, "requests": {"memory": text}},
            "env": [{"name": text, "value": text}],
            "lifecycle": {"preStop": {"exec": {"command": ["sleep", text]}}},
        }
    )
    data["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": text}}
    return data


def _workflow(text: str) -> dict[str, Any]:
    step = {"name": text, "template": text, "withItems": [text], "withParam": text, "when": text}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": text, "namespace": text, "generateName": text},
        "spec": {
            "entrypoint": text,
            "onExit": text,
            "podSpecPatch": text,
            "parallelism": text,
            "activeDeadlineSeconds": text,
            "arguments": {"parameters": [{"name": text, "value": text}]},
            "ttlStrategy": {text: text},
            "templates": [
                {"name": text, "steps": [[step, step]], "retryStrategy": {"limit": text}},
                {"name": "d", "dag": {"target": text, "tasks": [{**step, "depends": text}] * 2}},
                {"name": "s", "script": {"image": text, "command": [text], "source": text}},
            ],
        },
    }


@pytest.mark.parametrize("make", [_object, _workflow])
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_no_text_spoils_an_answer_or_the_log(text: str, mode: Mode, make: Any) -> None:
    served = Served(policy_set(mode))
    served.ask(asked(make(text), user=text, groups=[text]))  # Checked in there.
    lines = served.stream.getvalue().splitlines()
    assert len(lines) == 1
    assert lines[0].isascii()
    assert lines[0].isprintable()
    (line,) = served.log()
    assert all(value.isprintable() for value in line.values() if isinstance(value, str))


@pytest.mark.parametrize("place", ["operation", "subResource", "name", "namespace"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_no_text_around_the_object_spoils_them_either(text: str, place: str) -> None:
    served = Served()
    review = asked(deployment(resources=TINY))
    review["request"][place] = text
    served.ask(review)
    lines = served.stream.getvalue().splitlines()
    assert len(lines) == 1
    assert len(lines[0]) < 8000


def test_an_object_that_cannot_be_judged_is_refused_in_words() -> None:
    response = Served().ask(asked(deployment(), object={**deployment(), "metadata": []}))
    assert response["status"]["message"] == (
        "1 finding in Deployment/shop/web\n"
        "- kguard-unevaluable: the object cannot be judged: `request.object.metadata` is no"
        " object\n"
        f"`kguard explain kguard-unevaluable` tells more; {EXCEPTIONS}"
    )


def test_owners_of_exceptions_are_named_within_the_limits() -> None:
    entry = (
        "  - {{policy: memory-absurdly-small, kind: Deployment, namespace: shop, name: web,"
        ' reason: r, owner: "{owner}", expires: "2027-01-31", path: "{path}"}}\n'
    )
    containers = [f"container-number-{number}" for number in range(20)]
    text = "exceptions:\n" + "".join(
        entry.format(
            owner=f"team-{'ä' * 40}-{name}",
            path=f"spec.template.spec.containers[{name}].resources.limits.memory",
        )
        for name in containers
    )
    response = Served(policy_set(exceptions=text)).ask(asked(many(20, resources=TINY)))
    owners = response["auditAnnotations"]["exceptions"]
    assert owners.startswith("exception of team-ää")
    assert owners.endswith("; …")


def test_users_do_not_see_who_is_audited_or_excepted() -> None:
    response = Served(policy_set(Mode.AUDIT)).ask(asked(deployment(resources=TINY)))
    assert "warnings" not in response
    assert response["auditAnnotations"]["audited"] == "memory-absurdly-small"


def test_an_answer_names_no_user() -> None:
    response = Served().ask(asked(deployment(resources=TINY)))
    assert not any(ALICE in text for text in said(response))
    assert response["uid"] == UID


def test_words_of_an_allowed_request_refuse_nothing() -> None:
    assert words(decide(asked(deployment()))).refusal == ""


def test_many_findings_take_no_longer_to_put_into_words_than_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    masked: list[str] = []

    def mask(_: Mask, text: str, route: Route) -> str:
        masked.append(text)
        return text

    monkeypatch.setattr(Mask, "__call__", mask)
    said = words(decide(asked(many(3000, resources={})), policy_set(Mode.WARN)))
    assert said.warnings[-1].endswith(" more")
    assert len(masked) <= 200
