"""Checkout: takes an order and answers with its number."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI application: `POST /orders`, and `GET /healthz` for the probes."""
    request = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if request == ("GET", "/healthz"):
        return _answer(start_response, "200 OK", {"status": "ok"})
    if request == ("POST", "/orders"):
        return _answer(start_response, "201 Created", {"order": uuid.uuid4().hex})
    return _answer(start_response, "404 Not Found", {"error": "no such page"})


def _answer(start_response: StartResponse, status: str, body: dict[str, str]) -> list[bytes]:
    data = json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    start_response(status, headers)
    return [data]
