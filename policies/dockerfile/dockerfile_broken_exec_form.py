"""See dockerfile_broken_exec_form.md."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kguard.facts.termination import BuiltImage
from kguard.model import Fault
from kguard.policy.context import Context

_LONGEST = 40
_USUAL = "exec form takes double quotes and no comma behind the last word"
# What the reader of JSON says of what is wrong, and what to say of it.
_SLIPS = (
    ("Expecting ',' delimiter", "exec form takes commas between the words and `]` at the end"),
    ("Extra data", "exec form takes nothing behind its `]`"),
    ("Invalid \\escape", "exec form takes a backslash written twice"),
)


def check(dockerfile: BuiltImage, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a CMD or ENTRYPOINT that looks like a JSON array and is none."""
    image = dockerfile.image
    for keyword, form, route, words in (
        ("ENTRYPOINT", image.entrypoint_form, image.entrypoint_route, image.entrypoint),
        ("CMD", image.cmd_form, image.cmd_route, image.cmd),
    ):
        if form == "broken" and words:
            what = "a shell runs it as text"
            if image.entrypoint and image.entrypoint_form == "exec":
                what = f"`{image.entrypoint[0]}` is given `{' '.join(words[:-1])}` and it as text"
            yield dockerfile.fault(
                route,
                f"{keyword} is not a JSON array of strings, so {what}",
                help=_slip(words[-1]),
            )


def _slip(text: str) -> str:
    """What exec form wants otherwise than the text that looks like it."""
    try:
        words = json.loads(text)
    except json.JSONDecodeError as error:
        return next((said for known, said in _SLIPS if error.msg.startswith(known)), _USUAL)
    except (ValueError, RecursionError):
        return _USUAL
    bare = json.dumps(next((word for word in words if not isinstance(word, str)), None))
    shown = bare if len(bare) <= _LONGEST else f"{bare[:_LONGEST]}…"
    return f"exec form takes strings: `{shown}` wants double quotes"
