"""`kguard disarm` against a small API server: what it changes, and what doing nothing comes to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from kguard.cli import OK, USAGE, run

CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "http://127.0.0.1:%d"}}]
users: [{name: me, user: {}}]
contexts: [{name: it, context: {cluster: it, user: me}}]
current-context: it
"""

Asked = list[tuple[str, str, Any]]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """What a server was asked for that knows one configuration, `kguard`."""
    pytest.importorskip("kubernetes")
    seen: Asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            seen.append((self.command, self.path, json.loads(body or b"null")))
            known = self.path == f"{CONFIGURATIONS}/kguard"
            found = {"webhooks": [{}, {}]} if known else {"kind": "Status", "code": 404}
            text = json.dumps(found).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: standard error is the tests'."""

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(tmp_path)
    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        Path("config").write_text(KUBECONFIG % running.server_port, encoding="utf-8")
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield seen
        finally:
            running.shutdown()
            thread.join()


def disarm(*words: str) -> int:
    return run(["disarm", "--kubeconfig", "config", *words])


def test_every_entry_is_told_to_ignore(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert disarm() == OK
    assert "failurePolicy is Ignore" in capsys.readouterr().out
    _, (method, path, body) = asked
    assert (method, path) == ("PATCH", f"{CONFIGURATIONS}/kguard")
    assert body == [
        {"op": "add", "path": f"/webhooks/{entry}/failurePolicy", "value": "Ignore"}
        for entry in (0, 1)
    ]


def test_it_is_deleted(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert disarm("--delete") == OK
    assert capsys.readouterr().out == "deleted ValidatingWebhookConfiguration `kguard`\n"
    assert [method for method, _, _ in asked] == ["DELETE"]


def test_a_name_that_is_not_there_is_no_success(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert disarm("--webhook-configuration", "nope") == USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert "no ValidatingWebhookConfiguration `nope`, so nothing was changed" in err
    assert [method for method, _, _ in asked] == ["GET"]


def test_what_is_gone_needs_no_deletion(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert disarm("--delete", "--webhook-configuration", "nope") == OK
    assert capsys.readouterr().out == "there is no ValidatingWebhookConfiguration `nope`\n"
