"""What the terminal can do: colour, links, width, and text that is safe to show on it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TextIO

from kguard.record import record

CHOICES = ("auto", "always", "never")
"""What `--color` and `--links` accept."""

PLAIN_WIDTH = 120
"""Columns assumed where nobody tells: a pipe, a file, a CI log."""

TAB = 4
_IDEOGRAPHIC_SPACE = "\u3000"

# SGR parameters. Bright blue stays readable on dark backgrounds, where plain blue (34) does not.
_SGR = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "strong": "1",
    "gutter": "94",
    "help": "1;36",
}


@record
class Style:
    """How a report is to look: what the terminal can do, and how much the user wants to read."""

    color: bool = False
    links: bool = False
    width: int = PLAIN_WIDTH
    quiet: bool = False
    """Findings and what could not be checked, nothing else."""
    verbose: bool = False
    """Also what was skipped, and why."""
    statistics: bool = False
    """Also a table of findings per policy."""

    def paint(self, text: str, role: str) -> str:
        """The text in the colour of a role: a severity word, strong, gutter or help."""
        return f"\x1b[{_SGR[role]}m{text}\x1b[0m" if self.color and text else text

    def link(self, text: str, url: str) -> str:
        """The text as a terminal hyperlink (OSC 8), where links are on and there is an address."""
        if not self.links or not url:
            return text
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def detect(
    stream: TextIO,
    *,
    color: str = "auto",
    links: str = "auto",
    env: Mapping[str, str] | None = None,
    quiet: bool = False,
    verbose: bool = False,
    statistics: bool = False,
) -> Style:
    """The style for a stream. `color` and `links` are `auto`, `always` or `never`; these win.

    For `auto`, NO_COLOR beats FORCE_COLOR and CLICOLOR_FORCE, which beat what the stream is
    (https://no-color.org, https://force-color.org, https://bixense.com/clicolors).
    """
    env = os.environ if env is None else env
    tty = is_tty(stream)
    return Style(
        color=color == "always" or (color == "auto" and _wants_color(tty, env)),
        links=links == "always" or (links == "auto" and _shows_links(tty, env)),
        width=_width(stream, env) if tty else PLAIN_WIDTH,
        quiet=quiet,
        verbose=verbose,
        statistics=statistics,
    )


def is_tty(stream: TextIO) -> bool:
    """Whether somebody looks at the stream; closed streams and stand-ins are nobody."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _wants_color(tty: bool, env: Mapping[str, str]) -> bool:
    if env.get("NO_COLOR"):
        return False
    forced = (env.get(name, "") for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    if any(value not in ("", "0", "false") for value in forced):
        return True
    if env.get("FORCE_COLOR") in ("0", "false") or env.get("CLICOLOR") == "0":
        return False
    return tty and _is_capable(env)


def _shows_links(tty: bool, env: Mapping[str, str]) -> bool:
    # A CI log is kept as text, where the sequence is noise around a hidden address. The Linux
    # console prints the address in full; other terminals follow OSC 8 or ignore it.
    return tty and _is_capable(env) and env.get("TERM") != "linux" and not in_ci(env)


def _is_capable(env: Mapping[str, str]) -> bool:
    # Windows consoles have no TERM; those that understand escapes announce themselves.
    if sys.platform == "win32" and "TERM" not in env:
        return any(name in env for name in ("WT_SESSION", "ANSICON", "ConEmuANSI"))
    return env.get("TERM") != "dumb"


def in_ci(env: Mapping[str, str]) -> bool:
    """Whether this is a build: every common CI service sets CI."""
    return env.get("CI", "") not in ("", "0", "false")


def _width(stream: TextIO, env: Mapping[str, str]) -> int:
    columns = env.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or PLAIN_WIDTH
    except (OSError, ValueError):
        return PLAIN_WIDTH


def make_robust(stream: TextIO, *, utf8: bool = False) -> None:
    """Let a stream replace what its encoding lacks; `utf8` for formats that are always UTF-8.

    Streams that cannot be changed (a StringIO) are left alone.
    """
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8" if utf8 else None, errors="replace")


def safe(text: str) -> str:
    r"""Text from a file or its name on one line, control and invisible characters as `\x1b`.

    Otherwise a manifest could move the cursor, recolour the report or, with bidirectional
    controls, show other text than it holds (CVE-2021-42574).
    """
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def cells(text: str) -> Iterator[tuple[str, int]]:
    """What is shown for each character of a line, and how many terminal columns it takes.

    Tabs are expanded, control characters escaped; wide characters take two columns, combining
    ones none (Unicode Standard Annex #11).
    """
    column = 0
    for char in text:
        if char == "\t":
            shown = " " * (TAB - column % TAB)
            width = len(shown)
        else:
            shown = _byte(char) or _shown(char)
            width = len(shown) if char.isascii() or len(shown) > 1 else _columns(char)
        column += width
        yield shown, width


def columns(text: str) -> int:
    """How many terminal columns a line takes."""
    return len(text) if text.isascii() and text.isprintable() else sum(w for _, w in cells(text))


def padded(text: str, width: int) -> str:
    """The text with spaces behind it up to a width in columns."""
    return text + " " * (width - columns(text))


def shortened(text: str, width: int) -> str:
    """The text within a width in columns, with an ellipsis where something is missing."""
    if columns(text) <= width:
        return text
    room, kept = width - 1, ""
    for shown, taken in cells(text):
        room -= taken
        if room < 0:
            break
        kept += shown
    return f"{kept}…"


def _shown(char: str) -> str:
    if char.isprintable() or char == _IDEOGRAPHIC_SPACE:
        return char
    return char.encode("unicode_escape").decode("ascii")


def _byte(char: str) -> str:
    r"""A byte of a file that is not UTF-8, as `\xd0`; empty for what is a character."""
    return f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else ""


def _columns(char: str) -> int:
    import unicodedata

    # Vowels and final consonants of Hangul join the consonant before them: file names of macOS.
    if unicodedata.category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Progress:
    """A counter on one line of a terminal, for runs longer than a second; elsewhere nothing.

    Use as a context manager; the line is wiped at the end.
    """

    DELAY = 1.0
    INTERVAL = 0.1

    def __init__(self, stream: TextIO, *, enabled: bool = True) -> None:
        env = os.environ
        self._stream = stream
        self._on = enabled and is_tty(stream) and _is_capable(env) and not in_ci(env)
        self._next = time.monotonic() + self.DELAY
        self._shown = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def update(self, done: int, total: int, what: str) -> None:
        """Show `done/total what`, if enough time has passed since the last time."""
        if self._on and (now := time.monotonic()) >= self._next:
            self._next = now + self.INTERVAL
            # A line that wraps would not be wiped; the last column is the cursor's.
            width = _width(self._stream, os.environ) - 1
            self._write(shortened(f"{done}/{total} {safe(what)}", width))

    def _write(self, text: str) -> None:
        if text or self._shown:
            self._stream.write("\r" + padded(text, self._shown) + ("" if text else "\r"))
            self._stream.flush()
            self._shown = columns(text)
