"""Exceptions, and annotations that ignore."""

from __future__ import annotations

import pytest
from review_cases import OWNER, REPLICASET, TINY, exception
from webhook_reviews import answer, asked, decide, deployment, pod, policy_set


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (exception(), True),
        (exception(namespace="other"), False),
        (exception(kind="StatefulSet"), False),
        (exception(name="name: we"), False),
        (exception(name="name: WEB"), False),
        (exception(name="generate-name: web"), False),
        (exception(expires="2026-11-22"), True),
        (exception(expires="2026-11-21"), False),
        (exception(expires="2027-05-21"), True),
        (exception(expires="2027-05-22"), False),
        (exception().replace("memory-absurdly-small", "missing-memory-limit"), False),
        (
            exception()
            + '    path: "spec.template.spec.containers[web].resources.limits.memory"\n',
            True,
        ),
        (
            exception()
            + '    path: "spec.template.spec.containers[app].resources.limits.memory"\n',
            False,
        ),
    ],
    ids=[
        "exact",
        "other namespace",
        "other kind",
        "beginning of the name",
        "other case",
        "generated name",
        "last day",
        "day after",
        "180 days",
        "181 days",
        "other policy",
        "place",
        "other place",
    ],
)
def test_an_exception_covers_exactly_what_it_says(text: str, allowed: bool) -> None:
    policies = policy_set(exceptions=text)
    assert decide(asked(deployment(resources=TINY)), policies).allowed is allowed


def test_exceptions_do_not_add_up() -> None:
    places = [
        exception(namespace="other"),
        exception(kind="Pod").replace("exceptions:", ""),
        exception(name="name: other").replace("exceptions:", ""),
    ]
    policies = policy_set(exceptions="".join(places))
    assert not decide(asked(deployment(resources=TINY)), policies).allowed


def test_an_exception_for_a_generated_name() -> None:
    data = pod("job-x7k2p", resources=TINY)
    data["metadata"]["generateName"] = "job-"
    policies = policy_set(exceptions=exception(kind="Pod", name="generate-name: job-"))
    assert decide(asked(data), policies).allowed


def test_an_exception_for_a_generated_name_is_none_for_a_chosen_one() -> None:
    data = pod("payments", resources=TINY)
    data["metadata"]["generateName"] = "job-"
    policies = policy_set(exceptions=exception(kind="Pod", name="generate-name: job-"))
    assert not decide(asked(data), policies).allowed


def test_an_exception_for_a_long_generated_name() -> None:
    prefix = "a" * 60 + "-"
    data = pod("a" * 58 + "x7k2p", resources=TINY)
    data["metadata"]["generateName"] = prefix
    policies = policy_set(exceptions=exception(kind="Pod", name=f"generate-name: {prefix}"))
    assert decide(asked(data), policies).allowed


def test_a_long_generated_name_begins_with_all_that_is_kept_of_its_prefix() -> None:
    # The API server keeps 58 characters and adds five; this name has 57 of them.
    prefix = "a" * 60 + "-"
    data = pod("a" * 57 + "b-payments", resources=TINY)
    data["metadata"]["generateName"] = prefix
    policies = policy_set(exceptions=exception(kind="Pod", name=f"generate-name: {prefix}"))
    assert not decide(asked(data), policies).allowed


def test_an_exception_in_force_counts_beside_one_that_has_ended() -> None:
    ended, renewed = exception(expires="2026-10-31"), exception().replace("exceptions:", "")
    policies = policy_set(exceptions=ended + renewed)
    assert decide(asked(deployment(resources=TINY)), policies).allowed


def test_an_excepted_finding_is_in_the_audit_log_and_nowhere_else() -> None:
    said = answer(decide(asked(deployment(resources=TINY)), policy_set(exceptions=exception())))
    assert "warnings" not in said
    assert said["auditAnnotations"]["excepted"] == "memory-absurdly-small"
    expected = "exception of team-shop@example.com until 2027-01-31"
    assert said["auditAnnotations"]["exceptions"] == expected


def test_a_refusal_says_that_the_exception_has_ended() -> None:
    policies = policy_set(exceptions=exception(expires="2026-10-31"))
    message = answer(decide(asked(deployment(resources=TINY)), policies))["status"]["message"]
    assert "(its exception ended on 2026-10-31)" in message


def test_an_expired_exception_stops_no_replacement() -> None:
    data = pod("web-5d8-x1", resources=TINY)
    data["metadata"]["ownerReferences"] = [OWNER]
    policies = policy_set(exceptions=exception(kind="Pod", expires="2026-10-31"))
    assert decide(asked(data, user=REPLICASET), policies).allowed


@pytest.mark.parametrize(
    ("webhook", "value", "allowed"),
    [
        ("{}", "counted in millibytes", False),
        ("annotations: true", "counted in millibytes", True),
        ("annotations: true", "counted in millibytes (until 2026-11-21)", False),
        ("modes: [{policies: [resources], annotations: true}]", "why", True),
        ("modes: [{policies: [rollout], annotations: true}]", "why", False),
        ("modes: [{namespaces: [other], annotations: true}]", "why", False),
    ],
)
def test_annotations_count_only_where_they_are_allowed(
    webhook: str, value: str, allowed: bool
) -> None:
    data = deployment(resources=TINY)
    data["metadata"]["annotations"] = {"ignore.kguard.dev/memory-absurdly-small": value}
    assert decide(asked(data), policy_set(webhook=webhook)).allowed is allowed
