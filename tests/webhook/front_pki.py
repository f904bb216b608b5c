"""Certificates for tests: a CA and what it signs, PEM, made in a millisecond each."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Pair(NamedTuple):
    """A certificate and its key, PEM, and both as objects to sign others with."""

    cert: bytes
    key: bytes
    parsed: x509.Certificate
    private: ec.EllipticCurvePrivateKey


def issue(
    name: str, issuer: Pair | None = None, *, sans: tuple[str, ...] = (), minutes: float = 24 * 60
) -> Pair:
    """A certificate for `name` for so many minutes; a CA where no issuer is given."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.parsed.subject if issuer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(minutes=minutes))
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(_usage(issuer is None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False)
        .add_extension(_authority(issuer.private if issuer else private), False)
    )
    if sans:
        names = x509.SubjectAlternativeName([x509.DNSName(each) for each in sans])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(issuer.private if issuer else private, hashes.SHA256())
    key = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Pair(certificate.public_bytes(serialization.Encoding.PEM), key, certificate, private)


def _usage(ca: bool) -> x509.KeyUsage:
    """What OpenSSL wants to see since Python 3.13 has it look closely."""
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


def _authority(private: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key())
