"""The pair that is served at the moment."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from cryptography import x509

from kguard.record import record
from kguard.webhook.certificates import CertificateUnavailable
from kguard.webhook.certificates.pem import begins, ends

MakeContext = Callable[[bytes, bytes], ssl.SSLContext]
"""Makes a server's context of a certificate chain and a key, both PEM; raises ValueError."""

SHORT = 3600.0
"""Seconds of validity below which a pod is not ready."""


@record(eq=False)
class Pair:
    """A certificate and the context that serves it."""

    certificate: x509.Certificate
    context: ssl.SSLContext


class Served:
    """Holds one pair, exchanged as a whole: a connection gets the old one or the new one."""

    def __init__(self) -> None:
        self._pair: Pair | None = None

    def exchange(self, pair: Pair) -> None:
        """Serve this pair from now on."""
        self._pair = pair

    def context(self, why: Callable[[], list[str]]) -> ssl.SSLContext:
        """The context of the pair. Raises CertificateUnavailable and says why there is none."""
        pair = self._pair
        if pair is None:
            raise CertificateUnavailable("; ".join(why()))
        return pair.context

    def ends(self) -> float | None:
        """When the certificate expires, Unix time."""
        return ends(self._pair.certificate) if self._pair else None

    def problem(self, now: float) -> str:
        """What is wrong with the certificate at this Unix time, "" where nothing is."""
        pair = self._pair
        if pair is None:
            return "no certificate yet"
        left = ends(pair.certificate) - now
        if left <= 0:
            return "the certificate has expired"
        if left < SHORT:
            return f"the certificate expires in {left / 60:.0f} min"
        if begins(pair.certificate) > now:
            return "the certificate is not valid yet"
        return ""
