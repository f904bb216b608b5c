"""Text from a manifest, made fit for a message."""

from __future__ import annotations

_LONGEST = 60


def quoted(text: str) -> str:
    """`text` in backticks, shortened to 60 characters, control characters escaped.

    The text is hostile: it may hold terminal escapes, line ends, backticks or a megabyte.
    """
    shown = text[:_LONGEST].replace("`", "'") + ("…" if len(text) > _LONGEST else "")
    if not shown.isprintable():
        shown = "".join(
            c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown
        )
    return f"`{shown}`"
