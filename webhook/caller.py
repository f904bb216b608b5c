"""Is it the API server that calls? Where the operator gave it something to show, it is checked."""

from __future__ import annotations

import hmac
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.webhook.front.tls import require_clients
from kguard.webhook.options import OptionsError

POLL = 10.0
"""Seconds between two looks at a file. The kubelet itself takes up to a minute."""

_LONGEST = 2**20
_SCHEME = "Bearer "


class Watched:
    """A file that is read at once, and again and again from `start` on."""

    _name = ""

    def __init__(self, path: str | None, say: Callable[[str], None]) -> None:
        """`say` is told once of a file that cannot be used any more. Raises OptionsError for one
        that cannot be used from the start."""
        self._path = path
        self._say, self._said = say, ""
        self._stop = threading.Event()
        self.reread()

    def start(self) -> None:
        """Begin to look for changes, on a thread of its own."""
        if self._path:
            threading.Thread(target=self._watch, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def poll(self) -> None:
        """Look once; keep what is in use where the file is no good."""
        try:
            self.reread()
            self._said = ""
        except OptionsError as error:
            if str(error) != self._said:
                self._said = str(error)
                self._say(self._said)

    def reread(self) -> None:
        """Take what is in the file now. Raises OptionsError; what was before stays then."""
        if not self._path:
            return
        try:
            with open(self._path, "rb") as file:
                found = file.read(_LONGEST)
        except OSError as error:
            raise OptionsError(f"{self._path}: cannot be read: {error.strerror}") from None
        self._take(found)

    def _take(self, found: bytes) -> None:
        """Use this. Raises OptionsError where that is impossible."""
        raise NotImplementedError

    def _watch(self) -> None:
        while not self._stop.wait(POLL):
            self.poll()


class ClientCAs(Watched):
    """The CAs of which a client has to show a certificate, PEM; None where nobody has to.

    `changed` is called for others than before. What is connected by then stays so.
    """

    _name = "client CAs"

    def __init__(
        self,
        path: str | None,
        say: Callable[[str], None] = lambda _: None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.pem: bytes | None = None
        self.changed = changed
        super().__init__(path, say)

    def _take(self, found: bytes) -> None:
        if found == self.pem:
            return
        try:
            require_clients(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), found)
        except ValueError as error:
            raise OptionsError(f"`--client-ca {self._path}`: {error}") from None
        before, self.pem = self.pem, found
        if before is None:
            return
        try:
            self.changed()
        except Exception as error:  # The next look tries again.
            self.pem = before
            raise OptionsError(f"`--client-ca {self._path}`: not taken: {error}") from error


class Callers(Watched):
    """Who may ask: clients of certain names, with a certain token, or anybody.

    That a certificate is genuine was checked with the handshake; here its names are. The token is
    read from its file again and again.
    """

    _name = "token"

    def __init__(
        self,
        names: frozenset[str],
        token_file: str | None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._names = names
        self._token = b""
        super().__init__(token_file, say)

    @property
    def particular(self) -> bool:
        """Whether not everybody may ask."""
        return bool(self._names or self._path)

    def __call__(self, certificate: Mapping[str, Any] | None, headers: Mapping[str, str]) -> bool:
        """Whether a caller with this verified certificate and these headers may ask."""
        if self._names and self._names.isdisjoint(_names(certificate or {})):
            return False
        if not self._path:
            return True
        given = headers.get("authorization", "")
        shown = given.removeprefix(_SCHEME).strip().encode("utf-8", "replace")
        # Compared in constant time, so that nobody finds the token letter by letter.
        return given.startswith(_SCHEME) and hmac.compare_digest(shown, self._token)

    def _take(self, found: bytes) -> None:
        token = found.strip()
        if len(token.split()) != 1:
            held = "more than one token" if token else "no token"
            raise OptionsError(f"{self._path}: holds {held}")
        self._token = token


def _names(certificate: Mapping[str, Any]) -> Iterator[str]:
    """The names in a certificate as ssl gives it: alternative names, and the common name."""
    for _, name in certificate.get("subjectAltName", ()):
        yield name
    for part in certificate.get("subject", ()):
        for key, value in part:
            if key == "commonName":
                yield value
