"""The pair that is served at the moment."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable

from cryptography import x509

from kguard.record import record, replace
from kguard.webhook.certificates import CertificateUnavailable
from kguard.webhook.certificates.pem import begins, ends

MakeContext = Callable[[bytes, bytes], ssl.SSLContext]
"""Makes a server's context of a certificate chain and a key, both PEM; raises ValueError."""

SHORT = 3600.0
"""Seconds of validity below which a certificate ought to have been followed by another."""


@record(eq=False, repr=False)
class Pair:
    """A certificate, the chain and the key it is served with, both PEM, and their context."""

    certificate: x509.Certificate
    chain: bytes
    key: bytes
    context: ssl.SSLContext


class Served:
    """Holds one pair, exchanged as a whole: a connection gets the old one or the new one."""

    def __init__(self, make_context: MakeContext) -> None:
        self._make_context = make_context
        self._lock = threading.Lock()  # Of those who exchange it; nobody waits to read.
        self._pair: Pair | None = None

    def exchange(self, certificate: x509.Certificate, chain: bytes, key: bytes) -> None:
        """Serve this pair from now on. Raises ValueError for what cannot be served."""
        with self._lock:
            self._pair = Pair(certificate, chain, key, self._make_context(chain, key))

    def refresh(self) -> None:
        """Serve the same with a new context: what else there is in it has changed."""
        with self._lock:
            if pair := self._pair:
                self._pair = replace(pair, context=self._make_context(pair.chain, pair.key))

    def context(self, why: Callable[[], list[str]]) -> ssl.SSLContext:
        """The context of the pair. Raises CertificateUnavailable and says why there is none."""
        pair = self._pair
        if pair is None:
            raise CertificateUnavailable("; ".join(why()))
        return pair.context

    def ends(self) -> float | None:
        """When the certificate expires, Unix time."""
        return ends(self._pair.certificate) if self._pair else None

    def problem(self, now: float, least: float = 0.0) -> str:
        """Why API servers would not accept the certificate at this Unix time, "" where they do.

        `least` seconds of validity have to be left.
        """
        pair = self._pair
        if pair is None:
            return "no certificate yet"
        left = ends(pair.certificate) - now
        if left <= 0:
            return "the certificate has expired"
        if left < least:
            return f"the certificate expires in {left / 60:.0f} min"
        if begins(pair.certificate) > now:
            return "the certificate is not valid yet"
        return ""
