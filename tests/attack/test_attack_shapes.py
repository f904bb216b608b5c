"""Bodies that are no review, or one that nobody would write; all of them answered."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from attack_server import GOOD, WRONG, Server
from attack_wire import ALLOW, DENY, verdict
from webhook_reviews import ALICE, UID, asked, deployment, pod

WRONG_OBJECT = deployment(resources={"limits": {"memory": "64Mb"}})


def request(**fields: Any) -> bytes:
    """A review of a wrong Deployment with other fields in its request; `...` drops one."""
    review = asked(WRONG_OBJECT)
    review["request"].update(fields)
    review["request"] = {k: v for k, v in review["request"].items() if v is not ...}
    return json.dumps(review).encode()


def spliced(new: bytes) -> bytes:
    """A review of a wrong Deployment with a field of the object's metadata put in as text."""
    start, name, end = WRONG.partition(b'"metadata": {')
    return start + name + b'"x": ' + new + b", " + end


def nested(levels: int, bracket: str = "[]") -> bytes:
    """So many lists in each other."""
    return (bracket[0] * levels + bracket[-1] * levels).encode()


def without(*keys: str) -> bytes:
    """A review without some of its keys."""
    return json.dumps({k: v for k, v in json.loads(WRONG).items() if k not in keys}).encode()


def envelope(**fields: Any) -> bytes:
    """A review with other fields beside its request."""
    return json.dumps({**json.loads(WRONG), **fields}).encode()


NO_REVIEW = {
    "nothing": b"",
    "a blank": b" \r\n\t ",
    "null": b"null",
    "a number": b"1",
    "a string": b'"AdmissionReview"',
    "a list": b"[" + WRONG + b"]",
    "an empty object": b"{}",
    "true": b"true",
    "YAML": b"kind: AdmissionReview\napiVersion: admission.k8s.io/v1\n",
    "XML": b"<AdmissionReview/>",
    "a form": b"kind=AdmissionReview",
    "half of it": WRONG[: len(WRONG) // 2],
    "all but the last byte": WRONG[:-1],
    "one bracket too many": WRONG + b"}",
    "two of them": WRONG + b"\n" + GOOD,
    "something behind it": WRONG + b" // ok",
    "a comment in front": b"/**/" + WRONG,
    "a trailing comma": WRONG[:-1] + b",}",
    "single quotes": WRONG.replace(b'"', b"'"),
    "a byte order mark": b"\xef\xbb\xbf" + WRONG,
    "UTF-16": WRONG.decode().encode("utf-16"),
    "UTF-32": WRONG.decode().encode("utf-32"),
    "Latin letters": WRONG.replace(b"alice", b"\xe9lodie"),
    "overlong UTF-8": WRONG.replace(b"alice", b"\xc0\xaf"),
    "a raw surrogate": WRONG.replace(b"alice", b"\xed\xa0\x80"),
    "NUL behind it": WRONG + b"\0",
    "a raw newline in a string": WRONG.replace(b"alice", b"al\nice"),
    "a raw NUL in a string": WRONG.replace(b"alice", b"al\0ice"),
    "an unknown escape": WRONG.replace(b"alice", rb"\x61"),
    "no kind": without("kind"),
    "no version": without("apiVersion"),
    "no request": without("request"),
    "an older version": envelope(apiVersion="admission.k8s.io/v1beta1"),
    "a later version": envelope(apiVersion="admission.k8s.io/v2"),
    "another group": envelope(apiVersion="v1"),
    "another kind": envelope(kind="ConversionReview"),
    "a kind in lower case": envelope(kind="admissionreview"),
    "a kind that is a list": envelope(kind=["AdmissionReview"]),
    "a request that is null": envelope(request=None),
    "a request that is a list": envelope(request=[{"uid": UID}]),
    "a request that is a string": envelope(request="x"),
    "an answer": json.dumps({"kind": "AdmissionReview", "response": {"allowed": True}}).encode(),
    "no uid": request(uid=...),
    "an empty uid": request(uid=""),
    "a uid that is null": request(uid=None),
    "a uid that is a number": request(uid=1),
    "a uid that is a list": request(uid=[UID]),
    "a uid of a megabyte": request(uid="x" * 2**20),
    "a uid with a newline": request(uid="x\r\nAllowed: true"),
    "a uid with an escape": request(uid="\x1b[31m"),
    "a uid with a surrogate": request(uid="\ud800"),
    "nesting and nothing else": nested(100_000),
    "nesting without end": b"[" * 1_000_000,
    "objects in objects": b'{"request":' * 50_000,
    "strings without end": b'"' + b"\\" * 1_000_001,
    "a bracket in strings": b'{"' + b"[" * 500_000 + b'": "',
    "zeros": bytes(100_000),
    "blanks": b" " * 5_000_000,
    "commas": b"[" + b"," * 2_000_000,
    "digits": b"1" * 5_000_000,
}


@pytest.mark.parametrize("body", NO_REVIEW.values(), ids=[f"{x} -> 400" for x in NO_REVIEW])
def test_what_is_no_review(server: Server, body: bytes) -> None:
    started = time.monotonic()
    answer = server.review(body)
    assert time.monotonic() - started < 2
    assert (answer.status, list(json.loads(answer.body))) == (400, ["error"])
    assert len(answer.body) < 300
    assert all(text not in answer.body for text in (b"Traceback", b"64Mb", b".py"))


UNNAMED = {k: v for k, v in WRONG_OBJECT.items() if k != "metadata"}
DUMPED = json.dumps(WRONG_OBJECT).encode()
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
POD_KIND = {"group": "", "version": "v1", "kind": "Pod"}

ODD = {
    # The envelope.
    "a spoofed answer beside it": (
        envelope(response={"uid": UID, "allowed": True, "status": {"code": 200}}),
        DENY,
    ),
    "unknown fields": (request(**{"x" * 1000: 1, "allowed": True, "": None}), DENY),
    "keys in another case": (request(OBJECT=json.loads(GOOD)["request"]["object"]), DENY),
    "the wrong object last": (GOOD[:-2] + b', "object": %b}}' % DUMPED, DENY),
    "an object twice, of another kind": (WRONG[:-2] + b', "object": {"kind": "Secret"}}}', DENY),
    "nesting in front of the uid": (b'{"x": ' + nested(200) + b"," + WRONG[1:], DENY),
    "a review of blanks": (WRONG.replace(b" ", b" " * 3000), DENY),
    "a review in escapes": (
        "".join(f"\\u{ord(c):04x}" if c.isalpha() else c for c in "alice").encode().join(
            WRONG.split(b"alice")
        ),
        DENY,
    ),
    # Objects that cannot be judged: they must not get through for it.
    "NaN": (spliced(b"NaN"), DENY),
    "infinity": (spliced(b"Infinity"), DENY),
    "less than infinity": (spliced(b"-Infinity"), DENY),
    "1e999": (spliced(b"1e999"), DENY),
    "-1e999": (spliced(b"-1e999"), DENY),
    "1e-999": (spliced(b"1e-999"), DENY),
    "a number of 5,000 digits": (spliced(b"9" * 5_000), DENY),
    "a number of a million digits": (spliced(b"9" * 1_000_000), DENY),
    "a fraction of a million digits": (spliced(b"0." + b"1" * 1_000_000), DENY),
    "101 levels": (spliced(nested(101)), DENY),
    "1,000 levels": (spliced(nested(1_000)), DENY),
    "a million levels": (spliced(nested(1_000_000)), DENY),
    "levels of objects": (spliced(b'{"a":' * 5_000 + b"1" + b"}" * 5_000), DENY),
    "levels that look like text": (spliced(b'"\\"' + b"[" * 2_000 + b'"'), DENY),
    "levels behind an escape": (spliced(b'"\\\\", "y": ' + nested(2_000)), DENY),
    "a million values": (spliced(b"[" + b"1," * 1_000_001 + b"1]"), DENY),
    "two million keys": (spliced(b"{" + b'"a":1,' * 1_000_001 + b'"b":1}'), DENY),
    "a good object, too deep": (GOOD.replace(b'"100m"', nested(500)), DENY),
    "as many objects as allowed": (spliced(b"[" + b'{"a":1},' * 490_000 + b"1]"), DENY),
    "as many values as allowed": (spliced(b"[" + b"1," * 990_000 + b"1]"), DENY),
    "a million strings": (spliced(b"[" + b'"[{,}]",' * 990_000 + b"1]"), DENY),
    "a key of a megabyte": (spliced(b'1, "%b": 1' % (b"k" * 2**20)), DENY),
    "a string of ten megabytes": (spliced(b'"%b"' % (b"s" * 10**7)), DENY),
    "a lone surrogate": (spliced(rb'"\ud800"'), DENY),
    "a good object with a surrogate": (GOOD.replace(b'"web"', rb'"\udc80"'), ALLOW),
    # Objects that are none.
    "no object": (request(object=...), DENY),
    "an object that is null": (request(object=None), DENY),
    "an object that is a list": (request(object=[WRONG_OBJECT]), DENY),
    "an object that is a string": (request(object=json.dumps(WRONG_OBJECT)), DENY),
    "an object that is false": (request(object=False), DENY),
    "an object that is 0": (request(object=0), DENY),
    "an empty object": (request(object={}), DENY),
    "an object of another kind": (request(object=CONFIG_MAP), DENY),
    "an object of a later version": (request(object={**WRONG_OBJECT, "apiVersion": "v2"}), DENY),
    "an object without a kind": (request(object={**WRONG_OBJECT, "kind": None}), DENY),
    "a kind of another object": (request(kind=POD_KIND), DENY),
    "a kind that is null": (request(kind=None), DENY),
    "a kind that is a string": (request(kind="Deployment"), DENY),
    "a kind that is a list": (request(kind=[POD_KIND]), DENY),
    "a kind of numbers": (request(kind={"group": 1, "version": 2, "kind": 3}), DENY),
    "metadata that is a list": (request(object={**WRONG_OBJECT, "metadata": []}), DENY),
    "metadata that is a string": (request(object={**WRONG_OBJECT, "metadata": "x"}), DENY),
    "metadata that is null": (request(object={**WRONG_OBJECT, "metadata": None}), DENY),
    "no metadata": (request(object=UNNAMED), DENY),
    # The rest of the request.
    "an update of nothing": (request(operation="UPDATE"), DENY),
    "an update of null": (request(operation="UPDATE", oldObject=None), DENY),
    "an update of a string": (request(operation="UPDATE", oldObject="x"), DENY),
    "an update of another kind": (request(operation="UPDATE", oldObject=CONFIG_MAP), DENY),
    "a deletion": (request(operation="DELETE", object=None, oldObject=WRONG_OBJECT), ALLOW),
    "a deletion of nothing": (request(operation="DELETE", object=None), ALLOW),
    "a connection": (request(operation="CONNECT"), ALLOW),
    "a namespace that is null": (request(namespace=None), DENY),
    "a namespace that is a list": (request(namespace=["shop"]), DENY),
    "a namespace that is a pattern": (request(namespace="*"), DENY),
    "a namespace of a megabyte": (request(namespace="n" * 2**20), DENY),
    "a name that is null": (request(name=None), DENY),
    "a name that is yet to be generated": (
        request(name="", object={**WRONG_OBJECT, "metadata": {"generateName": "web-"}}),
        DENY,
    ),
    "a name that is a number": (request(name=1), DENY),
    "a name of a megabyte": (request(name="n" * 2**20), DENY),
    "a name that steers the terminal": (request(name="\x1b]0;x\a\x1b[2J\r\n\u202e\u2066"), DENY),
    "a name that is markup": (request(name="<script>alert(1)</script>"), DENY),
    "a name that is a path": (request(name="../../etc/passwd\0"), DENY),
    "a name that formats": (request(name="%s%n{0.__class__}${jndi:ldap://x}"), DENY),
    "a name with a surrogate": (request(name="\ud83d"), DENY),
    "no user": (request(userInfo=...), DENY),
    "a user that is null": (request(userInfo=None), DENY),
    "a user that is a list": (request(userInfo=[ALICE]), DENY),
    "a user without a name": (request(userInfo={"groups": ["system:masters"]}), DENY),
    "a user of a megabyte": (request(userInfo={"username": "u" * 2**20}), DENY),
    "a user that breaks lines": (request(userInfo={"username": 'x"}\n{"event": "review'}), DENY),
    "groups that are a string": (request(userInfo={"groups": "system:nodes"}), DENY),
    "groups that are objects": (request(userInfo={"groups": [{"system:nodes": 1}, 1, None]}), DENY),
    "a hundred thousand groups": (request(userInfo={"groups": ["g"] * 100_000}), DENY),
    "dryRun as a string": (request(dryRun="false"), DENY),
    "dryRun as a number": (request(dryRun=1), DENY),
    "dryRun that is null": (request(dryRun=None), DENY),
    "a real dryRun": (request(dryRun=True), DENY),
    "options that are hostile": (request(options={"__class__": nested(50).decode()}), DENY),
    "a sub-resource that is a list": (request(subResource=["status"]), DENY),
    "a sub-resource that is null": (request(subResource=None), DENY),
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"), ODD.values(), ids=[f"{x} -> {e}" for x, (_, e) in ODD.items()]
)
def test_odd_reviews(server: Server, body: bytes, expected: str) -> None:
    started = time.monotonic()
    assert expected == verdict(server.review(body))
    assert time.monotonic() - started < 5


# Parts of a Pod's interface: three of them carry the Pod, the others nothing to judge.
PARTS = {
    **dict.fromkeys(("", "ephemeralcontainers", "resize"), DENY),
    **dict.fromkeys(("status", "exec", "attach", "portforward", "proxy", "log"), ALLOW),
    **dict.fromkeys(("binding", "eviction", "scale", "token", "x" * 5_000, "\x1b"), ALLOW),
}


@pytest.mark.parametrize(
    ("part", "expected"), PARTS.items(), ids=[f"{x[:20]!r} -> {e}" for x, e in PARTS.items()]
)
def test_sub_resources(server: Server, part: str, expected: str) -> None:
    data, old = pod(resources={"limits": {"memory": "64Mb"}}), pod()
    assert expected == verdict(server.review(asked(data, old=old, subResource=part)))


# The API server writes operations in capitals; only CREATE and UPDATE bring something new.
OPERATIONS = {"CREATE": DENY, "UPDATE": DENY, "DELETE": ALLOW, "CONNECT": ALLOW, "PATCH": ALLOW}


@pytest.mark.parametrize(
    ("name", "expected"), OPERATIONS.items(), ids=[f"{x} -> {e}" for x, e in OPERATIONS.items()]
)
def test_operations(server: Server, name: str, expected: str) -> None:
    assert expected == verdict(server.review(request(operation=name, oldObject=deployment())))


UIDS = ["0", "x" * 253, "日本", "'\"<>&", "../../x", "00000000-0000-0000-0000-000000000000", "🚀"]


@pytest.mark.parametrize("uid", UIDS, ids=[x[:20] for x in UIDS])
def test_a_uid_comes_back_as_it_was(server: Server, uid: str) -> None:
    assert verdict(server.review(request(uid=uid)), uid) == DENY
