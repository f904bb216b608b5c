"""Is it the API server that calls? Where the operator gave it something to show, it is checked."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.webhook.options import OptionsError

POLL = 10.0
"""Seconds between two looks at the token's file. The kubelet itself takes up to a minute."""

_LONGEST = 64 * 1024
_SCHEME = "Bearer "


class Callers:
    """Who may ask: clients of certain names, with a certain token, or anybody.

    That a certificate is genuine was checked with the handshake; here its names are. The token is
    read from its file at once, and again and again from `start` on.
    """

    def __init__(
        self,
        names: frozenset[str],
        token_file: str | None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`say` is told once of a file that cannot be used any more. Raises OptionsError for one
        that cannot be used from the start."""
        self._names = names
        self._token_file = token_file
        self._say, self._said = say, ""
        self._stop = threading.Event()
        self._token = b""
        self.reread()

    @property
    def particular(self) -> bool:
        """Whether not everybody may ask."""
        return bool(self._names or self._token_file)

    def start(self) -> None:
        """Begin to look for another token, on a thread of its own."""
        if self._token_file:
            threading.Thread(target=self._watch, name="token", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def poll(self) -> None:
        """Look once; keep the token that is in use where there is no other."""
        try:
            self.reread()
            self._said = ""
        except OptionsError as error:
            if str(error) != self._said:
                self._said = str(error)
                self._say(self._said)

    def _watch(self) -> None:
        while not self._stop.wait(POLL):
            self.poll()

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
