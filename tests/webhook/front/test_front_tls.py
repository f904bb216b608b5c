"""TLS contexts made of certificates that are held in memory."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from front_pki import issue

from kguard.webhook.front import tls
from kguard.webhook.front.tls import server_context

CA = issue("ca")
LEAF = issue("localhost", CA, sans=("localhost",))
OTHER = issue("other", CA)
ENCRYPTED = LEAF.private.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.BestAvailableEncryption(b"secret"),
)


def handshake(
    server: ssl.SSLContext, client: ssl.SSLContext
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends after a handshake without sockets."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(down, up, server_hostname="localhost"),
        server.wrap_bio(up, down, server_side=True),
    )
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends


def client_context(*, cert: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=CA.cert.decode())
    if cert:
        context.load_cert_chain(cert)
    return context


def test_a_client_verifies_the_chain_and_gets_http_1_1() -> None:
    client = client_context()
    client.set_alpn_protocols(["h2", "http/1.1"])
    one, other = handshake(server_context(LEAF.cert + CA.cert, LEAF.key), client)
    assert one.version() == "TLSv1.3"
    assert one.selected_alpn_protocol() == other.selected_alpn_protocol() == "http/1.1"
    assert one.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(LEAF.cert.decode())


@pytest.mark.parametrize(
    ("minimum", "offered", "accepted"),
    [
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2, False),
    ],
    ids=["1.2", "1.3"],
)
def test_the_oldest_version(
    minimum: ssl.TLSVersion, offered: ssl.TLSVersion, accepted: bool
) -> None:
    client = client_context()
    client.maximum_version = offered
    server = server_context(LEAF.cert, LEAF.key, minimum=minimum)
    if accepted:
        assert handshake(server, client)[0].version() == "TLSv1.2"
    else:
        with pytest.raises(ssl.SSLError):
            handshake(server, client)


def test_a_session_is_not_resumed() -> None:
    client = client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    one, _ = handshake(server_context(LEAF.cert, LEAF.key), client)
    assert one.session is None or not one.session.has_ticket


def test_a_client_certificate_is_asked_for(tmp_path: Path) -> None:
    server = server_context(LEAF.cert, LEAF.key, client_ca=CA.cert)
    file = tmp_path / "client.pem"
    file.write_bytes(OTHER.cert + OTHER.key)
    _, end = handshake(server, client_context(cert=file))
    shown = end.getpeercert()
    assert shown is not None
    assert shown["subject"] == ((("commonName", "other"),),)
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN"):
        handshake(server, client_context())


@pytest.mark.parametrize(
    ("cert", "key", "message"),
    [
        (b"", LEAF.key, "certificate and key cannot be used: not PEM"),
        (LEAF.cert, b"", "certificate and key cannot be used: not PEM"),
        (LEAF.cert, OTHER.key, "certificate and key cannot be used: key values mismatch"),
        (LEAF.cert, LEAF.key[:60], "certificate and key cannot be used: bad end line"),
        (b"\xff\x00", b"\xff\x00", "certificate and key cannot be used: not PEM"),
        (LEAF.cert, ENCRYPTED, "private key is encrypted"),
    ],
    ids=["no certificate", "no key", "of two pairs", "cut", "binary", "encrypted"],
)
def test_a_pair_that_cannot_be_used(cert: bytes, key: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        server_context(cert, key)


@pytest.mark.parametrize("cas", [b"", b"text", b"\xff", LEAF.key, OTHER.cert])
def test_client_cas_that_cannot_be_used(cas: bytes) -> None:
    with pytest.raises(ValueError, match=r"^client CAs cannot be used: "):
        server_context(LEAF.cert, LEAF.key, client_ca=cas)


@pytest.mark.parametrize("where", ["there", "missing"])
def test_no_key_stays_on_disk(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path if where == "there" else tmp_path / "missing"
    monkeypatch.setattr(tls, "MEMORY", folder)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    modes: list[int] = []
    load = ssl.SSLContext.load_cert_chain

    def spy(self: ssl.SSLContext, path: str, **options: object) -> None:
        modes.append(Path(path).stat().st_mode & 0o777)
        load(self, path)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", spy)
    server_context(LEAF.cert, LEAF.key)
    with pytest.raises(ValueError, match="not PEM"):
        server_context(LEAF.cert, b"")
    assert modes == [0o600, 0o600]
    assert list(tmp_path.iterdir()) == []
