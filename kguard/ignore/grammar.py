"""The grammar of ignores: `ignore[policy-a,policy-b] reason (until 2027-03-01)`.

One reader for comments, annotations and configuration. It knows text only: which policies exist
and what an ignore covers is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kguard.record import record

if TYPE_CHECKING:
    import datetime

# A `#` comes first, so that other tools' comments may share the line with ours.
_DIRECTIVE = re.compile(r"#+\s*kguard\s*:\s*", re.IGNORECASE)
_INSIDE = re.compile(r"(?<![`\w])kguard\s*:\s*ignore(?:-file)?\s*\[", re.IGNORECASE)
_WORD = re.compile(r"(?P<word>[A-Za-z-]*)\s*(?P<bracket>\[(?P<names>[^\[\]]*)(?P<close>\])?)?")
_CONTAINERS = re.compile(r"\s*\[(?P<names>[^\[\]]*)(?P<close>\])?")
_UNTIL = re.compile(r"\(\s*until\b\s*:?\s*(?P<date>[^()]*?)\s*\)", re.IGNORECASE)
_BARE_UNTIL = re.compile(r"\buntil:?\s+(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})\.?$", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# What people put between the parts of a comment, dashes of every length among it.
_JOINTS = ":,; -\N{EN DASH}\N{EM DASH}"

WORDS = {"ignore": False, "ignore-file": True}
"""What a comment may say after `kguard:`, and whether it speaks for the whole file."""


class GrammarError(ValueError):
    """Text that is meant as an ignore and is none; the message says what is wrong with it."""


@record
class Explained:
    """Why something is ignored, and the last day (UTC) on which it is; no date means for good."""

    reason: str = ""
    until: datetime.date | None = None


@record
class Directive:
    """One ignore of a comment. `start` and `end` are offsets in the comment's text."""

    names: tuple[str, ...]
    why: Explained
    whole_file: bool
    start: int
    end: int


@record
class Mistake:
    """A part of a comment that is meant for kguard and says nothing it understands."""

    message: str
    start: int
    end: int


def directives(comment: str) -> Iterator[Directive | Mistake]:
    """The ignores in a comment, given with its `#`; nothing for a comment that is for others."""
    found = list(_DIRECTIVE.finditer(comment))
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(comment)
        text = comment[match.end() : end].rstrip()
        end = match.end() + len(text)
        try:
            names, why, whole_file = _directive(text)
        except GrammarError as error:
            yield Mistake(str(error), match.start(), end)
        else:
            yield Directive(names, why, whole_file, match.start(), end)
    if not found and (inside := _INSIDE.search(comment)):
        yield Mistake(
            "`kguard: ignore[…]` in the middle of a comment has no effect: put a `#` before it",
            inside.start(),
            len(comment.rstrip()),
        )


def _directive(text: str) -> tuple[tuple[str, ...], Explained, bool]:
    match = _WORD.match(text)
    word = match["word"].lower() if match else ""
    if match is None or word not in WORDS:
        given = text.split(maxsplit=1)[0] if text else ""
        said = f"unknown directive `{given}`" if given else "nothing after `kguard:`"
        raise GrammarError(f"{said}: write `ignore[policy] reason` or `ignore-file[policy] reason`")
    if not match["bracket"]:
        raise GrammarError(f"`{word}` names no policy: write `{word}[policy] reason`")
    return _names(match, word), explained(text[match.end() :]), WORDS[word]


def _names(match: re.Match[str], what: str) -> tuple[str, ...]:
    if not match["close"]:
        raise GrammarError(f"the `[` of `{what}` is not closed")
    names = tuple(dict.fromkeys(re.split(r"[,\s]+", match["names"].strip(", \t"))))
    if names == ("",):
        raise GrammarError(f"`{what}[]` names nothing")
    return names


def annotation(value: object) -> tuple[tuple[str, ...], Explained]:
    """Container names (none: the whole resource) and explanation of an annotation's value.

    Raises GrammarError for a value that is no string, and for `false`, which reads as the opposite.
    """
    if not isinstance(value, str):
        raise GrammarError("the value of an annotation is a string: write the reason in quotes")
    word = value.strip().lower()
    if word == "false":
        raise GrammarError("`false` does not switch an ignore off: remove the annotation")
    if word == "true":  # The habit from other tools; it works, and it explains nothing.
        return (), Explained()
    match = _CONTAINERS.match(value)
    if match is None:
        return (), explained(value)
    return _names(match, "annotation"), explained(value[match.end() :])


def explained(text: str) -> Explained:
    """Reason and date in the text of an ignore; raises GrammarError for a date that is none.

    The date stands in brackets anywhere (`(until 2027-03-01)`) or bare at the end.
    """
    dates = list(_UNTIL.finditer(text))
    if len(dates) > 1:
        raise GrammarError("more than one `(until …)`")
    match = dates[0] if dates else _BARE_UNTIL.search(text.rstrip())
    until = None
    if match:
        until = parse_date(match["date"])
        text = f"{text[: match.start()]} {text[match.end() :]}"
    reason = " ".join(text.split()).lstrip(f".{_JOINTS}").rstrip(f"({_JOINTS}")
    return Explained(reason, until)


def parse_date(text: str) -> datetime.date:
    """The day that `YYYY-MM-DD` names; raises GrammarError for anything else."""
    import datetime

    if _DATE.fullmatch(text):
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            raise GrammarError(f"`until {text}` names no day of the calendar") from None
    raise GrammarError(f"`until {text}` is no date: write it as `until 2027-03-01`")


def compose(names: tuple[str, ...], why: Explained) -> str:
    """The text of a directive that ignores `names`, beginning with its `#`."""
    parts = [f"# kguard: ignore[{','.join(names)}]"]
    if why.reason:
        parts.append(why.reason)
    if why.until:
        parts.append(f"(until {why.until.isoformat()})")
    return " ".join(parts)
