"""A client for measuring: many connections, each with one request under way, in one thread.

Its own, because neither wrk nor hey is there after an installation, and because it must not wait
for a delayed acknowledgement as clients with Nagle's algorithm do. At 50 connections it takes
about 60 microseconds of CPU for a request: a server that answers faster is measured too slow.
"""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests a second, and percentiles of their duration in milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int


def review(size: int, query: str = "timeout=5s") -> bytes:
    """A request as the API server sends it, with a body of about `size` bytes."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"containers": []},
    }
    body = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "object": pod},
    }
    while len(json.dumps(body)) < size:
        pod["spec"]["containers"].append(  # type: ignore[index]
            {"name": f"c{len(json.dumps(pod))}", "image": "registry.example.com/web:1.4.2"}
        )
    data = json.dumps(body).encode()
    head = (
        f"POST /validate?{query} HTTP/1.1\r\nHost: localhost\r\n"
        "User-Agent: kube-apiserver-admission\r\nAccept: application/json, */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def connect(port: int, context: ssl.SSLContext, timeout: float = 10) -> ssl.SSLSocket:
    """A connection with its handshake done."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(sock, server_hostname="localhost")


def exchange(sock: ssl.SSLSocket, request: bytes) -> tuple[int, str]:
    """Send a request and wait for its answer: status and the `Connection` header.

    Raises OSError, TimeoutError or EOFError.
    """
    sock.sendall(request)
    seen = b""
    while (length := _length(seen)) is None or len(seen) < length:
        data = sock.recv(65536)
        if not data:
            raise EOFError
        seen += data
    head = seen.partition(b"\r\n\r\n")[0].decode().lower()
    connection = [line[12:] for line in head.split("\r\n") if line.startswith("connection: ")]
    return int(head.split()[1]), "".join(connection)


def load(
    port: int,
    context: ssl.SSLContext,
    request: bytes | Sequence[bytes],
    connections: int,
    seconds: float,
) -> Measured:
    """Ask as fast as answers come, over so many connections, for so long; several in turn."""
    requests = cycle([request] if isinstance(request, bytes) else request)
    selector = selectors.DefaultSelector()
    took: list[float] = []
    failed = 0
    clock = time.perf_counter
    started, seen = {}, {}
    for _ in range(connections):
        sock = connect(port, context)
        selector.register(sock, selectors.EVENT_READ, sock)
        started[sock], seen[sock] = clock(), b""
        sock.sendall(next(requests))  # At once: a thread may be waiting for it.
        sock.setblocking(False)
    begin = clock()
    end = begin + seconds
    while clock() < end and selector.get_map():
        for key, _ in selector.select(1):
            sock = key.data
            try:
                data = sock.recv(65536)
            except ssl.SSLWantReadError:
                continue
            except OSError:
                data = b""
            if not data:
                failed += 1
                selector.unregister(sock)
                continue
            seen[sock] += data
            length = _length(seen[sock])
            if length is None or len(seen[sock]) < length:
                continue
            failed += not seen[sock].startswith(b"HTTP/1.1 200")
            now = clock()
            took.append(now - started[sock])
            started[sock], seen[sock] = now, b""
            _send(sock, next(requests))
    elapsed = clock() - begin
    for sock in started:
        sock.close()
    if len(took) < 2:
        return Measured(0, 0, 0, failed)
    cuts = quantiles(took, n=100)
    return Measured(len(took) / elapsed, cuts[49] * 1e3, cuts[98] * 1e3, failed)


def _send(sock: ssl.SSLSocket, data: bytes) -> None:
    """Send all of it; what the socket's buffer does not take is waited for."""
    sent = sock.send(data)
    if sent < len(data):
        sock.setblocking(True)
        sock.sendall(data[sent:])
        sock.setblocking(False)


def _length(seen: bytes) -> int | None:
    head, found, _ = seen.partition(b"\r\n\r\n")
    if not found:
        return None
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(head) + 4 + int(line[15:])
    return len(head) + 4
