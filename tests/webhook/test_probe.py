"""`kguard probe` against small TLS servers that are right, or wrong in one way."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from front_pki import Pair, issue
from webhook_service import Served

from kguard.webhook.front.tls import server_context
from kguard.webhook.probe import Checked, Target, checks

NAME = "kguard.kguard.svc"
CA = issue("CA")
LEAF = issue("kguard", CA, sans=(NAME,))

Answer = Callable[[bytes], tuple[int, bytes]]


def review(body: bytes) -> tuple[int, bytes]:
    """What the webhook answers."""
    answer = Served().send(body)
    return answer.status, answer.body


@contextlib.contextmanager
def server(answer: Answer = review, leaf: Pair = LEAF) -> Iterator[str]:
    """The URL of a server that answers every POST so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: standard error is the tests'."""

    class Quiet(HTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing: a client that trusts nobody hangs up."""

    context = server_context(leaf.cert, leaf.key)
    with Quiet(("127.0.0.1", 0), Handler) as running:
        running.socket = context.wrap_socket(
            running.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{running.server_address[1]}/validate"
        finally:
            running.shutdown()
            thread.join()


def probed(url: str, bundle: bytes = CA.cert, name: str = NAME) -> list[Checked]:
    return list(checks(Target(url, name, bundle, timeout=5)))


def test_a_webhook_that_is_well() -> None:
    with server() as url:
        found = probed(url)
    assert [(each.name, each.good) for each in found] == [
        ("caBundle", True),
        ("certificate", True),
        ("review", True),
    ]
    assert found[0].detail == "1 CA certificate"
    assert found[1].detail.startswith("TLSv1.3, valid for another 0 d 23 h")
    assert found[2].detail.startswith("answered by revision ")


def test_what_is_asked_is_a_review_without_effect() -> None:
    seen: list[dict[str, Any]] = []

    def remembered(body: bytes) -> tuple[int, bytes]:
        seen.append(json.loads(body)["request"])
        return review(body)

    with server(remembered) as url:
        probed(url)
    (request,) = seen
    assert request["dryRun"] is True
    assert request["object"]["metadata"]["name"] == request["name"] == "kguard-probe"


@pytest.mark.parametrize("bundle", [b"", b"text", b"\xff\0", b"-----BEGIN CERTIFICATE-----\nx"])
def test_a_bundle_that_holds_no_certificate(bundle: bytes) -> None:
    (found,) = probed("https://127.0.0.1:1/validate", bundle)
    assert found == Checked("caBundle", False, "holds no certificate: the API server trusts nobody")


@pytest.mark.parametrize(
    ("leaf", "bundle", "detail"),
    [
        (LEAF, issue("other").cert, "unable to get local issuer certificate"),
        (issue("kguard", CA, sans=("other.svc",)), CA.cert, "Hostname mismatch"),
        (issue(NAME, CA), CA.cert, "Hostname mismatch"),
        (issue(NAME), CA.cert, "self-signed certificate"),
    ],
    ids=["other CA", "other name", "common name only", "self-signed"],
)
def test_a_certificate_that_the_api_server_refuses(leaf: Pair, bundle: bytes, detail: str) -> None:
    with server(leaf=leaf) as url:
        *_, found = probed(url, bundle)
    assert (found.name, found.good) == ("certificate", False)
    assert detail in found.detail
    assert found.detail.endswith(f"(asked for {NAME})")


def test_nobody_answers() -> None:
    with server() as url:
        pass
    *_, found = probed(url)
    assert (found.name, found.good) == ("connection", False)
    assert "refused" in found.detail


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (lambda body: (503, b"busy"), "status 503: busy"),
        (lambda body: (200, b""), "no answer: "),
        (lambda body: (200, b"<html>"), "no answer: "),
        (lambda body: (200, b"\xff\xfe"), "no answer: "),
        (lambda body: (200, b"null"), "the answer is no review of what was asked"),
        (lambda body: (200, b'{"response": []}'), "the answer is no review of what was asked"),
        (
            lambda body: (200, b'{"response": {"uid": "other", "allowed": true}}'),
            "the answer is no review of what was asked",
        ),
        (
            lambda body: (
                200,
                json.dumps(
                    {"response": {"uid": json.loads(body)["request"]["uid"], "allowed": "true"}}
                ).encode(),
            ),
            "the answer is no review of what was asked",
        ),
    ],
    ids=["busy", "empty", "html", "binary", "null", "list", "other uid", "text for allowed"],
)
def test_an_answer_that_the_api_server_refuses(answer: Answer, detail: str) -> None:
    with server(answer) as url:
        *_, found = probed(url)
    assert (found.name, found.good) == ("review", False)
    assert found.detail.startswith(detail)


def test_a_plain_server_is_no_webhook() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as plain:
        thread = threading.Thread(target=plain.handle_request)
        thread.start()
        *_, found = probed(f"https://127.0.0.1:{plain.server_address[1]}/validate")
        thread.join()
    assert (found.name, found.good) == ("connection", False)
