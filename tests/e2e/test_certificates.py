"""Certificates change under load, and no call fails."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from e2e_cluster import Cluster
from e2e_kguard import NAMESPACE, POD, Kguard
from e2e_load import Load
from e2e_pki import Authority, Pair, trusting
from e2e_processes import wait_until

Namespace = Callable[..., str]

SERVED_AS = "kguard.kguard.svc"
HURRIED = Path(__file__).resolve().parent / "e2e_hurried.py"


def bundles(kguard: Kguard) -> list[list[x509.Certificate]]:
    """The CA certificates of every entry of the webhook configuration."""
    found = [entry["clientConfig"].get("caBundle") for entry in kguard.configuration()["webhooks"]]
    return [
        x509.load_pem_x509_certificates(base64.b64decode(each)) if each else [] for each in found
    ]


def served(port: int, trusted: str) -> x509.Certificate:
    """The certificate at a port, verified as the API server does; raises ssl.SSLError."""
    with (
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        trusting(trusted).wrap_socket(plain, server_hostname=SERVED_AS) as secured,
    ):
        data = secured.getpeercert(binary_form=True)
        assert data
        return x509.load_der_x509_certificate(data)


class Verifier:
    """Connects anew again and again, trusting what the live configuration says at that moment."""

    def __init__(self, kguard: Kguard) -> None:
        self._kguard = kguard
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.failures: list[str] = []
        self.serials: dict[int, str] = {}
        """Certificates by serial number, with the name of their CA."""

    @property
    def issuers(self) -> set[str]:
        return set(self.serials.values())

    def __enter__(self) -> Verifier:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            entry = self._kguard.configuration()["webhooks"][0]
            trusted = base64.b64decode(entry["clientConfig"]["caBundle"]).decode()
            for replica in [*self._kguard.replicas]:
                try:
                    found = served(replica.backend.port, trusted)
                except (OSError, AssertionError) as error:
                    self.failures.append(f"{replica.process.name}: {error!r}")
                else:
                    self.serials[found.serial_number] = found.issuer.rfc4514_string()


def _alone(kguard: Kguard, *more: str, program: Path = POD) -> None:
    """Replace all replicas by one that is started otherwise."""
    for replica in [*kguard.replicas]:
        kguard.stop_replica(replica)
    kguard.start_replica(*more, program=program)


@pytest.fixture
def fresh(kguard: Kguard, cluster: Cluster) -> Iterator[None]:
    """An empty Secret before and after, as the chart makes it; failurePolicy Fail in between."""

    def empty() -> None:
        for replica in [*kguard.replicas]:
            kguard.stop_replica(replica)
        secret = cluster.client.get("Secret", "kguard-tls", NAMESPACE).ok().body
        cluster.client.replace({**secret, "data": {}}).ok()

    empty()
    yield
    kguard.set_failure_policy("Ignore")
    empty()


def test_own_rotation(cluster: Cluster, kguard: Kguard, fresh: None, namespace: Namespace) -> None:
    """Own CA: certificates and the CA are renewed under load, two replicas agree, no call fails."""
    shop = namespace("enforce-rotation")
    _alone(kguard, program=HURRIED)
    kguard.start_replica(program=HURRIED)
    kguard.wait_served()
    first = bundles(kguard)[0][0]
    kguard.set_failure_policy("Fail")
    with Load(cluster.client, shop) as load, Verifier(kguard) as verifier:
        wait_until(lambda: len(verifier.issuers) > 1, "another CA", seconds=60)
        wait_until(
            lambda: all(first not in entry for entry in bundles(kguard)),
            "the first CA leaves every bundle",
            seconds=60,
        )
        load.progress()
    assert load.failures == []
    assert verifier.failures == []
    # Both replicas renewed theirs, and more than once.
    assert len(verifier.serials) >= 6
    held = bundles(kguard)
    assert [set(entry) for entry in held] == [set(held[0])] * 2


def test_foreign_bundle(cluster: Cluster, kguard: Kguard, fresh: None) -> None:
    """Somebody overwrites the caBundle: kguard puts its CA back."""
    _alone(kguard, program=HURRIED)  # Which looks every half second, not every thirty.
    kguard.wait_served()
    stranger = Authority(cluster.folder, "stranger").certificate.read_bytes()
    value = base64.b64encode(stranger).decode()
    path = "/webhooks/0/clientConfig/caBundle"
    cluster.client.patch(
        kguard.configuration(), [{"op": "replace", "path": path, "value": value}]
    ).ok()
    replica = kguard.replicas[0]

    def repaired() -> bool:
        trusted = base64.b64decode(
            kguard.configuration()["webhooks"][0]["clientConfig"]["caBundle"]
        )
        with contextlib.suppress(ssl.SSLError):
            served(replica.backend.port, trusted.decode())
            return True
        return False

    wait_until(repaired, "the repair", seconds=60)
    replica.wait_ready()


def test_files_rotation(
    cluster: Cluster, kguard: Kguard, fresh: None, namespace: Namespace, tmp_path: Path
) -> None:
    """Files: certificate and CA are exchanged as cert-manager does, under load; no call fails."""
    shop = namespace("enforce-files")
    folder = tmp_path / "mounted"
    folder.mkdir()
    authorities = [Authority(tmp_path, f"files-{number}") for number in (1, 2)]

    def issued(number: int) -> Pair:
        return authorities[number].issue(f"leaf-{number}", "kguard", hosts=[SERVED_AS])

    def mount(pair: Pair) -> None:
        version = tmp_path / f"version-{pair.certificate.stem}"
        version.mkdir()
        (version / "tls.crt").write_bytes(pair.certificate.read_bytes())
        (version / "tls.key").write_bytes(pair.key.read_bytes())
        (temporary := folder / "..data_tmp").symlink_to(version)
        temporary.replace(folder / "..data")

    def trust(*numbers: int) -> None:
        pem = b"".join(authorities[number].certificate.read_bytes() for number in numbers)
        value = base64.b64encode(pem).decode()
        change = [
            {"op": "add", "path": f"/webhooks/{entry}/clientConfig/caBundle", "value": value}
            for entry in range(2)
        ]
        cluster.client.patch(kguard.configuration(), change).ok()

    mount(issued(0))
    for name in ("tls.crt", "tls.key"):
        (folder / name).symlink_to(Path("..data") / name)
    trust(0)
    _alone(
        kguard,
        "--tls-mode=files",
        f"--tls-cert={folder / 'tls.crt'}",
        f"--tls-key={folder / 'tls.key'}",
    )
    kguard.wait_served()
    kguard.set_failure_policy("Fail")
    with Load(cluster.client, shop) as load, Verifier(kguard) as verifier:
        wait_until(lambda: len(verifier.serials) == 1, "the first certificate")
        trust(0, 1)
        load.progress()
        mount(issued(1))
        wait_until(lambda: len(verifier.serials) == 2, "the second certificate")
        trust(1)
        load.progress()
    assert load.failures == []
    assert verifier.failures == []
