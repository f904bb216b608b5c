"""What is wrong at the moment, said once when it begins and once when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

Say = Callable[[str], None]
Count = Callable[[str], None]


class Notes:
    """Sentences by topic, some of which are reasons not to be ready.

    `warn` is given a line when a fault begins and `say` one when it is over, so a fault that lasts
    is no flood. `fail` is given those that are a reason not to be ready; without it `warn` is.
    """

    def __init__(self, say: Say, warn: Say | None = None, fail: Say | None = None) -> None:
        self._say, self._warn = say, warn or say
        self._fail = fail or self._warn
        self._lock = threading.Lock()
        self._notes: dict[str, tuple[str, bool]] = {}

    def set(self, topic: str, text: str, *, blocks: bool = False) -> None:
        """Note what is wrong with a topic; an empty text says that nothing is."""
        with self._lock:
            before, _ = self._notes.get(topic, ("", False))
            if text:
                self._notes[topic] = (text, blocks)
            else:
                self._notes.pop(topic, None)
        if text != before:
            if text:
                (self._fail if blocks else self._warn)(text)
            else:
                self._say(f"no longer: {before}")

    def clear(self, *topics: str) -> None:
        """Nothing is wrong with these."""
        for topic in topics:
            self.set(topic, "")

    def blocking(self) -> list[str]:
        """The reasons not to be ready."""
        with self._lock:
            return [text for text, blocks in self._notes.values() if blocks]

    def other(self) -> list[str]:
        """What is wrong besides."""
        with self._lock:
            return [text for text, blocks in self._notes.values() if not blocks]
