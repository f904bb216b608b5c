"""See argo_arg_string_too_long.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.fields import ProcessText
from kguard.facts.sizes import written
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context

_MOVES_ARGUMENTS_SINCE = (3, 7)
_NAMES = {"args": "an argument", "command": "a word of the command", "env": "a variable"}
_FATAL = "the process cannot start: argument list too long"
_MOVED = "Argo 3.7.10 and 4.0.1 hand it over as `@/tmp/argo_arg_N.txt`, which the program must read"


def check(text: ProcessText, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for one string that Linux takes for no process."""
    if text.bytes <= ctx.params["max_bytes"]:
        return
    version = argo_version(ctx.facts, text.resource)
    moved = (
        text.part == "args"
        and text.emissary
        and (version is None or version >= _MOVES_ARGUMENTS_SINCE)
    )
    yield text.fault(
        text.keys,
        f"{_NAMES[text.part]} of {text.called} is {written(text.bytes)} long",
        severity=WARNING if moved else ERROR,
        help=_MOVED if moved else _FATAL,
    )
