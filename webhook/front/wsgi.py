"""Answers: what the application says, or what the server says in its place, as bytes."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from kguard.record import record
from kguard.webhook.front.http import Refusal, Request

Headers = list[tuple[str, str]]
Environ = dict[str, Any]
WSGIApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_LOG = logging.getLogger(__name__)
_STATUS = re.compile(r"[1-5][0-9]{2} [ -~]*")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_USUAL_NAME = 64  # Bytes of a header's name that is worth remembering.
_OURS = ("connection", "content-length", "date", "keep-alive", "transfer-encoding")
_TEXT = ("Content-Type", "text/plain; charset=utf-8")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
ARRIVED = "kguard.arrived"
"""The key of the environment for the monotonic time at which a request began to come in."""
TIMED = "kguard.timed"
"""The key for whether this is one of the requests whose phases are timed."""
UNTIL = "kguard.until"
"""The key for the monotonic time until which an application may take on the server's own loop.

Where it is there, everybody waits for the answer: who would take longer raises Postponed, and is
asked again in a thread, without it.
"""


class Postponed(BaseException):
    """An application takes too long for the loop. No Exception: nobody on the way handles it."""


@record(eq=False)
class Answer:
    """What goes over the wire, and whether the connection ends with it."""

    data: bytes
    close: bool


def refuse(refusal: Refusal) -> Answer:
    """The answer to a request that never reaches the application."""
    headers: Headers = [_TEXT]
    if refusal.retry_after is not None:
        headers.append(("Retry-After", str(refusal.retry_after)))
    if refusal.status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    status = f"{refusal.status} {HTTPStatus(refusal.status).phrase}"
    body = refusal.reason.encode("utf-8", "backslashreplace") + b"\n"
    return Answer(_head(status, headers, len(body), close=True) + body, True)


def respond(
    app: WSGIApplication,
    request: Request,
    base: Environ,
    closing: Callable[[], bool],
    until: float | None = None,
) -> Answer:
    """The application's answer; 500 where it fails, with the cause in the log and nowhere else.

    `base` is what the environment of all requests of a connection has in common. `closing` says,
    once the answer is there, whether connections are to end. `until` is what UNTIL says; only
    where it is given, Postponed may be raised.
    """
    environ = _environ(request, base)
    if until is not None:
        environ[UNTIL] = until
    try:
        status, headers, body = _call(app, environ)
    except Postponed:
        raise
    except BaseException:  # Whatever it raises, its thread has others to serve.
        _LOG.exception("the application failed")
        status, headers = "500 Internal Server Error", [_TEXT]
        body = b"this request failed; the cause is in the log\n"
    close = not request.head.keep_alive or closing()
    if any(name.lower() == "connection" and value.lower() == "close" for name, value in headers):
        close = True
    head = _head(status, headers, len(body), close)
    return Answer(head if request.head.method == "HEAD" else head + body, close)


def _environ(request: Request, base: Environ) -> Environ:
    """The environment of PEP 3333; headers with an underscore are left out, as they could pass
    for others."""
    head = request.head
    path, _, query = head.target.partition(b"?")
    environ = base | {
        "REQUEST_METHOD": head.method,
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{head.version}",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
    }
    for raw, data in head.headers:
        if b"_" in raw:
            continue
        variable = _variable if len(raw) <= _USUAL_NAME else _variable.__wrapped__
        name, value = variable(raw), data.decode("latin-1")
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    return environ


@lru_cache(maxsize=256)  # An API server always sends the same few.
def _variable(header: bytes) -> str:
    """What a header is called in the environment."""
    name = header.decode("ascii").upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def _call(app: WSGIApplication, environ: Environ) -> tuple[str, Headers, bytes]:
    """Status, headers and body; raises what the application raises, ValueError for bad headers."""
    started: list[tuple[str, Headers]] = []
    parts: list[bytes] = []

    def start_response(status: str, headers: Headers, exc_info: Any = None) -> Callable[..., Any]:
        if started and exc_info is None:
            raise ValueError("start_response was called twice")
        started[:] = [(status, headers)]
        return parts.append

    result = app(environ, start_response)
    try:
        parts.extend(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    if not started:
        raise ValueError("start_response was not called")
    ((status, headers),) = started
    if not _STATUS.fullmatch(status):
        raise ValueError(f"bad status {status!r}")
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"bad header {name!r}")
    return status, headers, b"".join(parts)


@lru_cache(maxsize=2)  # A second holds hundreds of answers.
def _date(now: int) -> str:
    return formatdate(now, usegmt=True)


def _head(status: str, headers: Headers, length: int, close: bool) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Date: {_date(int(time.time()))}"]
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _OURS]
    if not status.startswith(("1", "204", "304")):
        lines.append(f"Content-Length: {length}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
