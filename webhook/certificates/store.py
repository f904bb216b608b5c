"""What certificates are kept in: one Secret, and the bundles of one webhook configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kguard.record import record


class StoreError(Exception):
    """The API server refused or did not answer; says which call and why.

    Whether a write took effect is not known then.
    """


class Conflict(Exception):
    """Somebody else wrote since it was read: read again, decide again."""


class Missing(Exception):
    """The object does not exist; says which."""


@record(eq=False)
class Stored:
    """A Secret as it was read: its values decoded, and what it takes to write it back.

    `date` is when that was by the clock of the API server, Unix time, where it says so.
    """

    data: Mapping[str, bytes]
    version: str
    object: Any = None
    date: float | None = None


@record(eq=False)
class Bundles:
    """The `caBundle` of every entry of a webhook configuration, decoded, in order.

    `date` is that of `Stored`.
    """

    entries: tuple[bytes, ...]
    version: str
    date: float | None = None


class SecretStore(Protocol):
    """One Secret, which exists or not: it is never created.

    Both raise Missing and StoreError.
    """

    def read(self) -> Stored:
        """The Secret as it is now."""

    def write(self, stored: Stored, data: Mapping[str, bytes]) -> Stored:
        """Replace the values of what was read. Raises Conflict if it is no longer the same."""


class BundleStore(Protocol):
    """The bundles of one ValidatingWebhookConfiguration.

    Both raise Missing and StoreError.
    """

    def read(self) -> Bundles:
        """The bundles as they are now."""

    def write(self, bundles: Bundles, bundle: bytes) -> Bundles:
        """Give every entry of what was read this bundle. Raises Conflict if it has changed."""
