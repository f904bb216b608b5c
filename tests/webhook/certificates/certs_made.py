"""Certificates with every fault a test wants."""

from __future__ import annotations

import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier


def make(
    now: float,
    *,
    begin: float = -3600.0,
    life: float = 90 * 86_400.0,
    key: Any = None,
    ca: bool = True,
    names: tuple[str, ...] = (),
    usage: ObjectIdentifier | None = None,
    issuer: tuple[x509.Certificate, Any] | None = None,
) -> tuple[x509.Certificate, Any]:
    """A certificate and its key; self-signed without an issuer. Times in seconds from `now`."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{serial:x}"[:40])])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer[0].subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(datetime.datetime.fromtimestamp(int(now + begin), datetime.UTC))
        .not_valid_after(datetime.datetime.fromtimestamp(int(now + life), datetime.UTC))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if ca:
        signs = x509.KeyUsage(*(i in (5, 6) for i in range(9)))
        builder = builder.add_extension(signs, critical=True)
    signer = issuer[1] if issuer else key
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    others = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(own, critical=False).add_extension(others, critical=False)
    if names:
        found = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(found, critical=False)
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    plain = isinstance(signer, ed25519.Ed25519PrivateKey)
    return builder.sign(signer, None if plain else hashes.SHA256()), key


CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
