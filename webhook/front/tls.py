"""TLS contexts made of certificates that are held in memory."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")  # A tmpfs in every container, writable where the root is read-only.


def server_context(
    cert_chain_pem: bytes,
    key_pem: bytes,
    *,
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    client_ca: bytes | None = None,
) -> ssl.SSLContext:
    """A server's context for a certificate chain, leaf first, and its key, both PEM.

    Offers HTTP/1.1 only, because the API server speaks nothing else to webhooks
    (k8s.io/apiserver pkg/util/webhook/client.go). With `client_ca`, PEM of one or more CAs, every
    client has to show a certificate of one of them. Nothing is resumed: Go's client keeps no
    sessions unless told, and a resumed one would outlive a changed `client_ca`.

    Raises ValueError for a chain, a key or CAs that cannot be used; OSError where neither /dev/shm
    nor the folder for temporary files can be written.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = minimum
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    with _file(cert_chain_pem.rstrip() + b"\n" + key_pem) as path:
        try:
            context.load_cert_chain(path, password=_no_password)
        except ssl.SSLError as error:
            raise ValueError(f"certificate and key cannot be used: {_reason(error)}") from None
    if client_ca is not None:
        require_clients(context, client_ca)
    return context


def require_clients(context: ssl.SSLContext, client_ca: bytes) -> None:
    """Have clients show a certificate of one of these CAs, PEM; raises ValueError without a CA."""
    try:
        context.load_verify_locations(cadata=client_ca.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        reason = _reason(error) if isinstance(error, ssl.SSLError) else "not PEM"
        raise ValueError(f"client CAs cannot be used: {reason}") from None
    if not context.get_ca_certs():
        raise ValueError("client CAs cannot be used: none of them is a CA")
    context.verify_mode = ssl.CERT_REQUIRED


@contextlib.contextmanager
def _file(data: bytes) -> Iterator[str]:
    """A file only we can read, for as long as it takes: OpenSSL loads keys from nowhere else."""
    descriptor, name = _open()
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        yield name
    finally:
        os.unlink(name)


def _open() -> tuple[int, str]:
    with contextlib.suppress(OSError):
        return tempfile.mkstemp(prefix="kguard-", dir=MEMORY)
    return tempfile.mkstemp(prefix="kguard-")


def _no_password() -> str:
    """Called for an encrypted key only, which OpenSSL would else ask for at the terminal."""
    raise ValueError("private key is encrypted")


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's own word; it has none for what is not PEM at all."""
    return error.reason.lower().replace("_", " ") if error.reason else "not PEM"
