"""Globs of a configuration, seen from the root of the repository.

They are written as in .gitignore, without negation and escapes (`[*]` is a literal star), and
relative to the folder of their file: https://git-scm.com/docs/gitignore#_pattern_format
"""

from __future__ import annotations

import re


def anchor(pattern: str, folder: str) -> str:
    """The pattern that means, seen from the root, what `pattern` means in `folder`.

    `folder` is relative to the root with forward slashes, empty for the root itself. Raises
    ValueError, with a cause for the user, for what is no usable pattern.
    """
    if pattern.startswith("!"):
        raise ValueError("a pattern cannot be negated here")
    segments = [segment for segment in pattern.split("/") if segment not in ("", ".")]
    if ".." in segments:
        raise ValueError("a pattern cannot leave the folder of its configuration with `..`")
    rooted = "/" in pattern.rstrip("/") or not segments
    body = "/".join(segments or ["**"])
    if pattern.endswith("/") and segments:
        body += "/"
    if body.startswith("#"):
        body = f"[#]{body[1:]}"  # In a .gitignore it would begin a comment.
    if not folder:
        return f"/{body}" if rooted else body
    literal = re.sub(r"[*?\[]", lambda match: f"[{match[0]}]", folder)
    return f"/{literal}/{body}" if rooted else f"/{literal}/**/{body}"
