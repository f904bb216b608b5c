"""Certificates and keys as PEM: read from hostile bytes, written in one form."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

LIMIT = 64 * 1024
"""Bytes of PEM that are looked at; four certificates of a long chain take about 8 KiB."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
"""What Go's TLS client and OpenSSL both take."""

_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


class PemError(ValueError):
    """Bytes that are not what they are to be; says what is wrong, without quoting them."""


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates in PEM, in order; text around them is skipped.

    Raises PemError for more than LIMIT bytes, for none, and for one that cannot be read.
    """
    found, broken = sort_certificates(data)
    if broken:
        raise PemError(broken)
    if not found:
        raise PemError("no certificate in PEM" if data.strip() else "empty")
    return found


def sort_certificates(data: bytes) -> tuple[list[x509.Certificate], str]:
    """(the certificates that can be read, what is wrong with the rest, "" where nothing is).

    Without repetitions, in order. Never raises.
    """
    if len(data) > LIMIT:
        return [], f"{len(data)} bytes, at most {LIMIT} are read"
    found: dict[x509.Certificate, None] = {}
    blocks = _BLOCK.findall(data)
    broken = data.count(b"-----BEGIN CERTIFICATE-----") - len(blocks)
    for block in blocks:
        try:
            found[x509.load_pem_x509_certificate(block)] = None
        except _UNREADABLE:
            broken += 1
    if broken:
        return list(found), f"{broken} of {broken + len(found)} certificates cannot be read"
    if data.strip() and not found:
        return [], "a private key, not a certificate" if b"PRIVATE KEY-----" in data else "not PEM"
    return list(found), ""


def read_key(data: bytes) -> PrivateKey:
    """The private key in PEM: ECDSA on a curve of NIST's, Ed25519, or RSA of 2048 bits and more.

    Raises PemError.
    """
    if len(data) > LIMIT:
        raise PemError(f"{len(data)} bytes, at most {LIMIT} are read")
    if not data.strip():
        raise PemError("empty")
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except TypeError as error:
        raise PemError("the private key is encrypted") from error
    except _UNREADABLE as error:
        raise PemError("no private key in PEM") from error
    if not isinstance(key, PrivateKey):
        raise PemError("the private key is neither ECDSA, RSA nor Ed25519")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < 2048:
        raise PemError(f"the RSA key has {key.key_size} bits, less than 2048")
    if isinstance(key, ec.EllipticCurvePrivateKey) and not isinstance(key.curve, _CURVES):
        raise PemError(f"the key is on `{key.curve.name}`, not on P-256, P-384 or P-521")
    return key


def write_certificates(certificates: Iterable[x509.Certificate]) -> bytes:
    """The certificates as PEM, one after the other."""
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def write_key(key: PrivateKey) -> bytes:
    """The key as PKCS #8 in PEM, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def belong_together(certificate: x509.Certificate, key: PrivateKey) -> bool:
    """Whether the certificate is for this key."""
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        return certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)
    except _UNREADABLE:
        return False


def begins(certificate: x509.Certificate) -> float:
    """Unix time from which on the certificate is valid."""
    return certificate.not_valid_before_utc.timestamp()


def ends(certificate: x509.Certificate) -> float:
    """Unix time after which the certificate is not valid."""
    return certificate.not_valid_after_utc.timestamp()


def date(moment: float) -> str:
    """A Unix time as people and logs read it, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
