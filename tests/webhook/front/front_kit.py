"""A server on loopback with limits short enough for tests, and a client that can misbehave."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from front_pki import issue

from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front
from kguard.webhook.front.shared import Shared
from kguard.webhook.front.tls import server_context
from kguard.webhook.front.wsgi import WSGIApplication
from kguard.webhook.metrics import Metrics

ROOT = Path(__file__).resolve().parents[3]
CA = issue("ca")
LEAF = issue("localhost", CA, sans=("localhost",))
CONTEXT = server_context(LEAF.cert, LEAF.key)
CLIENT = ssl.create_default_context(cadata=CA.cert.decode())
_SLOW = re.compile(r"Executing <.* took \d+\.\d+ seconds$")  # asyncio's debug mode, of a step.
PATIENCE = 10.0  # No answer takes this long; a test that waits so long has failed.


class Answer(NamedTuple):
    """What came back: names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(PATIENCE)
        self._seen = b""

    def send(self, data: bytes) -> Client:
        """Send bytes as they are."""
        self.sock.sendall(data)
        return self

    def answer(self, method: str = "POST") -> Answer:
        """The next answer, exactly as long as it says it is. Raises EOFError for none."""
        while b"\r\n\r\n" not in self._seen:
            self._more()
        head, _, self._seen = self._seen.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            assert name.lower() not in headers
            headers[name.lower()] = value
        length = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
        while len(self._seen) < length:
            self._more()
        body, self._seen = self._seen[:length], self._seen[length:]
        return Answer(int(first.split()[1]), headers, body)

    def ask(self, data: bytes) -> Answer:
        """Send bytes and wait for an answer."""
        return self.send(data).answer()

    def closed(self) -> bool:
        """Wait for the server to close; False if it sends anything instead."""
        try:
            return not self._seen and self.sock.recv(1) == b""
        except (ConnectionError, ssl.SSLEOFError):
            return True

    def close(self) -> None:
        """Hang up."""
        self.sock.close()

    def reset(self) -> None:
        """Vanish."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self._seen += data


class Server:
    """A running server."""

    def __init__(self, front: Front, metrics: Metrics, client: ssl.SSLContext | None) -> None:
        self.front = front
        self.metrics = metrics
        self.code: int | None = None
        self._client = client
        self._open: list[socket.socket] = []
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def connect(self, client: ssl.SSLContext | None = None) -> Client:
        """A connection over which requests can be sent."""
        sock = self.tcp()
        context = client or self._client
        if context is None:
            return Client(sock)
        wrapped = context.wrap_socket(sock, server_hostname="localhost", suppress_ragged_eofs=False)
        self._open.append(wrapped)
        return Client(wrapped)

    def tcp(self) -> socket.socket:
        """A bare connection."""
        sock = socket.create_connection(("127.0.0.1", self.front.port), timeout=PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # As Go does.
        self._open.append(sock)
        return sock

    @property
    def shared(self) -> Shared:
        """What the connections share; there once one has been made."""
        assert self.front._shared is not None
        return self.front._shared

    def count(self, reason: str) -> float:
        """How many errors of a kind the metrics tell of."""
        labels = {"reason": reason}
        return self.metrics.registry.get_sample_value("kguard_admission_errors_total", labels) or 0

    def hang_up(self) -> None:
        """Close every connection of the clients."""
        for sock in self._open:
            sock.close()

    def _run(self) -> None:
        self.code = self.front.run()


@contextlib.contextmanager
def serving(
    app: WSGIApplication | None = None,
    *,
    tls: Callable[[], ssl.SSLContext] | None = lambda: CONTEXT,
    authorise: Callable[..., bool] | None = None,
    concurrency: int = 2,
    **limits: Any,
) -> Iterator[Server]:
    """A server for the length of a block; it has to end in time, with exit code 0."""
    metrics = Metrics()
    front = Front(
        app or echo,
        host="127.0.0.1",
        port=0,
        tls=tls,
        limits=Limits(concurrency, **limits),
        metrics=metrics,
        authorise=authorise,
    )
    server = Server(front, metrics, CLIENT if tls else None)
    try:
        yield server
    finally:
        server.hang_up()
        front.stop()
        server.thread.join(PATIENCE)
        assert server.code == 0


class Program:
    """A Python program that runs; it has printed the port it serves without TLS."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._open: list[socket.socket] = []
        self.port = int(self.line())

    def line(self) -> str:
        """What it prints next."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def dial(self) -> Client:
        """A connection without TLS."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self._open.append(sock)
        return Client(sock)

    def hang_up(self) -> None:
        """Close every connection."""
        for sock in self._open:
            sock.close()

    def ended(self) -> tuple[int, str]:
        """Its exit code and complaints, once it has ended; that the machine is busy is none."""
        self.hang_up()
        _, errors = self.process.communicate(timeout=PATIENCE)
        lines = errors.splitlines(keepends=True)
        return self.process.returncode, "".join(each for each in lines if not _SLOW.match(each))


@contextlib.contextmanager
def program(text: str) -> Iterator[Program]:
    """A Python program that prints the port it serves without TLS first."""
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", text],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            running = Program(process)
            try:
                yield running
            finally:
                running.hang_up()
        finally:
            process.kill()


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Answers with the path and the body."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode("latin-1"), b" ", environ["wsgi.input"].read()]


class Gate:
    """An application whose answers wait until the test opens it; `/now` does not wait."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if environ["PATH_INFO"] != "/now":
            self.entered.release()
            assert self.opened.wait(PATIENCE)
        return echo(environ, start)

    def wait(self, requests: int = 1) -> None:
        """Until so many requests more are being evaluated."""
        for _ in range(requests):
            assert self.entered.acquire(timeout=PATIENCE)


def post(path: str = "/", body: bytes = b"", *headers: str) -> bytes:
    """A request as the API server sends it."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def wait_until(true: Callable[..., bool]) -> None:
    """Wait for something to come true; it has failed if it does not."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < 5
        time.sleep(0.005)
