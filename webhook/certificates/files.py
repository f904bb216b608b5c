"""Certificates that somebody else puts into files: cert-manager, or an operator.

Files are read every few seconds and told apart by their content. The kubelet exchanges a whole
folder behind a symbolic link, so a watch on a file would see nothing; and where certificate and
key are exchanged one after the other, they are taken once they belong together.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import ssl
import stat
import time
from collections.abc import Callable, Iterator, Mapping

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from kguard.webhook.certificates.notes import Count, Notes, Say
from kguard.webhook.certificates.pem import (
    LIMIT,
    PemError,
    begins,
    belong_together,
    date,
    ends,
    read_certificates,
    read_key,
    write_certificates,
    write_key,
)
from kguard.webhook.certificates.served import SHORT, MakeContext, Served
from kguard.webhook.certificates.worker import Worker

POLL = 10.0
"""Seconds between two looks at the files."""

_WAITING = "waiting for a certificate that can be served, nobody is answered until then"


def _nothing(_: str) -> None:
    pass


class FileCertificates:
    """Serves the pair in two PEM files: the chain, leaf first, and its key.

    A pair that cannot be used is not taken: the last good one is served on. `name` is what the API
    server asks for, `<service>.<namespace>.svc`, empty where none does; a certificate for others
    is served with a warning. `fail` is told why nobody can be served. `say`, `warn`, `count` and
    `make_context` are those of SelfIssued.
    """

    def __init__(
        self,
        *,
        certificate: str,
        key: str,
        make_context: MakeContext,
        say: Say,
        warn: Say | None = None,
        fail: Say | None = None,
        name: str = "",
        count: Count = _nothing,
        poll: float = POLL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._certificate, self._key, self._name = certificate, key, name
        self._say, self._poll, self._clock = say, poll, clock
        self._notes = Notes(say, warn, fail)
        self._count = count
        self._worker = Worker("certificates", self.step, self._notes, count)
        self._served = Served(make_context)
        self._taken = self._rejected = ""
        self._chain: list[x509.Certificate] = []

    def start(self) -> None:
        """Read the files once, then on a thread."""
        self._worker.once()
        self._worker.start()

    def stop(self) -> None:
        """Read no more; the certificate is served on."""
        self._worker.stop()

    def context(self) -> ssl.SSLContext:
        """The context for the next connection. Raises CertificateUnavailable before the first."""
        return self._served.context(lambda: [*self.problems(), *self._notes.other()])

    def refresh(self) -> None:
        """Make the context anew, of the same pair."""
        self._served.refresh()

    def problems(self) -> list[str]:
        """Why API servers would not connect: no certificate, or one that is over.

        All pods have the same, so one that is nearly over must not take all of them out.
        """
        found = self._served.problem(self._clock())
        return [found, *self._notes.blocking()] if found else []

    def warnings(self) -> list[str]:
        """Why the files are not served as they are now, and what else is wrong with them."""
        return [*self._notes.blocking(), *self._notes.other()]

    def published(self) -> bool:
        """True: whoever writes the files looks after the bundles."""
        return True

    def expiry(self) -> Mapping[str, float]:
        """When `leaf` expires, and the first `ca` of the chain to do so if there is one."""
        chain = self._chain
        found = {"leaf": ends(chain[0])} if chain else {}
        return {**found, "ca": min(map(ends, chain[1:]))} if chain[1:] else found

    def step(self) -> float:
        """Look at the files once; the seconds until the next look."""
        seen = ""
        try:
            certificate, key = _read(self._certificate), _read(self._key)
            seen = hashlib.sha256(b"%d %b%b" % (len(certificate), certificate, key)).hexdigest()
            if seen != self._taken:
                self._take(certificate, key)
                self._taken = seen
            self._notes.clear("files")
            self._rejected = ""
        except _Unusable as error:
            if self._chain:
                self._notes.set("files", f"{error}, the one read before is served on")
            else:
                self._notes.set("files", f"{error}; {_WAITING}", blocks=True)
            if seen != self._rejected:
                self._rejected = seen
                self._count("certificate")
        if self._chain:
            self._look_ahead()
        return self._poll * random.uniform(0.75, 1.25)

    def _look_ahead(self) -> None:
        """Say in time that nobody has renewed the certificate."""
        end = ends(self._chain[0])
        if end - self._clock() < SHORT:
            said = f"{self._certificate}: the certificate ends at {date(end)}, and none follows it"
            self._notes.set("expiry", said)
        else:
            self._notes.clear("expiry")

    def _take(self, certificate: bytes, key: bytes) -> None:
        """Serve this pair. Raises _Unusable."""
        chain = self._parsed(certificate)
        try:
            private = read_key(key)
        except PemError as error:
            raise _Unusable(f"`{self._key}`: {error}") from error
        if not belong_together(chain[0], private):
            text = f"`{self._key}` is not the key of the first certificate in `{self._certificate}`"
            raise _Unusable(text)
        try:  # Written anew, so that OpenSSL sees nothing that was not checked.
            self._served.exchange(chain[0], write_certificates(chain), write_key(private))
        except ValueError as error:
            raise _Unusable(f"`{self._certificate}`: {error}") from error
        self._chain = chain
        self._say(f"certificate of `{self._certificate}` taken, valid until {date(ends(chain[0]))}")
        doubts = "; ".join(_doubts(chain[0], self._name))
        self._notes.set("doubts", f"`{self._certificate}`: {doubts}" if doubts else "")

    def _parsed(self, certificate: bytes) -> list[x509.Certificate]:
        try:
            chain = read_certificates(certificate)
        except PemError as error:
            raise _Unusable(f"`{self._certificate}`: {error}") from error
        now = self._clock()
        if ends(chain[0]) <= now:
            raise _Unusable(f"`{self._certificate}`: expired on {date(ends(chain[0]))}")
        if begins(chain[0]) > now:
            raise _Unusable(f"`{self._certificate}`: not valid before {date(begins(chain[0]))}")
        return chain


class _Unusable(Exception):
    """Files that cannot be served; says which and why."""


def _read(path: str) -> bytes:
    """The bytes of a regular file, up to one more than anybody looks at."""
    try:
        # A FIFO would else hold the thread for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _Unusable(f"`{path}` is no file")
            with open(descriptor, "rb", closefd=False) as file:
                return file.read(LIMIT + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _Unusable(f"`{path}`: {reason}") from error


def _doubts(certificate: x509.Certificate, name: str) -> Iterator[str]:
    """Why the API server, a TLS client of Go's, would refuse what can be served."""
    try:
        extensions = certificate.extensions
    except (ValueError, x509.DuplicateExtension):
        yield "its extensions cannot be read"
        return
    names: list[str] = []
    with contextlib.suppress(x509.ExtensionNotFound):
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = [each.lower() for each in found.value.get_values_for_type(x509.DNSName)]
    if name and name not in names and f"*.{name.partition('.')[2]}" not in names:
        yield f"`{name}`, by which the API server calls, is not among its names"
    with contextlib.suppress(x509.ExtensionNotFound):
        usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & {
            *usage
        }:
            yield "its extended key usage is not for servers"
