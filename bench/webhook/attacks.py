"""What a client can do to a server that is not load: stall, wait, and see it leave or renew."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from candidates import Server
from load import connect, exchange, review

STALLED, MORE = 12, 100  # Connections that stall: fewer and more than gunicorn has threads.
HELLO = b"\x16\x03\x01\x02\x00\x01"  # How a handshake begins.
PATIENCE = 12.0
SMALL = review(2000)


def handshakes(server: Server, context: ssl.SSLContext, clients: int = STALLED) -> str:
    """12 clients send the beginning of a handshake, then a good one asks."""
    return _behind([_raw(server, HELLO) for _ in range(clients)], server, context)


def headers(server: Server, context: ssl.SSLContext, clients: int = STALLED) -> str:
    """12 clients stop in the middle of their headers, then a good one asks."""
    part = SMALL[: SMALL.index(b"Content-Type")]
    return _behind(_stalled(server, context, part, clients), server, context)


def bodies(server: Server, context: ssl.SSLContext, clients: int = STALLED) -> str:
    """12 clients stop before the last byte of their bodies, then a good one asks."""
    return _behind(_stalled(server, context, SMALL[:-1], clients), server, context)


def more_handshakes(server: Server, context: ssl.SSLContext) -> str:
    """The same with 100 handshakes."""
    return handshakes(server, context, MORE)


def more_headers(server: Server, context: ssl.SSLContext) -> str:
    """The same with 100 headers."""
    return headers(server, context, MORE)


def more_bodies(server: Server, context: ssl.SSLContext) -> str:
    """The same with 100 bodies."""
    return bodies(server, context, MORE)


def large_bodies(server: Server, context: ssl.SSLContext) -> str:
    """12 clients stop before the last byte of 4 MB, then a good one asks."""
    head, _, body = review(4_000).partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    data = b"\r\n".join([*lines, b"Content-Length: 4000000", b"", body])
    data += b" " * (4_000_000 - len(body) - 1)
    return _behind(_stalled(server, context, data, STALLED), server, context)


def deaf(server: Server, context: ssl.SSLContext) -> str:
    """12 clients send 3,000 requests each without reading an answer, then a good one asks."""
    return _behind(_stalled(server, context, SMALL * 3000, STALLED), server, context)


def crowd(server: Server, context: ssl.SSLContext) -> str:
    """1,000 connections say nothing after their handshake: memory of each, then a good one asks."""
    before, socks = server.memory(), []
    try:
        for _ in range(1000):
            socks.append(connect(server.port, context))
    except OSError:
        return f"**stuck after {len(socks)}**"
    each = (server.memory() - before) * 1024 / len(socks)
    answer = _behind(list(socks), server, context)
    return f"{each:.0f} KiB each, then {answer}"


def reuse(server: Server, context: ssl.SSLContext) -> str:
    """Connections are used again after 6 and after 89 seconds."""
    said, waited = [], 0
    socks = [connect(server.port, context, 120) for _ in range(2)]
    for sock in socks:
        exchange(sock, SMALL)
    for sock, after in zip(socks, (6, 89), strict=True):
        time.sleep(after - waited)
        waited = after
        said.append(_outcome(sock))
    return " / ".join(said)


def rotation(server: Server, context: ssl.SSLContext, swap: Callable[[], int]) -> str:
    """The certificate's files are replaced; a new connection sees it, an old one still works."""
    kept = connect(server.port, context)
    exchange(kept, SMALL)
    serial = swap()
    time.sleep(1)
    fresh = connect(server.port, context)
    shown = int(str((fresh.getpeercert() or {})["serialNumber"]), 16)
    return ("seen" if shown == serial else "not seen") + f", old connection {_outcome(kept)}"


def end_in_flight(server: Server, context: ssl.SSLContext) -> str:
    """SIGTERM while a request of two seconds is being answered."""
    sock = connect(server.port, context)
    said: list[str] = []
    slow = threading.Thread(target=lambda: said.append(_outcome(sock, review(2000, "slow=1"))))
    slow.start()
    time.sleep(0.5)
    os.kill(server.process.pid, signal.SIGTERM)
    slow.join()
    sock.close()
    with suppress(Exception):
        server.process.wait(30)
    return f"{said[0]}, exit code {server.process.returncode}"


def end_idle(server: Server, context: ssl.SSLContext) -> str:
    """Requests over idle connections 0.2, 0.5 and 1 second after SIGTERM."""
    socks = [connect(server.port, context) for _ in range(3)]
    for sock in socks:
        exchange(sock, SMALL)
    os.kill(server.process.pid, signal.SIGTERM)
    said, waited = [], 0.0
    for sock, after in zip(socks, (0.2, 0.5, 1.0), strict=True):
        time.sleep(after - waited)
        waited = after
        said.append(_outcome(sock))
    return " / ".join(said)


def _behind(stalled: list[socket.socket], server: Server, context: ssl.SSLContext) -> str:
    """How long a good request takes while the others hang there."""
    began = time.monotonic()
    try:
        sock = connect(server.port, context, PATIENCE)
        status, _ = exchange(sock, SMALL)
    except (OSError, EOFError) as error:
        said = "no answer" if isinstance(error, TimeoutError) else type(error).__name__
        status = 0
    took = time.monotonic() - began
    for each in stalled:
        each.close()
    time.sleep(0.2)
    if status != 200:
        return f"**{status or said} after {took:.1f} s**"
    return f"{took:.2f} s" if took < 1 else f"**{took:.1f} s**"


def _raw(server: Server, data: bytes) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    sock.sendall(data)
    return sock


def _stalled(
    server: Server, context: ssl.SSLContext, data: bytes, clients: int
) -> list[socket.socket]:
    """Clients that send as much of the data as the server takes within a second, and wait."""
    stalled: list[socket.socket] = []
    with suppress(OSError):  # It lets no more of them in.
        for _ in range(clients):
            sock = connect(server.port, context, 3)
            stalled.append(sock)
            sock.settimeout(1)
            with suppress(OSError):
                sock.sendall(data)
    return stalled


def _outcome(sock: ssl.SSLSocket, request: bytes = SMALL) -> str:
    try:
        status, connection = exchange(sock, request)
    except (OSError, EOFError):
        return "**lost**"
    return str(status) + (f" {connection}" if connection == "close" else "")


def certificate(folder: Path) -> tuple[ssl.SSLContext, Callable[[], int]]:
    """A client that trusts the CA of what is served, and what replaces that by a new one."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    now = datetime.datetime.now(datetime.UTC)

    def usage(ca: bool) -> x509.KeyUsage:
        return x509.KeyUsage(
            digital_signature=not ca,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=ca,
            crl_sign=ca,
            encipher_only=False,
            decipher_only=False,
        )

    def sign(name: x509.Name, key: ec.EllipticCurvePrivateKey, ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(ca_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(usage(ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False
            )
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return builder.sign(ca_key, hashes.SHA256())

    def swap() -> int:
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")]), key, False)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        for name, data in (
            ("leaf.key", pem),
            ("leaf.pem", leaf.public_bytes(serialization.Encoding.PEM)),
        ):
            (folder / "new").write_bytes(data)
            (folder / "new").replace(folder / name)
        return leaf.serial_number

    pem = sign(ca_name, ca_key, True).public_bytes(serialization.Encoding.PEM)
    swap()
    return ssl.create_default_context(cadata=pem.decode()), swap
