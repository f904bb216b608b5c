"""An API server in memory with the conflicts of a real one, a clock to turn, and TLS clients."""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Callable, Mapping
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from kguard.webhook.certificates.pem import begins, ends, sort_certificates
from kguard.webhook.certificates.rotation import Timing
from kguard.webhook.certificates.self_issued import SelfIssued
from kguard.webhook.certificates.store import Bundles, Conflict, Missing, Stored, StoreError
from kguard.webhook.front.tls import server_context

NAME = "kguard.kguard.svc"
HOUR, DAY = 3600.0, 86_400.0


class Clock:
    """A wall clock that stands still until it is turned."""

    def __init__(self, now: float | None = None) -> None:
        self.now = time.time() if now is None else now
        self.ticks = 0  # For those who count what happens.

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds


class Api:
    """One Secret and one webhook configuration; every write makes a new version.

    `before` is called ahead of every request with its name and may raise; `after` when it took
    effect, which is where an answer gets lost.
    """

    def __init__(self, clock: Clock, entries: int = 2) -> None:
        self.clock = clock
        self.date: Callable[[], float | None] = clock  # What it says with its answers.
        self.secret: dict[str, bytes] | None = {}
        self.bundles: list[bytes] | None = [b""] * entries
        self.versions = {"secret": 1, "bundles": 1}
        self.history: list[tuple[float, tuple[bytes, ...]]] = []
        self.requests: list[str] = []
        self.before: Callable[[str], None] = lambda request: None
        self.after: Callable[[str], None] = lambda request: None

    def put_secret(self, data: Mapping[str, bytes] | None) -> None:
        """Somebody writes the Secret, or deletes it."""
        self.secret = None if data is None else dict(data)
        self.versions["secret"] += 1

    def put_bundles(self, bundles: list[bytes] | None) -> None:
        """Somebody writes the webhook configuration, or deletes it."""
        self.bundles = None if bundles is None else list(bundles)
        self.versions["bundles"] += 1
        self.history.append((self.clock(), tuple(self.bundles or ())))

    def request(self, name: str) -> None:
        self.requests.append(name)
        self.before(name)


class SecretOf:
    """The Secret as one pod reaches it."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def read(self) -> Stored:
        self.api.request("get secret")
        found = self._found()
        self.api.after("get secret")
        return found

    def write(self, stored: Stored, data: Mapping[str, bytes]) -> Stored:
        self.api.request("put secret")
        if self._found().version != stored.version:
            raise Conflict("Secret has been modified")
        self.api.put_secret(data)
        self.api.after("put secret")
        return self._found()

    def _found(self) -> Stored:
        if self.api.secret is None:
            raise Missing("Secret `kguard/kguard-tls` does not exist")
        version = str(self.api.versions["secret"])
        return Stored(data=dict(self.api.secret), version=version, date=self.api.date())


class BundlesOf:
    """The webhook configuration as one pod reaches it."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def read(self) -> Bundles:
        self.api.request("get bundles")
        found = self._found()
        self.api.after("get bundles")
        return found

    def write(self, bundles: Bundles, bundle: bytes) -> Bundles:
        self.api.request("patch bundles")
        if self._found().version != bundles.version:
            raise Conflict("test failed")
        assert sort_certificates(bundle)[0], "the API server refuses a bundle without certificates"
        self.api.put_bundles([bundle] * len(bundles.entries))
        self.api.after("patch bundles")
        return self._found()

    def _found(self) -> Bundles:
        if self.api.bundles is None:
            raise Missing("ValidatingWebhookConfiguration `kguard` does not exist")
        version = str(self.api.versions["bundles"])
        return Bundles(entries=tuple(self.api.bundles), version=version, date=self.api.date())


def no_context(chain: bytes, key: bytes) -> ssl.SSLContext:
    """What stands for a context where no handshake is made."""
    return cast("ssl.SSLContext", (chain, key))


def pod(
    api: Api,
    *,
    timing: Timing | None = None,
    make_context: Callable[[bytes, bytes], ssl.SSLContext] = server_context,
    said: list[str] | None = None,
    counted: list[str] | None = None,
    clock: Callable[[], float] | None = None,
) -> SelfIssued:
    """A pod's certificates, not started: the test calls `step`.

    `clock` is its own, where that is another than the API server's.
    """
    return SelfIssued(
        service="kguard",
        namespace="kguard",
        secret=SecretOf(api),
        bundles=BundlesOf(api),
        make_context=make_context,
        say=(said if said is not None else []).append,
        count=(counted if counted is not None else []).append,
        timing=timing or Timing(),
        clock=clock or api.clock,
        steady=api.clock,
    )


def served(certificates: SelfIssued) -> x509.Certificate:
    """The certificate that is served."""
    leaf = certificates._leaf
    assert leaf is not None
    return leaf.certificate


def handshake(server: ssl.SSLContext, bundle: bytes, name: str = NAME) -> str:
    """Shake hands as the API server would, in memory: "ok", or why the client refuses."""
    if not bundle.strip():
        return "no bundle"
    client = ssl.create_default_context(cadata=bundle.decode())
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    left = [ours, theirs]
    for _ in range(10):
        for side in list(left):
            try:
                side.do_handshake()
                left.remove(side)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    assert not left
    return "ok"


def believed(certificate: x509.Certificate, bundle: bytes, now: float) -> bool:
    """Whether a client with this bundle believes a certificate at a time; quick."""
    if not begins(certificate) <= now <= ends(certificate):
        return False
    return any(
        begins(ca) <= now <= ends(ca) and _signed(certificate, ca) for ca in _certificates(bundle)
    )


@functools.lru_cache(maxsize=4096)
def _certificates(bundle: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(sort_certificates(bundle)[0])


@functools.lru_cache(maxsize=4096)
def _signed(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def fail(*requests: str) -> Callable[[str], None]:
    """A `before` that refuses the named requests, all where none is named."""

    def before(request: str) -> None:
        if not requests or request in requests:
            raise StoreError(f"{request}: no answer in time")

    return before
