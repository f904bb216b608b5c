"""Back office: shows the staff that it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application: one page."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"back office\n"]
