"""Text from a manifest, made fit for a message."""

from __future__ import annotations

_LONGEST = 60


def quoted(text: str) -> str:
    """`text` in backticks, shortened to 60 characters, control characters and backticks escaped.

    The text is hostile: it may hold terminal escapes, line ends or a megabyte.
    """
    shown = text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")
    if "`" in shown or not shown.isprintable():
        shown = "".join(
            c if c.isprintable() and c != "`" else c.encode("unicode_escape").decode()
            for c in shown.replace("`", "'")
        )
    return f"`{shown}`"
