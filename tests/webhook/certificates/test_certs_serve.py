"""What the metrics of `kguard serve` tell of a certificate that it issues itself."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from test_certs_api import CONFIGURATION, Server
from test_serve import serving
from webhook_process import Webhook, write_files

WORDS = ("serve", "--kubeconfig", "kubeconfig", "--no-context", "--namespace", "ns")
EXPIRY = "kguard_certificate_expiry_timestamp_seconds"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def webhook(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webhook]:
    """One that has told the API server of its CA."""
    with pytest.MonkeyPatch.context() as patch:
        for webhook in started(server, tmp_path_factory.mktemp("serve"), patch):
            yield webhook.until_ready()


def started(server: Server, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    for name in ("NO_PROXY", "no_proxy"):
        patch.setenv(name, "*")
    write_files(folder, f"http://127.0.0.1:{server.server_port}")
    with serving(folder, *WORDS) as running:
        yield Webhook(running)


def test_the_bundle_of_the_api_server_is_the_one_being_served(webhook: Webhook) -> None:
    assert webhook.metric("kguard_cabundle_match") == 1


def test_the_leaf_ends_when_the_metrics_say(webhook: Webhook) -> None:
    served = x509.load_pem_x509_certificate(
        ssl.get_server_certificate(("127.0.0.1", webhook.port), timeout=10).encode()
    )
    assert webhook.metric(EXPIRY, cert="leaf") == served.not_valid_after_utc.timestamp()


def test_the_ca_ends_when_the_metrics_say(webhook: Webhook, server: Server) -> None:
    entry = server.objects[CONFIGURATION]["webhooks"][0]
    (ca,) = x509.load_pem_x509_certificates(base64.b64decode(entry["clientConfig"]["caBundle"]))
    assert webhook.metric(EXPIRY, cert="ca") == ca.not_valid_after_utc.timestamp()


def test_no_bundle_matches_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.delitem(server.objects, CONFIGURATION)
    for webhook in started(server, tmp_path, monkeypatch):
        assert webhook.metric("kguard_cabundle_match") == 0
