"""One connection to a server, for clients that do not behave."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from webhook_reviews import UID

PATIENCE = 15.0  # Nothing here takes this long: who waits so long has found a server that hangs.
PATH = "/validate?timeout=5s"
DENY, ALLOW, CLOSED = "AR-deny", "AR-allow", "closed"

_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class Answer(NamedTuple):
    """An HTTP answer; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def response(self) -> dict[str, Any]:
        """The `response` of a review."""
        found: dict[str, Any] = json.loads(self.body)["response"]
        return found


class Wire:
    """A socket, with or without TLS around it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        self.sock = sock
        self._seen = b""

    def send(self, data: bytes) -> Wire:
        """Send bytes as they are."""
        self.sock.sendall(data)
        return self

    def try_to_send(self, data: bytes) -> Wire:
        """Send what the server takes: it may hang up before the end."""
        with contextlib.suppress(OSError):
            self.sock.sendall(data)
        return self

    def answer(self) -> Answer:
        """The next answer; 1xx are answers, too. Raises EOFError where there is none."""
        while b"\r\n\r\n" not in self._seen:
            self._more()
        head, _, self._seen = self._seen.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        assert len(headers) == len(lines), f"a header twice: {lines}"
        status = int(first.removeprefix("HTTP/1.1 ")[:3])
        length = int(headers.get("content-length", "0"))
        while len(self._seen) < length:
            self._more()
        body, self._seen = self._seen[:length], self._seen[length:]
        return Answer(status, headers, body)

    def answers(self) -> list[str]:
        """Everything that comes until the end: statuses, and `closed`. Hangs up then."""
        found = []
        try:
            while True:
                found.append(str(self.answer().status))
        except TimeoutError:
            return [*found, "open"]
        except (EOFError, OSError):
            return [*found, CLOSED]
        finally:
            self.close()

    def end(self) -> str:
        """`closed`, once the server has hung up; whatever it sends before that is dropped."""
        try:
            while self.sock.recv(65536):
                pass
        except TimeoutError:
            return "open"
        except OSError:
            pass
        return CLOSED

    def half_close(self) -> Wire:
        """Send no more, without a word in TLS, and go on reading."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_WR)  # ssl's own would stop reading, too.
        return self

    def reset(self) -> None:
        """Vanish: the server gets a reset instead of an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Hang up, without a word in TLS."""
        with contextlib.suppress(OSError):
            self.sock.close()

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self._seen += data


def post(
    body: bytes = b"",
    path: str = PATH,
    *headers: str,
    method: str = "POST",
    media: str = "application/json",
    length: int | str | None = None,
) -> bytes:
    """A request as the API server sends it, but for what is said; no `media`, no Content-Type."""
    lines = [f"{method} {path} HTTP/1.1", "Host: kguard.kguard.svc"]
    if media:
        lines.append(f"Content-Type: {media}")
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


def verdict(answer: Answer, uid: str = UID) -> str:
    """What an answer means: the status where it is no review, else which way it decides.

    A review is held to what the API server demands of one (k8s.io/apiserver
    pkg/admission/plugin/webhook/request/admissionreview.go), and to what it and kubectl can show.
    """
    if answer.status != 200:
        return str(answer.status)
    assert answer.headers["content-type"] == "application/json"
    review = json.loads(answer.body.decode("ascii"))
    assert (review["apiVersion"], review["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response = review["response"]
    assert response["uid"] == uid
    assert set(response) <= {"uid", "allowed", "status", "warnings", "auditAnnotations"}
    _check_words(response)
    if response["allowed"]:
        assert (response["allowed"], "status" in response) == (True, False)
        return ALLOW
    status = response["status"]
    assert (response["allowed"], status["code"], status["reason"]) == (False, 403, "Forbidden")
    assert "details" not in status  # kubectl would show it in place of the message.
    message = status["message"]
    assert 0 < len(message) <= 1500
    assert all(line.isprintable() for line in message.split("\n")), ascii(message)
    return DENY


def _check_words(response: Mapping[str, Any]) -> None:
    warnings = response.get("warnings", [])
    assert len(set(warnings)) == len(warnings)
    assert sum(map(len, warnings)) <= 4096
    for text in warnings:
        assert 0 < len(text) <= 120, text
        assert text.isprintable(), ascii(text)
    for key, value in response["auditAnnotations"].items():
        assert _KEY.fullmatch(key), key
        assert len(value.encode()) <= 1024
        assert value.isprintable(), ascii(value)


def peer(port: int, context: ssl.SSLContext | None = None, sni: str | None = None) -> Wire:
    """A connection to a port on loopback; through TLS where there is a context."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is None:
        return Wire(sock)
    try:
        return Wire(context.wrap_socket(sock, server_hostname=sni, suppress_ragged_eofs=False))
    except BaseException:
        sock.close()
        raise
