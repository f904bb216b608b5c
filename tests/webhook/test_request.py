"""From bytes to a request: what is a review, what cannot be judged, and what neither may cost."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from webhook_reviews import UID, asked, deployment, pod

from kguard.webhook import request as module
from kguard.webhook.request import MAX_DEPTH, MAX_NODES, NotAReview, Request, read_request

HEAD = b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"x",'
KIND = b'"kind":{"group":"apps","version":"v1","kind":"Deployment"},'


def read(review: Any) -> Request:
    return read_request(json.dumps(review).encode())


def test_everything_the_api_server_says_of_a_request_is_kept() -> None:
    review = asked(pod("x"), old=pod("x"), groups=["a", "b"], subResource="resize", dryRun=True)
    request = read(review)
    kind = (request.group, request.version, request.kind)
    assert kind == ("", "v1", "Pod")
    assert (request.uid, request.operation, request.sub_resource) == (UID, "UPDATE", "resize")
    assert (request.namespace, request.name) == ("shop", "x")
    assert (request.username, request.groups) == ("alice@example.com", ("a", "b"))
    assert request.dry_run
    assert (request.object, request.old_object) == (pod("x"), pod("x"))
    assert request.unevaluable == ""


NO_REVIEWS = {
    "nothing": (b"", "not JSON"),
    "white space": (b" \n\t ", "not JSON"),
    "text": (b"hello", "not JSON"),
    "truncated": (json.dumps(asked(pod())).encode()[:-9], "not JSON"),
    "two documents": (json.dumps(asked(pod())).encode() * 2, "Extra data"),
    "trailing text": (json.dumps(asked(pod())).encode() + b"x", "Extra data"),
    "null": (b"null", "not an object"),
    "number": (b"1", "not an object"),
    "string": (b'"AdmissionReview"', "not an object"),
    "list": (b"[]", "not an object"),
    "empty object": (b"{}", "not an object"),
    "byte order mark": (b"\xef\xbb\xbf" + json.dumps(asked(pod())).encode(), "not JSON"),
    "utf-16": (json.dumps(asked(pod())).encode("utf-16"), "not UTF-8"),
    "latin-1": (HEAD + '"name":"é"}}'.encode("latin-1"), "not UTF-8 at byte"),
    "raw surrogate": (HEAD + b'"name":"\xed\xa0\x80"}}', "not UTF-8"),
    "null bytes": (b"\0" * 200, "not JSON"),
    "control character": (HEAD + b'"name":"a\nb"}}', "not JSON: Invalid control character at char"),
    "brackets": (b"[" * 100_000, "not an AdmissionReview"),
    "closing brackets": (b"]" * 100_000, "not JSON"),
    "gzip": (b"\x1f\x8b\x08\x00" + b"\0" * 50, "not UTF-8"),
}


@pytest.mark.parametrize(("body", "reason"), NO_REVIEWS.values(), ids=list(NO_REVIEWS))
def test_what_is_no_review_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(NotAReview, match=reason):
        read_request(body)


def change(**to: Any) -> Callable[[dict[str, Any]], None]:
    return lambda review: review.update(to)


def ask(**to: Any) -> Callable[[dict[str, Any]], None]:
    return lambda review: review["request"].update(to)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (change(kind="AdmissionResponse"), "not an object of kind"),
        (change(kind=["AdmissionReview"]), "not an object of kind"),
        (change(apiVersion="admission.k8s.io/v1beta1"), "not of version"),
        (change(apiVersion=None), "not of version"),
        (change(request=None), "`request.uid` is missing"),
        (change(request=[]), "`request.uid` is missing"),
        (change(request=None, response={"uid": UID, "allowed": True}), "`request.uid`"),
        (ask(uid=""), "`request.uid` is missing"),
        (ask(uid=None), "`request.uid` is missing"),
        (ask(uid=7), "`request.uid` is missing"),
        (ask(uid="u" * 254), "`request.uid` is missing"),
        (ask(uid="a\nb"), "`request.uid` is missing"),
        (ask(uid="\ud800"), "`request.uid` is missing"),
    ],
)
def test_reviews_of_another_shape_are_refused(edit: Any, reason: str) -> None:
    review = asked(deployment())
    edit(review)
    with pytest.raises(NotAReview, match=reason):
        read(review)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"object": []}, "`request.object` is no object"),
        ({"object": "x"}, "`request.object` is no object"),
        ({"oldObject": 0}, "`request.oldObject` is no object"),
        ({"object": pod()}, "another kind"),
        ({"oldObject": pod()}, "another kind"),
        ({"object": {}}, "another kind"),
        ({"kind": None}, "another kind"),
        ({"kind": {"group": "", "version": "v1", "kind": "Pod"}}, "another kind"),
        ({"kind": {"group": ["apps"], "version": "v1", "kind": "Deployment"}}, "another kind"),
        ({"object": {**deployment(), "metadata": []}}, "metadata` is no object"),
        ({"object": {**deployment(), "metadata": "x"}}, "metadata` is no object"),
        ({"object": {**deployment(), "kind": "K" * 2000}}, "another kind"),
    ],
)
def test_objects_that_do_not_fit_are_reviews_that_cannot_be_judged(
    more: dict[str, Any], reason: str
) -> None:
    request = read(asked(deployment(), **more))
    assert reason in request.unevaluable
    assert (request.object, request.old_object) == (None, None)


@pytest.mark.parametrize(
    ("more", "name", "value"),
    [
        ({"dryRun": "true"}, "dry_run", False),
        ({"dryRun": 1}, "dry_run", False),
        ({"name": None}, "name", ""),
        ({"name": 5}, "name", ""),
        ({"namespace": ""}, "namespace", None),
        ({"namespace": {"a": 1}}, "namespace", None),
        ({"userInfo": None}, "username", ""),
        ({"userInfo": {"groups": "system:nodes"}}, "groups", ()),
        ({"userInfo": {"groups": [1, None, "a"]}}, "groups", ("a",)),
        ({"operation": ["CREATE"]}, "operation", ""),
        ({"name": "n" * 9000}, "name", "n" * 1024),
    ],
)
def test_odd_values_around_the_object_do_not_matter(
    more: dict[str, Any], name: str, value: object
) -> None:
    request = read(asked(deployment(), **more))
    assert getattr(request, name) == value
    assert request.unevaluable == ""


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000])
@pytest.mark.parametrize("place", ["object", "oldObject"])
def test_numbers_that_are_none_make_an_object_that_cannot_be_judged(text: str, place: str) -> None:
    data = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 1.5}}
    body = HEAD + KIND + f'"operation":"CREATE","{place}":{json.dumps(data)}}}}}'.encode()
    request = read_request(body.replace(b"1.5", text.encode()))
    assert request.unevaluable.startswith("holds ")
    assert (request.uid, request.kind, request.object) == ("x", "Deployment", None)


def test_a_number_that_is_none_counts_wherever_it_stands() -> None:
    request = read_request(HEAD + b'"dryRun":NaN,"object":null}}')
    assert (request.unevaluable[:5], request.dry_run) == ("holds", False)


def nested(levels: int) -> bytes:
    inner = b'{"a":' * levels + b"1" + b"}" * levels
    return HEAD + KIND + b'"operation":"CREATE","object":' + inner + b"}}"


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, 1000, 100_000])
def test_nesting_is_bounded(levels: int) -> None:
    request = read_request(nested(levels))
    assert request.unevaluable == f"nested more than {MAX_DEPTH} levels deep"
    assert (request.uid, request.operation, request.kind) == ("x", "CREATE", "Deployment")


@pytest.mark.parametrize("options", ["", ',"options":{"dryRun":["All"],"fieldManager":"}\\"{"}'])
@pytest.mark.parametrize(("said", "expected"), [("true", True), ("false", False)])
@pytest.mark.parametrize(("new", "old"), [(1000, 3), (3, 1000), (1000, 1000)])
def test_a_dry_run_is_known_of_what_cannot_be_judged(
    new: int, old: int, said: str, expected: bool, options: str
) -> None:
    """The API server says it behind the objects, which can have a key of that name."""
    inner = b'{"dryRun":true,"a":[{"dryRun":true}]}'
    first, second = (b'{"a":' * levels + inner + b"}" * levels for levels in (new, old))
    tail = f',"dryRun":{said}{options}}}}}'.encode()
    body = HEAD + KIND + b'"object":' + first + b',"oldObject":' + second + tail
    request = read_request(body)
    assert request.unevaluable
    assert request.dry_run is expected


def test_nesting_up_to_the_bound_is_read() -> None:
    assert read_request(nested(MAX_DEPTH - 2)).unevaluable.startswith("`request.object` is of")


def test_brackets_in_strings_do_not_count_as_nesting() -> None:
    data = deployment()
    data["metadata"]["annotations"] = {"a": '{["\\' * 500}
    assert read(asked(data)).unevaluable == ""


def test_too_many_values_make_an_object_that_cannot_be_judged() -> None:
    values = b"[" + b",".join([b"0"] * (MAX_NODES + 2)) + b"]"
    request = read_request(HEAD + KIND + b'"object":{"a":' + values + b"}}}")
    assert request.unevaluable == "more than 1,000,000 values"


def test_keys_written_twice_count_once_and_the_last_wins() -> None:
    body = HEAD + b'"uid":"second","operation":"DELETE","operation":"CREATE"}}'
    request = read_request(body)
    assert (request.uid, request.operation) == ("second", "CREATE")


def test_a_lone_surrogate_in_an_object_is_read() -> None:
    data = deployment()
    data["metadata"]["labels"] = {"a": "\ud800"}
    assert read(asked(data)).object == data


COSTLY = {
    "string without an end": b"{" * 120 + b'"' + b'\\"' * 2_000_000,
    "opening brackets": b"[" * 8_000_000,
    "pairs of brackets": b"[]" * 4_000_000,
    "quotes": b'"' * 8_000_000,
    "empty strings": HEAD + b'"object":[' + b'"",' * 2_500_000 + b'""]}}',
    "long string": HEAD + b'"object":"' + b"a" * 8_000_000 + b'"}}',
    "backslashes": HEAD + b'"object":"' + b"\\\\" * 4_000_000 + b'"}}',
    "long numbers": HEAD + b'"object":[' + b",".join([b"9" * 4000] * 2000) + b"]}}",
    "digits": HEAD + b'"object":' + b"9" * 8_000_000 + b"}}",
    "white space": HEAD + b" " * 8_000_000 + b'"object":null}}',
    "deep": HEAD + b'"object":' + b"[" * 400_000 + b"]" * 400_000 + b"}}",
    "many": HEAD + b'"object":[' + b"{}," * 400_000 + b"0]}}",
}


@pytest.mark.parametrize("body", COSTLY.values(), ids=list(COSTLY))
def test_no_body_costs_more_than_its_length(body: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(NotAReview):
        read_request(body)
    # 8 MB; the slowest takes 0.3 s here, and anything quadratic takes hours.
    assert time.process_time() - began < 5


def depth_of(body: bytes) -> int:
    """The deepest nesting, byte by byte; a quote behind a backslash begins and ends nothing."""
    depth = deepest = 0
    inside = escaped = False
    for byte in body:
        if byte == ord("\\"):
            escaped = not escaped
            continue
        if byte == ord('"') and not escaped:
            inside = not inside
        elif byte in b"{[" and not inside:
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]" and not inside:
            depth -= 1
        escaped = False
    return deepest


PIECES = st.sampled_from(
    [*"{}[],:a", '"', "{}", "[]", '"a"', '"{"', '"\\""', '"\\\\"', "{{{", "}}}"]
)


@given(st.lists(PIECES, max_size=60).map("".join))
@example("{" * 3 + "}" * 3 + '"' + "{" * 30)
@example("}" * 6 + "{" * 5)
def test_depth_is_seen_however_the_text_is_cut(text: str) -> None:
    """With limits so small that every way of measuring is taken."""
    body = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"MAX_DEPTH": 4, "_USUAL_DEPTH": 2, "_PIECE": 7, "_SMALL": 0}.items():
            patch.setattr(module, name, value)
        found = module._too_large(body)
    assert found == ("nested more than 4 levels deep" if depth_of(body) > 4 else "")
