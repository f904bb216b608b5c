"""`kguard probe` against small TLS servers that are right, or wrong in one way."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from front_pki import Pair, issue
from webhook_service import Served

from kguard.cli import run
from kguard.ignore import utc_today
from kguard.webhook.front.tls import server_context
from kguard.webhook.probe import Checked, ProbeError, Target, checks

ROOT = Path(__file__).resolve().parents[2]
NAME = "kguard.kguard.svc"
CA = issue("CA")
LEAF = issue("kguard", CA, sans=(NAME,))
CLIENTS = issue("clients")
CLIENT = issue("api", CLIENTS)
TOKEN = "letmein"

Answer = Callable[[bytes], tuple[int, bytes]]


def review(body: bytes) -> tuple[int, bytes]:
    """What the webhook answers."""
    answer = Served().send(body)
    return answer.status, answer.body


@contextlib.contextmanager
def server(
    answer: Answer = review, leaf: Pair = LEAF, client_ca: bytes | None = None, token: str = ""
) -> Iterator[str]:
    """The URL of a server that answers every POST so, of those who show what it asks for."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            if token and self.headers["Authorization"] != f"Bearer {token}":
                status, body = 401, b"the client is not known\n"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: standard error is the tests'."""

    class Quiet(HTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing: a client that trusts nobody hangs up."""

    context = server_context(leaf.cert, leaf.key, client_ca=client_ca)
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


@pytest.mark.parametrize(("minutes", "good"), [(50, False), (70, True)])
def test_a_certificate_has_an_hour_left_at_least(minutes: float, good: bool) -> None:
    with server(leaf=issue("kguard", CA, sans=(NAME,), minutes=minutes)) as url:
        _, certificate, _ = probed(url)
    assert (certificate.name, certificate.good) == ("certificate", good)


def test_the_name_of_a_service_is_none_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    *_, found = probed("https://kguard.kguard.svc/validate")
    assert (found.name, found.good) == ("connection", False)
    assert "ask from a pod, `kubectl exec deployment/kguard -- kguard probe`" in found.detail


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


@pytest.fixture
def client(tmp_path: Path) -> tuple[str, str]:
    """The files of a client's certificate and key."""
    (tmp_path / "client.crt").write_bytes(CLIENT.cert)
    (tmp_path / "client.key").write_bytes(CLIENT.key)
    return str(tmp_path / "client.crt"), str(tmp_path / "client.key")


def test_whoever_shows_a_certificate_and_a_token(client: tuple[str, str]) -> None:
    with server(client_ca=CLIENTS.cert, token=TOKEN) as url:
        found = list(checks(Target(url, NAME, CA.cert, 5, client, TOKEN)))
    assert [each.good for each in found] == [True, True, True], found


def test_both_in_one_file(client: tuple[str, str], tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(CLIENT.cert + CLIENT.key)
    with server(client_ca=CLIENTS.cert) as url:
        *_, found = checks(Target(url, NAME, CA.cert, 5, (str(both), None)))
    assert found.good, found


HINT = "where it asks who you are, show it with `--client-cert` or `--token-file`"


def test_whoever_shows_no_certificate_is_told_how() -> None:
    with server(client_ca=CLIENTS.cert) as url:
        *_, found = probed(url)
    assert (found.name, found.good) == ("review", False)
    assert found.detail.endswith(HINT)


def test_whoever_sends_no_token_is_told_how() -> None:
    with server(token=TOKEN) as url:
        *_, found = probed(url)
        *_, wrong = checks(Target(url, NAME, CA.cert, 5, token="other"))
    assert found == Checked("review", False, f"status 401: the client is not known; {HINT}")
    assert wrong == Checked("review", False, "status 401: the client is not known")


@pytest.mark.parametrize(
    ("certificate", "key", "detail"),
    [
        (None, None, "No such file"),
        (b"", None, "cannot be used"),
        (b"text", None, "cannot be used"),
        (CLIENT.cert, None, "cannot be used"),
        (CLIENT.cert, LEAF.key, "cannot be used: key values mismatch"),
    ],
    ids=["missing", "empty", "text", "no key", "other key"],
)
def test_files_that_show_nothing(
    tmp_path: Path, certificate: bytes | None, key: bytes | None, detail: str
) -> None:
    files = tmp_path / "crt", tmp_path / "key"
    for file, content in zip(files, (certificate, key), strict=True):
        if content is not None:
            file.write_bytes(content)
    shown = str(files[0]), None if key is None else str(files[1])
    with pytest.raises(ProbeError, match=detail):
        list(checks(Target("https://127.0.0.1:1/validate", NAME, CA.cert, 5, shown)))


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """`kguard probe` with these arguments."""
    whole = [sys.executable, "-m", "kguard", "probe", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(whole, env=environment, capture_output=True, encoding="utf-8", timeout=60)


def test_the_command_shows_what_it_is_given(client: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "ca").write_bytes(CA.cert)
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    with server(client_ca=CLIENTS.cert, token=TOKEN) as url:
        shared = ("--url", url, "--ca", tmp_path / "ca", "--server-name", NAME)
        shown = ("--client-cert", client[0], "--client-key", client[1])
        done = command(*shared, *shown, "--token-file", tmp_path / "token")
        assert (done.returncode, done.stderr) == (0, "")
        assert {line.split()[0] for line in done.stdout.splitlines()} == {"ok"}
        assert command(*shared, *shown).returncode == 1


@pytest.mark.parametrize(
    ("words", "detail"),
    [
        (["--client-key", "ca"], "`--client-key` needs `--client-cert`"),
        (["--client-cert", "none"], "none: cannot be read: No such file or directory"),
        (["--token-file", "none"], "none: cannot be read: No such file or directory"),
        (["--token-file", "empty"], "empty: holds no token"),
        (["--token-file", "two"], "two: holds more than one token"),
    ],
    ids=["key alone", "no certificate", "no token", "empty token", "two lines"],
)
def test_arguments_that_show_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], detail: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca").write_bytes(CA.cert)
    (tmp_path / "empty").write_bytes(b" \n")
    (tmp_path / "two").write_bytes(b"a\nX-Other: b")
    done = command("--url", "https://127.0.0.1:1/validate", "--ca", "ca", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == f"kguard: {detail}"


# Policies

EXCEPTION = """\
  - policy: image-latest
    kind: Deployment
    namespace: shop
    name: {name}
    reason: until the registry moves
    owner: team-shop@example.com
    expires: "{day}"
"""


def probe_policies(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit code, and what is printed for a policy directory."""
    code = run(["probe", "--policies", str(folder)])
    return code, capsys.readouterr().out.replace(str(folder), "DIR").splitlines()


def test_exceptions_without_effect_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = {"soon": 100, "over": -1, "far": 181}
    text = "exceptions:\n" + "".join(
        EXCEPTION.format(name=name, day=utc_today() + datetime.timedelta(ahead))
        for name, ahead in days.items()
    )
    (tmp_path / "team.yaml").write_text(text)
    code, lines = probe_policies(tmp_path, capsys)
    day = utc_today() - datetime.timedelta(1)
    assert lines == [
        "ok     team.yaml",
        f"warn   DIR/team.yaml:9: image-latest for Deployment shop/over: "
        f"its exception ended on {day}",
        "FAILED DIR/team.yaml:16: image-latest for Deployment shop/far: "
        "its exception ends more than 180 days ahead",
        "FAILED exceptions: 1 active, 1 expired, 1 too-long",
    ]
    assert code == 1


def test_an_exception_that_ended_is_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "team.yaml").write_text(
        "exceptions:\n" + EXCEPTION.format(name="x", day="2026-01-01")
    )
    code, lines = probe_policies(tmp_path, capsys)
    assert (code, lines[-1]) == (0, "ok     exceptions: 1 expired")


def test_what_is_not_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert probe_policies(tmp_path, capsys) == (
        0,
        ["ok     no files: everything has its default", "ok     exceptions: none"],
    )
    (tmp_path / "team").mkdir()
    (tmp_path / "webhook.yaml.bak").write_text("mode: enforce")
    code, lines = probe_policies(tmp_path, capsys)
    assert (code, lines[0]) == (
        0,
        "warn   no file here ends in .yaml or .yml: everything has its default, "
        "and team/, webhook.yaml.bak are not read",
    )
