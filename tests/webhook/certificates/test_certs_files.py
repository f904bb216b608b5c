"""Certificates from files, exchanged in every way and broken in every way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from certs_made import CLIENT, SERVER, make
from certs_world import NAME, Clock, handshake
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from kguard.webhook.certificates import CertificateUnavailable
from kguard.webhook.certificates.files import FileCertificates
from kguard.webhook.certificates.pem import LIMIT, write_certificates, write_key
from kguard.webhook.front.tls import server_context

DAY = 86_400.0
NOW = float(int(time.time()))
CA = make(NOW)
CA_PEM = write_certificates([CA[0]])


def issued(**changes: object) -> tuple[bytes, bytes]:
    """A certificate and its key, PEM, that the API server would believe but for the changes."""
    settings = {"ca": False, "names": (NAME,), "issuer": CA, "life": 30 * DAY, **changes}
    certificate, key = make(NOW, **settings)  # type: ignore[arg-type]
    return write_certificates([certificate]), write_key(key)


WAITING = "waiting for a certificate that can be served, nobody is answered until then"


class Folder:
    """The two files, and what serves them."""

    def __init__(self, path: Path) -> None:
        self.certificate, self.key = path / "tls.crt", path / "tls.key"
        self.clock = Clock(NOW)
        self.said: list[str] = []
        self.failed: list[str] = []
        self.counted: list[str] = []
        self.certificates = FileCertificates(
            certificate=str(self.certificate),
            key=str(self.key),
            make_context=server_context,
            name=NAME,
            say=self.said.append,
            fail=self.failed.append,
            count=self.counted.append,
            poll=0.01,
            clock=self.clock,
        )

    def write(self, pair: tuple[bytes, bytes]) -> None:
        self.certificate.write_bytes(pair[0])
        self.key.write_bytes(pair[1])

    def step(self) -> list[str]:
        """Look once; the warnings then, less the folder's name."""
        self.certificates.step()
        folder = f"{self.certificate.parent}/"
        return [each.replace(folder, "") for each in self.certificates.warnings()]

    def answer(self) -> str:
        return handshake(self.certificates.context(), CA_PEM)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize(
    "key",
    [
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: rsa.generate_private_key(65537, 2048),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["ECDSA", "RSA", "Ed25519"],
)
def test_a_pair_is_served(folder: Folder, key: Callable[[], object]) -> None:
    folder.write(issued(key=key()))
    assert folder.step() == []
    assert folder.answer() == "ok"
    assert folder.certificates.problems() == []
    assert folder.certificates.published()
    assert folder.certificates.expiry() == {"leaf": NOW + 30 * DAY}


def test_a_chain_is_served_whole(folder: Folder) -> None:
    middle, key = make(NOW, issuer=CA, life=9 * DAY)
    certificate, private = issued(issuer=(middle, key))
    folder.write((certificate + write_certificates([middle]), private))
    assert folder.step() == []
    assert folder.certificates.expiry() == {"leaf": NOW + 30 * DAY, "ca": NOW + 9 * DAY}
    assert folder.answer() == "ok"


def test_the_same_files_are_not_loaded_again(folder: Folder) -> None:
    folder.write(issued())
    folder.step()
    context = folder.certificates.context()
    os.utime(folder.certificate, (1, 1))
    folder.step()
    assert folder.certificates.context() is context


def test_another_pair_is_taken_without_a_word_from_the_file_system(folder: Folder) -> None:
    """As the kubelet does it: a symbolic link to another folder takes the place of the one."""
    old, new = folder.certificate.parent / "1", folder.certificate.parent / "2"
    for path, pair in ((old, issued()), (new, issued())):
        path.mkdir()
        (path / "tls.crt").write_bytes(pair[0])
        (path / "tls.key").write_bytes(pair[1])
    data = folder.certificate.parent / "..data"
    data.symlink_to(old)
    folder.certificate.symlink_to("..data/tls.crt")
    folder.key.symlink_to("..data/tls.key")
    folder.step()
    before = folder.certificates.context()
    swap = data.with_name("..data_tmp")
    swap.symlink_to(new)
    swap.rename(data)
    assert folder.step() == []
    assert folder.certificates.context() is not before
    assert folder.answer() == "ok"
    assert handshake(before, CA_PEM) == "ok"


@pytest.mark.parametrize("first", ["certificate", "key"])
def test_files_exchanged_one_after_the_other(folder: Folder, first: str) -> None:
    folder.write(issued())
    folder.step()
    before = folder.certificates.context()
    certificate, key = issued()
    if first == "certificate":
        folder.certificate.write_bytes(certificate)
    else:
        folder.key.write_bytes(key)
    assert folder.step() == [
        "`tls.key` is not the key of the first certificate in `tls.crt`, "
        "the one read before is served on"
    ]
    assert folder.certificates.context() is before
    assert folder.certificates.problems() == []
    folder.write((certificate, key))
    assert folder.step() == []
    assert folder.certificates.context() is not before
    assert folder.answer() == "ok"


def encrypted(pair: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    key = serialization.load_pem_private_key(pair[1], None)
    secret = serialization.BestAvailableEncryption(b"x")
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return pair[0], key.private_bytes(*form, secret)


PAIR = issued()
BROKEN: dict[str, tuple[bytes, bytes, str]] = {
    "empty certificate": (b"", PAIR[1], "`tls.crt`: empty"),
    "empty key": (PAIR[0], b"", "`tls.key`: empty"),
    "cut certificate": (PAIR[0][:300], PAIR[1], "`tls.crt`: 1 of 1 certificates cannot be read"),
    "cut key": (PAIR[0], PAIR[1][:100], "`tls.key`: no private key in PEM"),
    "not PEM": (b"\x30\x82\x01", PAIR[1], "`tls.crt`: not PEM"),
    "exchanged": (PAIR[1], PAIR[0], "`tls.crt`: a private key, not a certificate"),
    "two certificates": (PAIR[0], PAIR[0], "`tls.key`: no private key in PEM"),
    "giant": (PAIR[0] * 200, PAIR[1], f"`tls.crt`: {LIMIT + 1} bytes, at most {LIMIT} are read"),
    "encrypted": (*encrypted(PAIR), "`tls.key`: the private key is encrypted"),
    "chain upside down": (
        CA_PEM + PAIR[0],
        PAIR[1],
        "`tls.key` is not the key of the first certificate in `tls.crt`",
    ),
    "expired": (*issued(begin=-9 * DAY, life=-DAY), "`tls.crt`: expired on "),
    "of the future": (*issued(begin=DAY), "`tls.crt`: not valid before "),
    "curve that Go lacks": (
        *issued(key=ec.generate_private_key(ec.SECP256K1())),
        "`tls.key`: the key is on `secp256k1`, not on P-256, P-384 or P-521",
    ),
    "key that Go lacks": (
        PAIR[0],
        write_key(ed448.Ed448PrivateKey.generate()),  # type: ignore[arg-type]
        "`tls.key`: the private key is neither ECDSA, RSA nor Ed25519",
    ),
    "short RSA key": (
        *issued(key=rsa.generate_private_key(65537, 1024)),
        "`tls.key`: the RSA key has 1024 bits, less than 2048",
    ),
}


@pytest.mark.parametrize(("certificate", "key", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_pair_is_not_taken(
    folder: Folder, certificate: bytes, key: bytes, said: str
) -> None:
    folder.write((certificate, key))
    (warning,) = folder.step()
    assert warning.startswith(said)
    assert warning.endswith(WAITING)
    found = folder.certificates.problems()
    assert (found[0], found[1].endswith(WAITING)) == ("no certificate yet", True)
    assert folder.failed == found[1:]
    with pytest.raises(CertificateUnavailable, match="no certificate yet; "):
        folder.certificates.context()
    folder.write(PAIR)
    assert folder.step() == []
    before = folder.certificates.context()
    folder.write((certificate, key))
    for _ in range(3):
        (warning,) = folder.step()
    assert warning.startswith(said)
    assert warning.endswith(", the one read before is served on")
    assert folder.certificates.context() is before
    assert folder.certificates.problems() == []
    assert folder.counted == ["certificate"] * 2
    folder.write(PAIR)
    assert folder.step() == []
    assert folder.certificates.context() is before


def test_files_that_are_not_there_yet(folder: Folder) -> None:
    assert folder.step() == [f"`tls.crt`: No such file or directory; {WAITING}"]
    folder.write(PAIR)
    assert folder.step() == []
    folder.key.unlink()
    assert folder.step() == [
        "`tls.key`: No such file or directory, the one read before is served on"
    ]
    assert folder.answer() == "ok"


@pytest.mark.parametrize("kind", ["folder", "FIFO", "device", "link to itself"])
def test_what_is_no_file_holds_nothing_up(folder: Folder, kind: str) -> None:
    path = folder.certificate
    match kind:
        case "folder":
            path.mkdir()
        case "FIFO":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            path.symlink_to(path)
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(5):
        (warning,) = folder.step()
    said = warning.removesuffix(f"; {WAITING}")
    assert said in ("`tls.crt` is no file", "`tls.crt`: Too many levels of symbolic links")
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_certificate_of_the_future_is_taken_when_its_time_comes(folder: Folder) -> None:
    folder.write(issued(begin=600.0))
    assert folder.step() != []
    folder.clock.turn(601)
    assert folder.step() == []
    assert folder.certificates.problems() == []


def test_the_end_of_a_certificate_is_a_reason_not_to_be_ready(folder: Folder) -> None:
    folder.write(PAIR)
    folder.step()
    folder.clock.turn(30 * DAY - 1)
    assert folder.certificates.problems() == []
    folder.clock.turn(1)
    assert folder.certificates.problems()[0] == "the certificate has expired"


def test_a_certificate_that_nobody_renews_is_said_in_time(folder: Folder) -> None:
    folder.write(PAIR)
    folder.step()
    folder.clock.turn(30 * DAY - 3601)
    assert folder.step() == []
    folder.clock.turn(2)
    (said,) = folder.step()
    assert said.startswith("tls.crt: the certificate ends at ")
    assert said.endswith(", and none follows it")
    # All pods have the same, and none would be left.
    assert folder.certificates.problems() == []
    folder.write(issued(life=60 * DAY))
    assert folder.step() == []


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"names": ("other.svc",)}, f"`{NAME}`, by which the API server calls, is not among"),
        ({"names": ()}, f"`{NAME}`, by which the API server calls, is not among"),
        ({"names": ("*.kguard.svc",)}, ""),
        ({"names": (NAME.upper(),)}, ""),
        ({"usage": CLIENT}, "its extended key usage is not for servers"),
        ({"usage": SERVER}, ""),
    ],
    ids=["other name", "no name", "wildcard", "capitals", "client", "server"],
)
def test_what_the_api_server_would_refuse_is_told(
    folder: Folder, changes: dict[str, object], doubt: str
) -> None:
    folder.write(issued(**changes))
    warnings = folder.step()
    assert [each.startswith(f"`tls.crt`: {doubt}") for each in warnings] == [True] * bool(doubt)
    folder.certificates.context()
    folder.write(PAIR)
    assert folder.step() == []


def test_what_is_wrong_is_said_once(folder: Folder) -> None:
    folder.write(PAIR)
    folder.step()
    folder.key.write_bytes(b"x")
    for _ in range(5):
        folder.step()
    folder.write(PAIR)
    folder.step()
    assert [line.split(",")[0].split("`: ")[-1] for line in folder.said] == [
        folder.said[0].split(",")[0].split("`: ")[-1],
        "no private key in PEM",
        "no private key in PEM",
    ]
    assert folder.said[2].startswith("no longer: ")


def test_a_context_that_cannot_be_made_leaves_the_one_before(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(PAIR)
    folder.step()
    before = folder.certificates.context()

    def full(chain: bytes, key: bytes) -> object:
        raise OSError(28, "No space left on device")

    make_context = folder.certificates._served._make_context
    monkeypatch.setattr(folder.certificates._served, "_make_context", full)
    folder.write(issued())
    folder.certificates._worker.once()
    assert folder.certificates.context() is before
    assert folder.certificates.warnings() == [
        "certificates: OSError: [Errno 28] No space left on device"
    ]
    monkeypatch.setattr(folder.certificates._served, "_make_context", make_context)
    folder.certificates._worker.once()
    assert folder.certificates.context() is not before
    assert folder.certificates.warnings() == []


def test_a_start_serves_at_once_and_a_thread_takes_the_next(folder: Folder) -> None:
    folder.write(PAIR)
    folder.certificates.start()
    before = folder.certificates.context()
    folder.write(issued())
    deadline = time.monotonic() + 10
    while folder.certificates.context() is before and time.monotonic() < deadline:
        time.sleep(0.005)
    folder.certificates.stop()
    assert folder.certificates.context() is not before
    assert folder.answer() == "ok"
