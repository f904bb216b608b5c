"""`kguard serve` as a process, spoken to over its two ports."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

from front_pki import issue
from prometheus_client.parser import text_string_to_metric_families
from test_serve import Started

CA = issue("CA")
LEAF = issue("kguard", CA, sans=("kguard.kguard.svc",))
FILES = ("--tls-cert", "tls.crt", "--tls-key", "tls.key")
KUBECONFIG = """\
clusters: [{name: it, cluster: {server: "%s"}}]
users: [{name: me, user: {token: letmein}}]
contexts: [{name: it, context: {cluster: it, user: me}}]
current-context: it
"""


def trusting(latest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> ssl.SSLContext:
    """A client's context; it speaks no newer TLS than that."""
    context = ssl.create_default_context(cadata=CA.cert.decode())
    context.check_hostname = False
    context.maximum_version = latest
    return context


class Webhook:
    """A process that serves."""

    def __init__(self, started: Started) -> None:
        line = started.line("serving")
        self.port, self.health = line["port"], line["healthPort"]

    def until_ready(self) -> Webhook:
        """Itself, once it is ready."""
        deadline = time.monotonic() + 10
        while (found := self.get("/readyz"))[0] != 200:
            assert time.monotonic() < deadline, found
            time.sleep(0.02)
        return self

    def post(self, body: bytes) -> tuple[int, bytes]:
        """The status and body of the answer to a body; it says nothing of how long it waits."""
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=10, context=trusting())
        try:
            connection.request("POST", "/validate", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def review(self, asking: Mapping[str, Any]) -> dict[str, Any]:
        """The response to a review."""
        status, body = self.post(json.dumps(asking).encode())
        assert status == 200, body
        response: dict[str, Any] = json.loads(body)["response"]
        return response

    def get(self, path: str) -> tuple[int, str]:
        """What the plain port answers."""
        connection = HTTPConnection("127.0.0.1", self.health, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of a series, None where there is none."""
        for family in text_string_to_metric_families(self.get("/metrics")[1]):
            for sample in family.samples:
                if (sample.name, sample.labels) == (name, labels):
                    return float(sample.value)
        return None


def write_files(folder: Path, cluster: str = "") -> Path:
    """Put a certificate into a folder, and how an API server is reached at an address."""
    (folder / "tls.crt").write_bytes(LEAF.cert)
    (folder / "tls.key").write_bytes(LEAF.key)
    (folder / "kubeconfig").write_text(KUBECONFIG % cluster, "utf-8")
    return folder
