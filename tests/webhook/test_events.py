"""The Event that is written where a change of the policies is refused."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from kguard.webhook.cluster.client import ClusterError, api_client
from kguard.webhook.events import Pod, warn

POD = Pod("kguard", "kguard-1", "0b7e")
Written = list[tuple[str, dict[str, Any]]]


@contextmanager
def api(folder: Path, status: int = 201) -> Iterator[tuple[Any, Written]]:
    """A client of an API server that answers so, and what it was sent."""
    written: Written = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            written.append((self.path, json.loads(body)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: standard error is the tests'."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        user = {"name": "me", "user": {"token": "letmein"}}
        cluster = {"server": f"http://127.0.0.1:{server.server_address[1]}"}
        context = {"name": "it", "context": {"cluster": "it", "user": "me"}}
        config = {"clusters": [{"name": "it", "cluster": cluster}], "users": [user]}
        config |= {"contexts": [context], "current-context": "it"}  # type: ignore[dict-item]
        (folder / "kubeconfig").write_text(json.dumps(config), encoding="utf-8")
        try:
            yield api_client(str(folder / "kubeconfig")), written
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between the test and its server."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


def test_it_is_about_the_pod(tmp_path: Path) -> None:
    with api(tmp_path) as (client, written):
        warn(client, POD, "PoliciesRefused", "webhook.yaml:1: unknown key `mods`")
    ((path, event),) = written
    assert path == "/api/v1/namespaces/kguard/events"
    assert event["metadata"] == {"generateName": "kguard-", "namespace": "kguard"}
    assert event["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": "kguard",
        "name": "kguard-1",
        "uid": "0b7e",
    }
    assert (event["type"], event["reason"]) == ("Warning", "PoliciesRefused")
    assert event["message"] == "webhook.yaml:1: unknown key `mods`"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["lastTimestamp"])


@pytest.mark.parametrize("message", ["x" * 100_000, "ü" * 5000, "a\n\x1b[31m\u202e" * 400])
def test_messages_are_cut_and_clean(tmp_path: Path, message: str) -> None:
    with api(tmp_path) as (client, written):
        warn(client, POD, "PoliciesRefused", message)
    text = written[0][1]["message"]
    assert len(text) == 1000
    assert text.isprintable()


def test_a_right_that_is_missing(tmp_path: Path) -> None:
    with api(tmp_path, 403) as (client, _), pytest.raises(ClusterError, match="403"):
        warn(client, POD, "PoliciesRefused", "x")
