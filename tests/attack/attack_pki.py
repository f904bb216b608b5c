"""Certificates of both ends: a CA's, and some that ought not to be believed. PEM."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kguard.record import record

SERVICE = "kguard.kguard.svc"


@record(eq=False)
class Pair:
    """A certificate and its key, PEM, and as objects that sign others."""

    cert: bytes
    key: bytes
    parsed: x509.Certificate
    private: ec.EllipticCurvePrivateKey


def issue(
    name: str,
    issuer: Pair | None = None,
    hosts: Sequence[str] = (),
    *,
    hours: int = 24,
    server: bool = False,
) -> Pair:
    """A certificate for so many hours (over already, where negative); a CA without an issuer."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.parsed.subject if issuer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(hours=hours))
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
    )
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    if server:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(usage, critical=False)
    parsed = builder.sign(issuer.private if issuer else private, hashes.SHA256())
    key = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Pair(parsed.public_bytes(serialization.Encoding.PEM), key, parsed, private)


CA = issue("attack-ca")
LEAF = issue(SERVICE, CA, [SERVICE])
STRANGERS = issue("strangers-ca")
