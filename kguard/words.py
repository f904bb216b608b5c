"""Words for people that every layer uses: counts with their noun, and what was likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORT = 8
"""Lists of choices up to this length are printed whole; longer ones only suggest the nearest."""

MOST_QUOTED = 200
"""Characters of a name or value that a message repeats; what is longer loses its middle."""

MOST_SAID = 2000
"""Characters of a sentence, whatever it quotes."""

_SPELT = re.compile("[A-Z][A-Z]|(?i:http)")
"""What begins a word of which single letters are spoken."""
_VOWEL = re.compile("[aeio]|hour", re.IGNORECASE)
"""What begins a word that is spoken with a vowel first."""
_QUOTATION = re.compile("`([^`]*)`")


def within_limits(text: str) -> str:
    """A sentence whose quotations, and which itself, are cut in the middle where they are long.

    An object may have names and values of any length, and a report repeats them often.
    """
    if len(text) <= MOST_QUOTED:
        return text
    shorter = _QUOTATION.sub(lambda match: f"`{_without_middle(match[1], MOST_QUOTED)}`", text)
    return _without_middle(shorter, MOST_SAID)


def _without_middle(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    tail = most // 2
    return f"{text[: most - tail - 1]}…{text[-tail:]}"


def counted(number: int, noun: str) -> str:
    """`1 file`, `12 files`, `2 policies`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("cy") else f"{number} {noun}s"


def with_article(noun: str) -> str:
    """`a Job`, `an Ingress`, ``an `initialDelaySeconds```, as it is spoken: `an HTTPRoute`."""
    name = noun.lstrip("`")
    spelt = _SPELT.match(name)
    vowel = name[:1] in "AEFHILMNORSXh" if spelt else bool(_VOWEL.match(name))
    return f"{'an' if vowel else 'a'} {noun}"


def choices_hint(word: object, choices: Iterable[str]) -> str:
    """What to say after a word that is no choice: the nearest one, and all where they are few."""
    known = list(dict.fromkeys(choices))
    listed = f" (one of {', '.join(known)})" if len(known) <= SHORT else ""
    return nearest(word, known) + listed


def nearest(word: object, choices: Iterable[str], *, most: int = 2) -> str:
    """`; did you mean ...?` with the choices close to a word, empty where none is."""
    close = closest(word, choices, most=most)
    return f"; did you mean {' or '.join(f'`{c}`' for c in close)}?" if close else ""


def closest(
    word: object, choices: Iterable[str], *, most: int = 1, cutoff: float = 0.7
) -> list[str]:
    """The choices that a misspelt word was probably meant to be, the best first; case is nothing.

    `cutoff` is the least likeness (0 to 1, difflib's ratio) that counts.
    """
    if not isinstance(word, str) or len(word) > 100:  # Comparing is quadratic in the length.
        return []
    import difflib

    lowered = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(word.lower(), list(lowered), n=most, cutoff=cutoff)
    return [lowered[each] for each in found]
