"""A CA of our own, and the certificates it signs.

The profile is that of RFC 5280 as strict verifiers read it (OpenSSL's X509_V_FLAG_X509_STRICT):
key identifiers on both sides, critical constraints. The API server looks at subject alternative
names only (Go ignores common names) and asks for `<service>.<namespace>.svc`.
"""

from __future__ import annotations

import datetime
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kguard.record import record
from kguard.webhook.certificates.pem import (
    PemError,
    PrivateKey,
    begins,
    belong_together,
    date,
    ends,
    read_certificates,
    read_key,
    write_certificates,
    write_key,
)

BACKDATE = 3600.0
"""Seconds by which a certificate begins in the past, for verifiers whose clock is slow."""

AHEAD = BACKDATE
"""Seconds by which a CA may begin in the future, for makers whose clock is fast; see `fault`."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@record(eq=False, repr=False)
class Authority:
    """A CA certificate with its key."""

    certificate: x509.Certificate
    key: PrivateKey


@record(eq=False, repr=False)
class Leaf:
    """A server certificate with its key, and when it was issued, Unix time."""

    certificate: x509.Certificate
    key_pem: bytes
    issuer: x509.Certificate
    issued: float

    @property
    def life(self) -> float:
        """Seconds from issue to expiry."""
        return ends(self.certificate) - self.issued


def service_names(service: str, namespace: str) -> tuple[str, ...]:
    """The DNS names a Service is called by, the API server's first.

    Raises ValueError for what is no name of a Service or namespace.
    """
    for what, name in (("service", service), ("namespace", namespace)):
        if not _LABEL.fullmatch(name):
            raise ValueError(f"{what} `{name}` is no DNS label of at most 63 characters")
    short = f"{service}.{namespace}"
    return (f"{short}.svc", f"{short}.svc.cluster.local", short)


def new_authority(now: float, life: float) -> Authority:
    """A new self-signed CA on P-256, valid for `life` seconds from `now`."""
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # Two CAs of one bundle with the same name would leave the choice to the verifier.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"kguard CA {serial:x}"[:42])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, now - BACKDATE, now + life, serial)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate=certificate, key=key)


def issue(authority: Authority, names: tuple[str, ...], now: float, life: float) -> Leaf:
    """A new server certificate on P-256 for these DNS names, with a key of its own.

    Valid for `life` seconds from `now`, but not longer than the CA.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    start = max(now - BACKDATE, begins(issuer))
    end = min(now + life, ends(issuer))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kguard")])
    builder = (
        _builder(name, issuer.subject, start, end, x509.random_serial_number())
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_identifier_of(authority), critical=False)
    )
    certificate = builder.sign(
        authority.key,
        None if isinstance(authority.key, ed25519.Ed25519PrivateKey) else hashes.SHA256(),
    )
    return Leaf(certificate=certificate, key_pem=write_key(key), issuer=issuer, issued=now)


def read_authority(certificate_pem: bytes, key_pem: bytes, now: float) -> Authority:
    """A CA that can sign, of PEM; its certificate is the first where there are several.

    Raises PemError where certificate or key cannot be read, do not belong together, where the
    certificate is none of a CA, or is not of this time.
    """
    certificate, key = read_certificates(certificate_pem)[0], read_key(key_pem)
    if not belong_together(certificate, key):
        raise PemError("key and certificate do not belong together")
    if not _may_sign(certificate):
        raise PemError("the certificate is not one of a CA")
    if wrong := fault(certificate, now):
        raise PemError(wrong)
    return Authority(certificate=certificate, key=key)


def fault(certificate: x509.Certificate, now: float) -> str:
    """Why a CA cannot be used at a time, "" where it can.

    One that begins in the future was made by somebody whose clock was fast. It would be of no use
    until then, for as long as that clock was ahead, and nobody would find it due before.
    """
    if ends(certificate) <= now:
        return "the certificate has expired"
    if begins(certificate) > now + AHEAD:
        return f"the certificate is not valid before {date(begins(certificate))}"
    return ""


def write_authority(authority: Authority) -> tuple[bytes, bytes]:
    """(certificate, key) as PEM, as `read_authority` takes them."""
    return write_certificates([authority.certificate]), write_key(authority.key)


def _builder(
    subject: x509.Name, issuer: x509.Name, start: float, end: float, serial: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(issuer_name=issuer, subject_name=subject)
        .serial_number(serial)
        .not_valid_before(_date(start))
        .not_valid_after(_date(max(end, start)))
    )


def _date(time: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(time), datetime.UTC)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier_of(authority: Authority) -> x509.AuthorityKeyIdentifier:
    try:
        found = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether the extensions say so; unreadable ones do not."""
    try:
        extensions = certificate.extensions
        if not extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        try:
            return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
        except x509.ExtensionNotFound:
            return True
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
