"""The application: the short way and Flask's give the same answers to everything."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from webhook_reviews import ALICE, asked, deployment
from webhook_service import Served

from kguard.webhook.app import PATH, create_app
from kguard.webhook.front.wsgi import ARRIVED

TINY = {"requests": {"cpu": "1m", "memory": "64m"}, "limits": {"memory": "64m"}}
BODY = json.dumps(asked(deployment(resources=TINY))).encode()
JSON = "application/json"

Said = tuple[int, str, bytes]


def direct(served: Served, environ: dict[str, Any]) -> Said:
    """What the WSGI application answers."""
    caught: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        caught.append((status, headers))

    body = b"".join(create_app(served.service).wsgi_app(environ, start))
    ((status, headers),) = caught
    assert dict(headers)["Content-Length"] == str(len(body))
    return int(status.split()[0]), dict(headers)["Content-Type"], body


def routed(served: Served, environ: dict[str, Any]) -> Said:
    """What Flask's own routing answers to the same request."""
    app = create_app(served.service)
    with app.request_context(environ):
        response = app.full_dispatch_request()
    return response.status_code, response.headers["Content-Type"], response.get_data()


def environ(body: bytes = BODY, **more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "QUERY_STRING": "timeout=5s",
        "CONTENT_TYPE": JSON,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "kguard",
        "SERVER_PORT": "10250",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        **more,
    }


REQUESTS: dict[str, tuple[dict[str, Any], int]] = {
    "review": ({}, 200),
    "media type with parameters": ({"CONTENT_TYPE": "Application/JSON; charset=utf-8"}, 200),
    "query that is none": ({"QUERY_STRING": "&&=;%zz" + "a&" * 99}, 200),
    "no query": ({"QUERY_STRING": ""}, 200),
    "no review": ({"body": b"{}"}, 400),
    "nothing": ({"body": b""}, 400),
    "no length": ({"CONTENT_LENGTH": ""}, 400),
    "length that is none": ({"CONTENT_LENGTH": "ten"}, 400),
    "negative length": ({"CONTENT_LENGTH": "-1"}, 400),
    "other digits": ({"CONTENT_LENGTH": "\u0663"}, 400),
    "shorter than it is": ({"CONTENT_LENGTH": "10"}, 400),
    "no media type": ({"CONTENT_TYPE": ""}, 415),
    "form": ({"CONTENT_TYPE": "application/x-www-form-urlencoded"}, 415),
    "text": ({"CONTENT_TYPE": "text/json"}, 415),
}


@pytest.mark.parametrize(("more", "status"), REQUESTS.values(), ids=list(REQUESTS))
def test_both_ways_give_the_same_answer(more: dict[str, Any], status: int) -> None:
    body = more.get("body", BODY)
    changes = {key: value for key, value in more.items() if key != "body"}
    short, long = (way(Served(), environ(body, **changes)) for way in (direct, routed))
    assert short == long
    assert short[:2] == (status, JSON)
    assert json.loads(short[2])


@pytest.fixture
def client() -> FlaskClient:
    """A client of the application."""
    return create_app(Served().service).test_client()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/validate", 405),
        ("PUT", "/validate", 405),
        ("DELETE", "/validate", 405),
        ("PROPFIND", "/validate", 405),
        ("POST", "/", 404),
        ("POST", "/validate/", 404),
        ("POST", "//validate", 404),
        ("POST", "/validate//", 404),
        ("POST", "/Validate", 404),
        ("POST", "/validate/x", 404),
        ("POST", "/./validate", 404),
        ("POST", "/../validate", 404),
        ("POST", "/mutate", 404),
        ("GET", "/metrics", 404),
        ("GET", "/static/x", 404),
    ],
)
def test_everything_else_gets_a_clear_answer_and_no_redirect(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method, data=BODY, content_type=JSON)
    assert response.status_code == status
    assert response.content_type == JSON
    expected = {404: "there is only /validate here", 405: "reviews are sent to /validate with POST"}
    assert response.get_json()["error"].startswith(expected[status])
    assert "Location" not in response.headers
    assert (status == 405) is ("POST" in response.headers.get("Allow", ""))


def test_what_is_asked_for_allows_only_post(client: FlaskClient) -> None:
    response = client.options("/validate")
    assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_a_bug_outside_of_a_review_is_an_error_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served()

    def broken(*args: object) -> object:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(served.service, "answer", broken)
    status, media, body = routed_through_client(served)
    assert (status, media) == (500, JSON)
    assert b"hunter2" not in body


def routed_through_client(served: Served) -> Said:
    app = create_app(served.service)
    app.wsgi_app = app.wsgi_app._app  # type: ignore[attr-defined,method-assign]
    response = app.test_client().post(PATH, data=BODY, content_type=JSON)
    return response.status_code, response.content_type, response.get_data()


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "4bf92f3577b34da6a3ce929d0e0e4736",
        ),
        (
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "4bf92f3577b34da6a3ce929d0e0e4736",
        ),
        ("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", None),
        ("00-" + "x" * 32 + "-00f067aa0ba902b7-01", None),
        ("00-" + "\xe9" * 32 + "-00f067aa0ba902b7-01", None),
        ("4bf92f3577b34da6a3ce929d0e0e4736", None),
        ("", None),
    ],
)
def test_the_log_has_the_trace_of_the_caller(header: str, trace: str | None) -> None:
    served = Served()
    direct(served, environ(HTTP_TRACEPARENT=header))
    assert served.log()[0].get("trace") == trace


def test_the_time_of_a_request_begins_where_the_server_says() -> None:
    served = Served()
    direct(served, environ() | {ARRIVED: 0.001})
    (line,) = served.log()
    assert line["user"] == ALICE
    assert line["ms"] > 1000
    assert set(line["unevaluated"].values()) == {"deadline"}
