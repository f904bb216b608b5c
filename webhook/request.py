"""From the bytes of an AdmissionReview to a request whose shape is known.

What is no review is refused (`NotAReview`). What is one, and holds objects nobody can judge (nested
too deeply, numbers that are none), is answered all the same: such an object must not get through
because the webhook failed. Source of the format: k8s.io/api admission/v1 types.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate, islice
from typing import Any

from kguard.record import record
from kguard.webhook import wire

API_VERSION, KIND = "admission.k8s.io/v1", "AdmissionReview"

MAX_DEPTH = 100
"""Levels of nesting in the whole review. Objects of our kinds stay below 40."""

_USUAL_DEPTH = 40
"""Levels up to which nesting is measured the quick way."""

MAX_NODES = 1_000_000
"""Values in the whole review: what 3 MiB, the API server's limit for a body, can well hold."""

_UID = 253
"""The longest uid echoed. The API server sends 36 characters (RFC 4122)."""

_TEXT = 1024
"""Characters kept of any other text: names of Kubernetes have 253 at most, those of users more."""

# A string that never ends goes to the end of the text: searching for the next one from every quote
# in it would take quadratic time.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_TOKEN = re.compile(_STRING.pattern + rb"|[{}\[\]]", re.DOTALL)
_STEP = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
_ALIKE = bytes.maketrans(b"[]", b"{}")
_NO_MARK = bytes(set(range(256)) - set(_STEP) - set(b'",'))
_SMALL = 2**13
"""Bytes below which a review seldom has so many brackets that it could be nested too deeply."""
_PIECE = 2**16
"""Bytes of a review looked at in one go."""
_OLD_OBJECT = re.compile(rb'"oldObject"\s*:\s*\{')
_OLD_OBJECTS = 100
"""How many keys of that name are looked at: an object can have its own."""
_DRY_RUN = re.compile(rb'"dryRun"\s*:\s*true\b')
_BEHIND = 2**12
"""Bytes from the end of a review on which there is room for what follows its objects."""
_ENVELOPE_TOKENS = 20_000
"""How far into a review its objects can begin: a user may be in hundreds of groups."""


class NotAReview(ValueError):
    """A body that is no AdmissionReview of this version; the text says why."""


@record(eq=False)
class Request:
    """What the API server asks. `object` is None on DELETE, `old_object` on CREATE.

    `group`, `version` and `kind` are those of the objects as sent, after any conversion.
    `sub_resource` is empty for the object itself. `unevaluable` says why the objects cannot be
    judged, empty where they can; both are None then.
    """

    uid: str
    operation: str
    group: str
    version: str
    kind: str
    sub_resource: str = ""
    namespace: str | None = None
    name: str = ""
    username: str = ""
    groups: tuple[str, ...] = ()
    dry_run: bool = False
    object: Mapping[str, Any] | None = None
    old_object: Mapping[str, Any] | None = None
    unevaluable: str = ""
    stored_unevaluable: bool = False
    """Whether the object as stored cannot be judged either; `old_object` is None then."""
    backticks: bool = True
    """Whether any text in it may hold one, which tells quotations from what is quoted."""


def read_request(body: bytes) -> Request:
    """The request in a body; raises NotAReview."""
    data, problem = _loaded(body)
    stored = False
    if problem and (parts := _apart(body)):
        new, old = parts
        if _loaded(old)[1]:
            stored = True
            data, problem = _loaded(new)
    backticks = b"`" in body or (b"\\" in body and b"\\u0060" in body)
    return _checked(data, problem, stored, backticks)


def _loaded(body: bytes) -> tuple[Any, str]:
    """The review in a body, and why its objects are not in there; raises NotAReview."""
    if problem := _too_large(body):
        return _envelope(body), problem
    try:
        return wire.loads(body), ""
    except UnicodeDecodeError as error:
        raise NotAReview(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        # Some of json's messages end in "at" themselves.
        cause = error.msg.removesuffix(" at")
        raise NotAReview(f"not JSON: {cause} at character {error.pos}") from None
    except wire.NotFinite as error:
        return _envelope(body), str(error)
    except ValueError:  # The limit on digits: converting them takes quadratic time.
        return _envelope(body), "holds a number of thousands of digits"


def _checked(data: Any, problem: str, stored: bool, backticks: bool) -> Request:
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise NotAReview(f"not an object of kind {KIND}")
    if data.get("apiVersion") != API_VERSION:
        raise NotAReview(f"not of version {API_VERSION}")
    request: Any = data.get("request")
    uid = request.get("uid") if isinstance(request, dict) else None
    if not isinstance(uid, str) or not uid or len(uid) > _UID or not uid.isprintable():
        raise NotAReview("`request.uid` is missing")
    new, old = _mapping_or_none(request, "object"), _mapping_or_none(request, "oldObject")
    about = request.get("kind")
    group, version, kind = _text(about, "group"), _text(about, "version"), _text(about, "kind")
    named = (f"{group}/{version}" if group else version, kind)
    problem = problem or _misfit(request, new, "object", named)
    problem = problem or _misfit(request, old, "oldObject", named)
    user = request.get("userInfo")
    return Request(
        uid=uid,
        operation=_text(request, "operation"),
        group=group,
        version=version,
        kind=kind,
        sub_resource=_text(request, "subResource"),
        namespace=_text(request, "namespace") or None,
        name=_text(request, "name"),
        username=_text(user, "username"),
        groups=tuple([each for each in _list(user, "groups") if isinstance(each, str)]),
        dry_run=request.get("dryRun") is True,
        object=None if problem else new,
        old_object=None if problem else old,
        unevaluable=problem,
        stored_unevaluable=stored,
        backticks=backticks,
    )


def _misfit(
    request: Mapping[str, Any], found: Mapping[str, Any] | None, key: str, named: tuple[str, str]
) -> str:
    """What is wrong with an object in itself or beside what the request says of it.

    `named` is the `apiVersion` and kind of which it is said to be.
    """
    if found is None:
        return f"`request.{key}` is no object" if request.get(key) is not None else ""
    if (found.get("apiVersion"), found.get("kind")) != named:
        return f"`request.{key}` is of another kind than `request.kind`"
    metadata = found.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        return f"`request.{key}.metadata` is no object"
    return ""


def _mapping_or_none(request: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    found = request.get(key)
    return found if isinstance(found, dict) else None


def _text(data: Any, key: str) -> str:
    found = data.get(key) if isinstance(data, dict) else None
    return found[:_TEXT] if isinstance(found, str) else ""


def _list(data: Any, key: str) -> list[Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, list) else []


def _too_large(body: bytes) -> str:
    """Why a body must not be parsed: json recurses once per level, and rules visit every value."""
    if len(body) < _SMALL and body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return ""
    depth = values = 0
    for marks in _marks(body):
        brackets = marks.translate(_ALIKE, b",")
        values += len(marks) - len(brackets) + len(brackets) // 2
        if values > MAX_NODES:
            return f"more than {MAX_NODES:,} values"
        levels, left = _levels(brackets)
        opened = left.count(b"{")
        # Seldom: counting bracket by bracket takes ten times as long as all of the above.
        if depth + levels + opened > MAX_DEPTH:
            depths = accumulate(map(_STEP.__getitem__, brackets), initial=depth)
            if max(depths) > MAX_DEPTH:
                return f"nested more than {MAX_DEPTH} levels deep"
        depth += 2 * opened - len(left)
    return ""


def _levels(brackets: bytes) -> tuple[int, bytes]:
    """How many levels the pairs in it have, MAX_DEPTH for many, and what is left without them.

    Removing all pairs with nothing between them removes one level, the innermost.
    """
    for level in range(_USUAL_DEPTH):
        around = brackets.replace(b"{}", b"")
        if len(around) == len(brackets):
            return level, brackets
        brackets = around
    return MAX_DEPTH, brackets


def _marks(body: bytes) -> Iterator[bytes]:
    """The brackets and commas outside of strings, in pieces: memory stays small for any body."""
    unescaped = body
    if b"\\" in body:  # A look for one byte takes a hundredth of the time of the others.
        unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    text = unescaped.translate(None, _NO_MARK).replace(b'""', b"")  # Strings without any are gone.
    inside = False
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE]
        if inside:
            piece = b'"' + piece
        inside = piece.count(b'"') % 2 == 1
        yield _STRING.sub(b"", piece + b'"' if inside else piece) if b'"' in piece else piece


def _envelope(body: bytes) -> Any:
    """The review without its objects; raises NotAReview where they cannot be told apart.

    The API server writes the objects behind everything else but `dryRun` and `options` (the order
    of the fields in Go), so the text in front of them, closed, is a review.
    """
    try:
        return json.loads(_closed(body, _objects(body)))
    except (ValueError, RecursionError):
        raise NotAReview("not an AdmissionReview that can be read") from None


def _objects(body: bytes) -> int:
    """Where the first object of a review begins, with its key; 0 for none."""
    depth = 0
    for number, token in enumerate(_TOKEN.finditer(body)):
        text = token[0]
        if text in (b'"object"', b'"oldObject"') and depth == 2:
            return token.start()
        depth += _STEP.get(text[0], 0)
        if number > _ENVELOPE_TOKENS:
            break
    return 0


def _closed(body: bytes, end: int) -> bytes:
    """The front part of a review as a whole one."""
    said = b',"dryRun":true' if _is_dry_run(body) else b""
    return body[:end].rstrip().removesuffix(b",") + said + b"}}"


def _is_dry_run(body: bytes) -> bool:
    """Whether a review says so behind its objects.

    An object can have a key of that name: behind it more than one request is left to be closed.
    """
    rest = body[-_BEHIND:]
    for found in _DRY_RUN.finditer(rest):
        try:
            json.loads(b'{"request":{' + rest[found.start() :])
        except (ValueError, RecursionError):
            continue
        return True
    return False


def _apart(body: bytes) -> tuple[bytes, bytes] | None:
    """The review with the new object alone and with the stored one; None where one is missing.

    An object that is too deep may have been let in before: it must be possible to repair it.
    """
    start = seen = _objects(body)
    depth = 2
    for key in islice(_OLD_OBJECT.finditer(body, start + 1), _OLD_OBJECTS if start else 0):
        brackets = b"".join(_marks(body[seen : key.start()])).translate(_ALIKE, b",")
        depth += 2 * brackets.count(b"{") - len(brackets)
        seen = key.start()
        if depth == 2:
            return _closed(body, seen), body[:start] + body[seen:]
    return None
