"""The Flask application: `POST /validate`, and a clear answer to everything else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from kguard.webhook import wire
from kguard.webhook.front.wsgi import ARRIVED, TIMED, UNTIL
from kguard.webhook.service import Answer

if TYPE_CHECKING:
    from kguard.webhook.service import Service

PATH = "/validate"

_JSON = "application/json"
_SAID = {
    404: f"there is only {PATH} here; probes and metrics are on the health port",
    405: f"reviews are sent to {PATH} with POST",
}
_DIGITS = 12
_HEXADECIMAL = frozenset("0123456789abcdef")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]


def create_app(service: Service) -> Flask:
    """The application that answers reviews through a service."""
    app = Flask("kguard", static_folder=None)
    app.url_map.merge_slashes = False  # It answers with a redirect, which a POST does not survive.

    @app.post(PATH)
    def validate() -> Response:
        answer = _reviewed(service, request.environ)
        return Response(answer.body, answer.status, content_type=_JSON)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        said = _SAID.get(error.code or 500) or error.description or error.name
        answer = Response(wire.dumps({"error": said}), error.code or 500, content_type=_JSON)
        if isinstance(error, MethodNotAllowed):
            answer.allow.update(error.valid_methods or ())
        return answer

    app.wsgi_app = _Direct(app.wsgi_app, service)  # type: ignore[method-assign]
    return app


class _Direct:
    """Reviews go past Flask's routing and objects, which take longer than small reviews.

    bench/webhook measures by how much. What is not exactly a review goes on to Flask, whose route
    for `/validate` gives the same answers.
    """

    def __init__(self, app: Wsgi, service: Service) -> None:
        self._app, self._service = app, service

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH or environ.get("REQUEST_METHOD") != "POST":
            return self._app(environ, start_response)
        answer = _reviewed(self._service, environ)
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        headers = [("Content-Type", _JSON), ("Content-Length", str(len(answer.body)))]
        start_response(status, headers)
        return [answer.body]


def _reviewed(service: Service, environ: Environ) -> Answer:
    """The answer to a POST on the path of reviews."""
    media = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media != _JSON:
        message = wire.dumps({"error": f"send a review as {_JSON}"})
        return Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) < _DIGITS):
        message = wire.dumps({"error": "`Content-Length` is no number of bytes"})
        return Answer(HTTPStatus.BAD_REQUEST, message)
    body = environ["wsgi.input"].read(int(length))
    started = environ.get(ARRIVED) or time.monotonic()
    return service.answer(
        body,
        environ.get("QUERY_STRING", ""),
        started,
        _trace(environ),
        timed=environ.get(TIMED, False),
        until=environ.get(UNTIL),
    )


def _trace(environ: Environ) -> str:
    """The trace id of a W3C `traceparent` header; empty where there is none."""
    parts = environ.get("HTTP_TRACEPARENT", "").split("-")
    trace = parts[1] if len(parts) >= 4 else ""  # Later versions may have more parts.
    return trace if len(trace) == 32 and _HEXADECIMAL.issuperset(trace) else ""
