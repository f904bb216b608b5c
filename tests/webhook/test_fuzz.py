"""Anything at all is answered: arbitrary JSON, and good objects with something changed in them."""

from __future__ import annotations

import copy
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webhook_reviews import REGISTRY, TODAY, UID, asked, policy_set, world
from webhook_service import HOSTILE, Served, checked

from kguard.kube.recognise import is_kubernetes
from kguard.policy.examples import examples
from kguard.verify import read_example
from kguard.webhook.policyset import MOST_FINDINGS
from kguard.webhook.request import read_request
from kguard.webhook.review import review

EXAMPLES = int(os.environ.get("KGUARD_FUZZ_EXAMPLES", "100"))
"""How many inputs each test tries: few on every run, many when somebody looks for more."""

SECONDS = 5.0
"""CPU time for one small input; they take milliseconds."""

FUZZ = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

POLICIES = policy_set(deny_on_error=True, kguard="profile: all", webhook="annotations: true")


def _good() -> Iterator[dict[str, Any]]:
    """Every object of the policies' examples, as the API server would send it."""
    for policy in REGISTRY.policies.values():
        for example in examples(policy):
            found, _, _ = read_example(example)
            for resource in found:
                if is_kubernetes(resource.data):
                    yield json.loads(json.dumps(resource.data, default=str))


GOOD = list({json.dumps(each, sort_keys=True): each for each in _good()}.values())

texts = st.one_of(
    st.sampled_from(list(HOSTILE.values())),
    st.sampled_from(
        ["1", "0", "-1", "1.5", "64m", "1e9", "1e400", "1Ei", "50%", "-5%", "5m", "2h", "Infinity"]
    ),
    st.sampled_from(
        ["sh", "-c", "exec", "trap '' TERM; wait", "a && (b; c) | d &", "$(", "`", "<<E", "{{x}}"]
    ),
    st.sampled_from(["{{inputs.parameters.a}}", "[1,2]", '[{"a":1}]', "a: [", "&a [*a]", "*"]),
    st.text(max_size=30),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts
)
keys = st.one_of(
    st.sampled_from(
        [
            *("name", "spec", "metadata", "template", "templates", "containers", "resources"),
            *("limits", "requests", "memory", "cpu", "steps", "dag", "tasks", "items", "labels"),
            *("inline", "depends", "withItems", "withParam", "command", "args", "source", "data"),
        ]
    ),
    texts,
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=5)),
    max_leaves=15,
)


def places(data: Any, route: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The routes of everything in an object but its kind."""
    found = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in found:
        if route or key not in ("apiVersion", "kind"):
            yield (*route, key)
            if isinstance(value, dict | list):
                yield from places(value, (*route, key))


@st.composite
def changed(draw: st.DrawFn) -> dict[str, Any]:
    """A good object with up to four changes in it."""
    data: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 4))):
        routes = list(places(data))
        if not routes:
            break
        *above, key = draw(st.sampled_from(routes))
        parent = data
        for step in above:
            parent = parent[step]
        what = draw(st.sampled_from(["replace", "replace", "remove", "repeat", "copy", "add"]))
        if what == "replace":
            parent[key] = draw(trees)
        elif what == "remove":
            del parent[key]
        elif what == "repeat" and isinstance(parent, list):
            parent[:] = parent * 3
        elif what == "copy":
            value: Any = data
            for step in draw(st.sampled_from(routes)):
                value = value[step]
            parent[key] = copy.deepcopy(value)
        elif isinstance(parent, dict):
            parent[draw(keys)] = draw(trees)
    return data


@FUZZ
@given(body=st.one_of(st.binary(max_size=300), trees.map(lambda t: json.dumps(t).encode())))
def test_what_is_no_review_is_refused_and_nothing_else_happens(body: bytes) -> None:
    answer = Served(POLICIES).send(body)
    assert answer.status == 400
    assert set(json.loads(answer.body)) == {"error"}


@FUZZ
@given(request=st.dictionaries(st.sampled_from(list(asked({})["request"])), trees), old=trees)
def test_every_request_with_a_uid_is_answered_by_a_review(
    request: dict[str, Any], old: Any
) -> None:
    envelope = {**asked({}), "request": {**request, "uid": UID, "oldObject": old}}
    began = time.process_time()
    checked(Served(POLICIES).send(json.dumps(envelope).encode()), UID)
    assert time.process_time() - began < SECONDS


@FUZZ
@given(
    data=changed(),
    old=st.one_of(st.none(), changed()),
    user=texts,
    query=st.one_of(texts, st.sampled_from(["timeout=1s", "timeout=-1s", "timeout=", "a&" * 50])),
)
def test_every_changed_object_is_answered_by_a_review(
    data: dict[str, Any], old: dict[str, Any] | None, user: str, query: str
) -> None:
    served = Served(POLICIES)
    began = time.process_time()
    answer = served.send(json.dumps(asked(data, old=old, user=user)).encode(), query)
    assert time.process_time() - began < SECONDS
    checked(answer, UID)
    assert [line["event"] for line in served.log()] == ["review"]


@FUZZ
@given(data=changed(), around=st.lists(changed(), max_size=3), update=st.booleans())
def test_no_policy_fails_on_a_changed_object(
    data: dict[str, Any], around: list[dict[str, Any]], update: bool
) -> None:
    """The same object is stored already on an update, so that the ratchet looks at it, too."""
    asking = asked(data, old={**data, "extra": 1} if update else None)
    request = read_request(json.dumps(asking).encode())
    decision = review(request, POLICIES, world(*around), today=TODAY)
    assert decision.crashes == []
    # A thousand errors of one policy, as in a DAG whose every task is wrong, are not all told.
    found = Counter(each.finding.policy for each in decision.judged)
    assert [policy for policy in decision.unanswered if found[policy] < MOST_FINDINGS] == []
    if update and not request.unevaluable and not decision.unanswered:
        assert decision.allowed
