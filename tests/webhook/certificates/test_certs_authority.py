"""The profile of what is issued, and what is taken for a CA."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from shutil import which
from subprocess import run

import pytest
from certs_made import make
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from kguard.webhook.certificates.authority import (
    BACKDATE,
    issue,
    new_authority,
    read_authority,
    service_names,
    write_authority,
)
from kguard.webhook.certificates.pem import (
    LIMIT,
    PemError,
    begins,
    ends,
    read_key,
    sort_certificates,
    write_certificates,
    write_key,
)

NOW = float(int(time.time()))
CA = new_authority(NOW, 1000.0)


def test_a_service_has_three_names() -> None:
    assert service_names("kguard", "ns") == (
        "kguard.ns.svc",
        "kguard.ns.svc.cluster.local",
        "kguard.ns",
    )


def test_a_leaf_is_for_the_service_and_nothing_else() -> None:
    leaf = issue(CA, service_names("kguard", "ns"), NOW, 500.0)
    extensions = leaf.certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert tuple(names.get_values_for_type(x509.DNSName)) == service_names("kguard", "ns")
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    identifier = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    ca_extensions = CA.certificate.extensions
    own = ca_extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert identifier.key_identifier == own.digest
    assert ca_extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_lives_begin_an_hour_early_and_end_with_the_ca() -> None:
    leaf = issue(CA, ("a.b",), NOW, 500.0)
    assert (begins(leaf.certificate), ends(leaf.certificate)) == (NOW - BACKDATE, NOW + 500)
    assert leaf.life == 500.0
    late = issue(CA, ("a.b",), NOW, 5000.0)
    assert ends(late.certificate) == ends(CA.certificate) == NOW + 1000


def test_serial_numbers_and_keys_are_never_the_same() -> None:
    leaves = [issue(CA, ("a.b",), NOW, 500.0) for _ in range(20)]
    assert len({each.certificate.serial_number for each in leaves}) == 20
    assert len({each.key_pem for each in leaves}) == 20
    assert min(each.certificate.serial_number for each in leaves).bit_length() > 64


def test_two_cas_have_two_names() -> None:
    assert CA.certificate.subject != new_authority(NOW, 1000.0).certificate.subject


@pytest.mark.skipif(which("openssl") is None, reason="no openssl")
def test_openssl_finds_nothing_wrong(tmp_path: Path) -> None:
    # openssl goes by the clock, and this module may have been loaded long ago.
    now = time.time()
    authority = new_authority(now, 86_400.0)
    leaf = issue(authority, service_names("kguard", "ns"), now, 86_400.0)
    (tmp_path / "ca.pem").write_bytes(write_certificates([authority.certificate]))
    (tmp_path / "leaf.pem").write_bytes(write_certificates([leaf.certificate]))
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem"]
    codes = {
        name: run(
            [*verify, "-verify_hostname", name, "leaf.pem"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        ).returncode
        for name in ("kguard.ns.svc", "kguard.ns", "kguard.other.svc", "kguard")
    }
    assert codes == {"kguard.ns.svc": 0, "kguard.ns": 0, "kguard.other.svc": 2, "kguard": 2}


@pytest.mark.parametrize(
    "key",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["RSA", "P-384", "Ed25519"],
)
def test_a_ca_that_somebody_brought_signs(
    key: Callable[[], rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey],
) -> None:
    certificate, private = make(NOW, key=key())
    authority = read_authority(write_certificates([certificate]), write_key(private), NOW)
    leaf = issue(authority, ("a.b",), NOW, 500.0)
    leaf.certificate.verify_directly_issued_by(certificate)


CA_PEM, KEY_PEM = write_authority(CA)
OTHER_PEM, OTHER_KEY = write_authority(new_authority(NOW, 1000.0))
LEAF = issue(CA, ("a.b",), NOW, 500.0)


def _encrypted() -> bytes:
    from cryptography.hazmat.primitives import serialization

    return CA.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        (b"", KEY_PEM, "empty"),
        (CA_PEM, b"", "empty"),
        (b"nonsense", KEY_PEM, "not PEM"),
        (b"\xff\xfe\x00", KEY_PEM, "not PEM"),
        (CA_PEM[:200], KEY_PEM, "1 of 1 certificates cannot be read"),
        (CA_PEM.replace(b"MII", b"XII"), KEY_PEM, "1 of 1 certificates cannot be read"),
        (CA_PEM, b"nonsense", "no private key in PEM"),
        (CA_PEM, CA_PEM, "no private key in PEM"),
        (CA_PEM, _encrypted(), "the private key is encrypted"),
        (CA_PEM, OTHER_KEY, "key and certificate do not belong together"),
        (OTHER_PEM, KEY_PEM, "key and certificate do not belong together"),
        (
            write_certificates([LEAF.certificate]),
            LEAF.key_pem,
            "the certificate is not one of a CA",
        ),
        (CA_PEM + b" " * LIMIT, KEY_PEM, f"at most {LIMIT} are read"),
        (CA_PEM, KEY_PEM + b" " * LIMIT, f"at most {LIMIT} are read"),
    ],
)
def test_what_is_no_ca(certificate: bytes, key: bytes, said: str) -> None:
    with pytest.raises(PemError, match=said):
        read_authority(certificate, key, NOW)


def test_an_expired_ca_signs_nothing() -> None:
    with pytest.raises(PemError, match="the certificate has expired"):
        read_authority(CA_PEM, KEY_PEM, NOW + 1001)


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.raises(PemError, match="the RSA key has 1024 bits, less than 2048"):
        read_key(write_key(rsa.generate_private_key(65537, 1024)))


@pytest.mark.parametrize(
    "text",
    [
        CA_PEM.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + CA_PEM,
        b"Subject: somebody\n" + CA_PEM + b"trailing words",
        KEY_PEM + CA_PEM,
        CA_PEM + CA_PEM,
    ],
    ids=["Windows", "BOM", "words around", "key before", "twice"],
)
def test_what_is_around_a_certificate_does_not_matter(text: bytes) -> None:
    assert sort_certificates(text) == ([CA.certificate], "")


def test_good_certificates_survive_beside_broken_ones() -> None:
    found, broken = sort_certificates(CA_PEM[:100] + b"\n" + OTHER_PEM + CA_PEM)
    assert len(found) == 2
    assert broken == "1 of 3 certificates cannot be read"
