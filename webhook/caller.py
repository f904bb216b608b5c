"""Is it the API server that calls? Where the operator gave it something to show, it is checked."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.webhook.options import OptionsError

_LONGEST = 64 * 1024
_SCHEME = "Bearer "


class Callers:
    """Who may ask: clients of certain names, with a certain token, or anybody.

    That a certificate is genuine was checked with the handshake; here its names are. The token is
    read from its file at the start and whenever `reread` is called.
    """

    def __init__(self, names: frozenset[str], token_file: str | None) -> None:
        """Raises OptionsError for a token file that cannot be used."""
        self._names = names
        self._token_file = token_file
        self._token = b""
        self.reread()

    def __call__(self, certificate: Mapping[str, Any] | None, headers: Mapping[str, str]) -> bool:
        """Whether a caller with this verified certificate and these headers may ask."""
        if self._names and self._names.isdisjoint(_names(certificate or {})):
            return False
        if not self._token_file:
            return True
        given = headers.get("authorization", "")
        shown = given.removeprefix(_SCHEME).strip().encode("utf-8", "replace")
        # Compared in constant time, so that nobody finds the token letter by letter.
        return given.startswith(_SCHEME) and hmac.compare_digest(shown, self._token)

    def reread(self) -> None:
        """Take the token that is in the file now. Raises OptionsError; the old one stays then."""
        if not self._token_file:
            return
        try:
            with open(self._token_file, "rb") as file:
                token = file.read(_LONGEST).strip()
        except OSError as error:
            raise OptionsError(f"{self._token_file}: cannot be read: {error.strerror}") from None
        if not token:
            raise OptionsError(f"{self._token_file}: holds no token")
        self._token = token


def _names(certificate: Mapping[str, Any]) -> Iterator[str]:
    """The names in a certificate as ssl gives it: alternative names, and the common name."""
    for _, name in certificate.get("subjectAltName", ()):
        yield name
    for part in certificate.get("subject", ()):
        for key, value in part:
            if key == "commonName":
                yield value
