"""Which certificates of an API server are taken: here every Python asks for as much as 3.13."""

from __future__ import annotations

import base64
import datetime
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kguard.webhook.cluster.client import ClusterError, api_client, call

urllib3 = pytest.importorskip("urllib3")
pytest.importorskip("kubernetes")
connection = pytest.importorskip("urllib3.connection")
tls = pytest.importorskip("kguard.webhook.cluster.tls")

Key = ec.EllipticCurvePrivateKey


def sign(name: str, key: Key, issuer: str, by: Key, host: str = "", days: int = 1) -> bytes:
    """A certificate with basic constraints and nothing else, as the CA of EKS; with a host, of a
    server."""

    def called(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(not host, None), critical=True)
    )
    if host:
        address = x509.IPAddress(ipaddress.ip_address(host))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Cluster:
    """A CA, and a server with a certificate of it."""

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", days: int = 1) -> None:
        own, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.authority = sign("kubernetes", own, "kubernetes", own)
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pair = folder / "apiserver.pem"
        pair.write_bytes(
            sign("kube-apiserver", key, "kubernetes", own, host, days)
            + key.private_bytes(serialization.Encoding.PEM, *plain)
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pair)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address of a server that answers everything with an empty object."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None: ...

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None: ...  # A client that hangs up.

        with Server(("127.0.0.1", 0), Handler) as server:
            server.socket = self.context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield f"https://127.0.0.1:{server.server_port}"
            server.shutdown()


def client_of(address: str, folder: Path, **cluster: Any) -> Any:
    """A client by a kubeconfig whose cluster says so."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": {"server": address, **cluster}}],
        "users": [{"name": "me", "user": {"token": "letmein"}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "current-context": "it",
    }
    (folder / "kubeconfig").write_text(json.dumps(config), encoding="utf-8")
    return api_client(str(folder / "kubeconfig"))


def trusting(authority: bytes) -> dict[str, str]:
    return {"certificate-authority-data": base64.b64encode(authority).decode()}


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contexts of urllib3 as Python 3.13 has it make them."""
    made: Callable[..., ssl.SSLContext] = tls.create_urllib3_context

    def create(*args: Any, **options: Any) -> ssl.SSLContext:
        context = made(*args, **options)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    for module in (tls, connection):
        monkeypatch.setattr(module, "create_urllib3_context", create)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@contextmanager
def reached(cluster: Cluster, folder: Path, **given: Any) -> Iterator[Any]:
    """A client for a cluster that runs, by a kubeconfig that says so."""
    with cluster.serving() as address, client_of(address, folder, **given) as client:
        yield client


def test_a_ca_without_key_identifiers(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    with reached(cluster, tmp_path, **trusting(cluster.authority)) as client:
        assert call(client, "GET", "/version") == {}


def test_what_urllib3_says_of_it(tmp_path: Path) -> None:
    """So that the test above is one."""
    cluster = Cluster(tmp_path)
    pools = urllib3.PoolManager(ca_cert_data=cluster.authority.decode(), retries=False)
    expected = pytest.raises(urllib3.exceptions.SSLError, match="Missing Authority Key Identifier")
    with cluster.serving() as address, pools, expected:
        pools.request("GET", address)


@pytest.mark.parametrize(
    ("server", "cause"),
    [
        ({"host": "127.0.0.2"}, "IP address mismatch"),
        ({"days": -1}, "certificate has expired"),
    ],
    ids=str,
)
def test_what_is_verified_all_the_same(tmp_path: Path, server: dict[str, Any], cause: str) -> None:
    cluster = Cluster(tmp_path, **server)
    expected = pytest.raises(ClusterError, match=cause)
    with reached(cluster, tmp_path, **trusting(cluster.authority)) as client, expected:
        call(client, "GET", "/version")


@pytest.mark.parametrize("given", ["another", "none"])
def test_a_ca_that_is_not_trusted(tmp_path: Path, given: str) -> None:
    """Where the kubeconfig names none, those of the system count."""
    own = ec.generate_private_key(ec.SECP256R1())
    other = trusting(sign("kubernetes", own, "kubernetes", own)) if given == "another" else {}
    expected = pytest.raises(ClusterError, match="certificate verify failed")
    with reached(Cluster(tmp_path), tmp_path, **other) as client, expected:
        call(client, "GET", "/version")


def test_a_ca_that_was_replaced(tmp_path: Path) -> None:
    """The file is read for every connection, and what it held before counts no more."""
    first, second = Cluster(tmp_path), Cluster(tmp_path)
    bundle = tmp_path / "ca.crt"
    bundle.write_bytes(second.authority)
    with reached(second, tmp_path, **{"certificate-authority": str(bundle)}) as client:
        assert call(client, "GET", "/version") == {}
        bundle.write_bytes(first.authority)
        client.rest_client.pool_manager.clear()
        with pytest.raises(ClusterError, match="certificate verify failed"):
            call(client, "GET", "/version")


def test_a_user_who_wants_no_verification(tmp_path: Path) -> None:
    skip = {"insecure-skip-tls-verify": True}
    warned = pytest.warns(urllib3.exceptions.InsecureRequestWarning)
    with reached(Cluster(tmp_path), tmp_path, **skip) as client, warned:
        assert call(client, "GET", "/version") == {}
