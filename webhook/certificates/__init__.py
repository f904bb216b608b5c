"""The certificate the webhook serves, and who vouches for it.

`self_issued.SelfIssued` keeps a CA in a Secret and the CA bundle of the webhook configuration,
`files.FileCertificates` reads what cert-manager or somebody else writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping


class CertificateUnavailable(Exception):
    """There is no certificate to serve yet; says why."""


class Certificates(Protocol):
    """What the server and the probes ask, whichever way certificates come. No call waits."""

    def context(self) -> ssl.SSLContext:
        """The context for the next connection, the same one until the certificate changes.

        Raises CertificateUnavailable before the first.
        """

    def refresh(self) -> None:
        """Make the context anew, of the same certificate: something else in it has changed."""

    def start(self) -> None:
        """Begin to look after the certificate, on a thread of its own."""

    def stop(self) -> None:
        """End that thread; a call that is on its way is waited for, 10 s at most."""

    def problems(self) -> list[str]:
        """Why the API server could not connect, or soon cannot: reasons not to be ready."""

    def warnings(self) -> list[str]:
        """What an operator has to repair while everything still works."""

    def published(self) -> bool:
        """Whether what vouches for the certificate is where the API server looks for it."""

    def expiry(self) -> Mapping[str, float]:
        """When `leaf` and `ca` expire, Unix time; without what there is not."""
