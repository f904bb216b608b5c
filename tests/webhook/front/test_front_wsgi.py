"""Answers: what the application says, or what the server says in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kguard.webhook.front.http import Head, Refusal, Request
from kguard.webhook.front.wsgi import Answer, refuse, respond

HEAD = Head("POST", b"/", "1.1", ((b"host", b"a"),), 0, True, False)


def answer(app: Callable[..., Any], head: Head = HEAD, *, closing: bool = False) -> Answer:
    return respond(app, Request(head, b""), {}, lambda: closing)


def says(status: str = "200 OK", *headers: tuple[str, str]) -> Callable[..., Any]:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start(status, list(headers))
        return [b"a", b"", b"b"]

    return app


def test_an_answer_in_parts() -> None:
    given = answer(says("200 OK", ("X", "y"), ("X", "z")))
    head, _, body = given.data.partition(b"\r\n\r\n")
    first, date, *rest = head.split(b"\r\n")
    assert (first, date[:6]) == (b"HTTP/1.1 200 OK", b"Date: ")
    assert rest == [b"X: y", b"X: z", b"Content-Length: 2"]
    assert body == b"ab"
    assert not given.close


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Date", "Keep-Alive"])
def test_framing_is_the_servers(name: str) -> None:
    data = answer(says("200 OK", (name, "7"))).data
    assert b": 7" not in data
    assert data.count(b"Content-Length: 2\r\n") == 1


@pytest.mark.parametrize(
    ("value", "closing", "close"),
    [
        ("close", False, True),
        ("Close", False, True),
        ("keep-alive", False, False),
        ("", True, True),
    ],
)
def test_who_ends_the_connection(value: str, closing: bool, close: bool) -> None:
    given = answer(says("200 OK", ("Connection", value)), closing=closing)
    assert given.close is close
    assert given.data.count(b"\r\nConnection: ") == close


def test_closing_is_asked_when_the_answer_is_there() -> None:
    state = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        state.append("evaluated")
        return list(says()(environ, start))

    assert respond(app, Request(HEAD, b""), {}, lambda: bool(state)).close


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_that_has_no_length(status: str) -> None:
    assert b"Content-Length" not in answer(says(status)).data


@pytest.mark.parametrize(
    "app",
    [
        says("200 OK", ("X", "y\r\nSet-Cookie: z")),
        says("200 OK", ("X", "y\nz")),
        says("200 OK", ("X: a\r\nY", "z")),
        says("200 OK", ("", "z")),
        says("200 OK", ("X", "\u2028")),
        says("200 OK\r\nX: y"),
        says("OK"),
        says(""),
        lambda environ, start: [b"never started"],
        lambda environ, start: (start("200 OK", []), start("200 OK", []))[2:],
        lambda environ, start: start("200 OK", []) and ["text"],
        lambda environ, start: None,
    ],
)
def test_an_answer_that_would_break_the_framing_is_none(
    app: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    given = answer(app)
    assert given.data.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    head, _, body = given.data.partition(b"\r\n\r\n")
    assert b"Content-Type: text/plain" in head
    assert body == b"this request failed; the cause is in the log\n"
    assert len(caplog.records) == 1


def test_an_answer_replaced_by_an_error() -> None:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("X", "y")])
        start("500 Oh", [], (None, None, None))
        return [b"error"]

    assert answer(app).data.startswith(b"HTTP/1.1 500 Oh\r\n")


def test_written_parts_come_first() -> None:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])(b"first ")
        return [b"second"]

    assert answer(app).data.endswith(b"\r\n\r\nfirst second")


def test_what_is_returned_is_closed_even_where_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    closed = []

    class Parts:
        def __iter__(self) -> Iterator[bytes]:
            raise ZeroDivisionError

        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Parts:
        start("200 OK", [])
        return Parts()

    assert answer(app).data.startswith(b"HTTP/1.1 500 ")
    assert closed == [True]


def test_a_refusal() -> None:
    given = refuse(Refusal(503, "full", retry_after=1))
    head, _, body = given.data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert {b"Retry-After: 1", b"Connection: close"} <= set(head.split(b"\r\n"))
    assert (body, given.close) == (b"full\n", True)
    assert b"\r\nWWW-Authenticate: Bearer\r\n" in refuse(Refusal(401, "who?")).data


def test_paths_and_headers_of_the_environment() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        seen.update(environ)
        start("200 OK", [])
        return []

    headers = ((b"host", b"a"), (b"x-y", b"\xe9"), (b"x_y", b"forged"), (b"content_length", b"9"))
    head = Head("GET", b"/%C3%A9%2e?a=%20", "1.1", headers, 0, True, False)
    respond(app, Request(head, b""), {"kept": 1}, lambda: False)
    assert seen["PATH_INFO"] == "/\xc3\xa9."
    assert seen["QUERY_STRING"] == "a=%20"
    assert seen["HTTP_X_Y"] == "\xe9"
    assert "CONTENT_LENGTH" not in seen
    assert seen["kept"] == 1
