"""The plain port: probes, metrics, and the end of the pod announced from inside it."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterable
from typing import Any

from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front
from kguard.webhook.metrics import CONTENT_TYPE, Metrics

# A scrape and three probes at a time are usual; nobody else has business here.
LIMITS = Limits(
    concurrency=2,
    queue=16,
    queue_wait=2.0,
    max_body=4096,
    header_bytes=8192,
    connections=64,
    headers=2.0,
    body=2.0,
    write=5.0,
    keep_alive=60.0,
    linger=0.5,
    grace=2.0,
)
_TEXT = "text/plain; charset=utf-8"


class Health:
    """Serves GET /livez, /readyz and /metrics, and POST /drain to the pod itself.

    Runs on a loop and in threads of its own, so waiting reviews do not delay it. `ready` and
    `live` return the reasons why not, none if all is well; one that raises is a reason too.
    /readyz says besides what `doubts` returns, which is no reason. Raises OSError if the port
    cannot be bound.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        ready: Callable[[], list[str]],
        live: Callable[[], list[str]],
        metrics: Metrics,
        drain: Callable[[], None],
        doubts: Callable[[], list[str]] = list,
        limits: Limits = LIMITS,
    ) -> None:
        self._ready, self._doubts = ready, doubts
        self._live = live
        self._metrics = metrics
        self._drain = drain
        self._front = Front(self._app, host=host, port=port, tls=None, limits=limits)
        self.port: int = self._front.port
        self._thread = threading.Thread(target=self._front.run, name="health", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering; returns once the port is free."""
        self._front.stop()
        if self._thread.is_alive():
            self._thread.join()

    def _app(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        wanted = {"/livez": "GET", "/readyz": "GET", "/metrics": "GET", "/drain": "POST"}.get(path)
        kind = _TEXT
        if wanted is None:
            status, body = "404 Not Found", b"/livez /readyz /metrics\n"
        elif method != wanted and (method, wanted) != ("HEAD", "GET"):
            status, body = "405 Method Not Allowed", f"{wanted} only\n".encode()
            start(status, [("Content-Type", kind), ("Allow", wanted)])
            return [body]
        elif path == "/metrics":
            status, body, kind = "200 OK", self._metrics.render(), CONTENT_TYPE
        elif path == "/drain":
            status, body = self._drained(environ["REMOTE_ADDR"])
        else:
            of_ready = path == "/readyz"
            status, body = _verdict(self._ready if of_ready else self._live)
            if of_ready:
                # Not worked out as metrics are read: a check that hangs would take them along.
                self._metrics.ready.set(status.startswith("200"))
                body += "".join(f"warning: {each}\n" for each in _reasons(self._doubts)).encode()
        start(status, [("Content-Type", kind), ("Cache-Control", "no-store")])
        return [body]

    def _drained(self, peer: str) -> tuple[str, bytes]:
        """Only the pod itself may take itself out of service."""
        address = ipaddress.ip_address(peer.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        if not address.is_loopback:
            return "403 Forbidden", b"from inside the pod only\n"
        self._drain()
        return "200 OK", b"draining\n"


def _reasons(check: Callable[[], list[str]]) -> list[str]:
    try:
        return check()
    except Exception as error:
        return [f"the check itself failed: {error}"]


def _verdict(check: Callable[[], list[str]]) -> tuple[str, bytes]:
    if reasons := _reasons(check):
        return "503 Service Unavailable", "".join(f"{each}\n" for each in reasons).encode()
    return "200 OK", b"ok\n"
