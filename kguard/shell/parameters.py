"""The positional parameters of a shell as far as they are known, and what words come to with them.

After POSIX Shell Command Language 2.5.1 (parameters), 2.6.2 (expansion) and 2.13 (patterns). What
is not certain is None: whoever asks then has to count with every value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TypeAlias

from kguard.record import record
from kguard.shell.syntax import Word

MAX_VALUE = 100
"""Characters up to which a value is looked at: patterns are tried on every part of it."""
MAX_PARAMETERS = 50
"""How many parameters are looked at, each time that one decides."""

ONE_WORD = re.compile(r"[\w./:@%+,=-]+")
"""A value that stays one word where nothing quotes it."""

_EXPANSION = re.compile(r"\$(?:([1-9#])|\{(#|[1-9][0-9]*)(:?[-+]|##?|%%?|:)?([^{}\"'`\\]*)\})")
_PLAIN = re.compile(r"[^\\'\"$`]+")
_OFFSETS = re.compile(r"(\d{1,3})(?::(\d{1,3}))?")
_AFFIX = re.compile(r"[\w./:=@+,*?-]*")
# Whatever somebody else fills in before or when the shell sees it.
_FILLED_IN = re.compile(r"\$|\{\{|`")
# Unquoted, these may become other words, or several.
_SPREADS = re.compile(r"[*?\[{~]")
_SPECIAL = re.compile(r"[*?\[\]\\]")
# Ranges of letters depend on the locale.
_BRACKET = re.compile(r"\[!?-?(?:[0-9]-[0-9]|[^]\[\\^!-])*-?\]")
_NOUNSET = re.compile(r"-\w*u\w*|nounset")
# One word whatever its expansions come to; `$@` is as many as there are.
_ONE_QUOTED = re.compile(r"[\w./:=+,%-]*\"(?:[^\"@{]|\{(?!\{))*\"")


class Part(Enum):
    """How a piece of a word came to be."""

    PLAIN = auto()
    QUOTED = auto()
    PUT_IN = auto()
    """By an expansion outside of quotes."""


Pieces: TypeAlias = Sequence[tuple[str, Part]]
"""A word after expansion, before its quotes are forgotten: patterns need them."""


@record
class Parameters:
    """`$1`, `$2`...; None stands for one of unknown value.

    `exact`: there are no others. `more`: whoever starts the image may well give some, so that one
    that is absent is only taken for absent where the text has a default for that. `nounset`: the
    shell ends where an absent one is used.
    """

    values: tuple[str | None, ...] = ()
    exact: bool = False
    more: bool = False
    nounset: bool = False

    @classmethod
    def of(cls, words: Sequence[Word], *, more: bool = False, nounset: bool = False) -> Parameters:
        """The parameters that some words become."""
        values: list[str | None] = []
        for word in words[:MAX_PARAMETERS]:
            spreads = word.literal and _SPREADS.search(word.text)
            if spreads or not word.certain or not is_one(word):
                return cls(tuple(values))
            known = word.literal and not _FILLED_IN.search(word.text)
            values.append(word.text if known and len(word.text) <= MAX_VALUE else None)
        exact = len(words) <= MAX_PARAMETERS
        return cls(tuple(values), exact=exact, more=more, nounset=nounset)

    def expanded(self, number: str, operator: str, argument: str) -> str | None:
        """What `${number operator argument}` comes to."""
        if number == "#":
            if operator or argument or not self.exact or (self.more and self.values):
                return None
            return str(len(self.values))
        index = int(number) - 1
        given = index < len(self.values)
        if not given and not self.exact:
            return None
        value = self.values[index] if given else ""
        if operator in ("-", ":-", "+", ":+"):
            return _defaulted(value, given, operator, argument)
        if value is None or (not given and (self.more or self.nounset)):
            return None
        if not operator:
            return None if argument else value
        if operator == ":":
            offsets = _OFFSETS.fullmatch(argument)
            if not offsets:
                return None
            start, length = int(offsets[1]), offsets[2]
            return value[start:] if length is None else value[start : start + int(length)]
        return _without(value, operator, argument) if _AFFIX.fullmatch(argument) else None


def _defaulted(value: str | None, given: bool, operator: str, argument: str) -> str | None:
    if given and value is None:
        return None
    used = bool(value) if operator[0] == ":" else given
    if operator[-1] == "+":
        used, value = not used, ""
    return value if used else None if _FILLED_IN.search(argument) else argument


def _without(value: str, operator: str, pattern: str) -> str:
    """The value without the shortest or longest part at its beginning or end that fits."""
    ends = range(len(value) + 1)
    if operator[0] == "#":
        cuts = [end for end in ends if fnmatchcase(value[:end], pattern)]
        return value[cuts[0 if operator == "#" else -1] :] if cuts else value
    cuts = [start for start in ends if fnmatchcase(value[start:], pattern)]
    return value[: cuts[-1 if operator == "%" else 0]] if cuts else value


def is_one(word: Word) -> bool:
    """Whether it stays one word, whatever its expansions come to; globs aside."""
    return word.literal or bool(_ONE_QUOTED.fullmatch(word.source))


def pieces(source: str, known: Parameters) -> Pieces | None:
    """What a word comes to, as it is written in the text."""
    found: list[tuple[str, Part]] = []
    position, quoted = 0, False
    if "{{" in source:
        return None
    while position < len(source):
        character = source[position]
        if character == '"':
            quoted = not quoted
            found.append(("", Part.QUOTED))
            position += 1
        elif character == "'" and not quoted:
            end = source.find("'", position + 1)
            if end < 0:  # One of a comment in a `<(...)`.
                return None
            found.append((source[position + 1 : end], Part.QUOTED))
            position = end + 1
        elif character == "\\":
            following = source[position + 1 : position + 2]
            position += 2
            if following != "\n":
                kept = "\\" if quoted and following not in '$`"\\' else ""
                found.append((kept + following, Part.QUOTED))
        elif character in "$`":
            match = _EXPANSION.match(source, position)
            if not match:
                return None
            value = known.expanded(match[1] or match[2], match[3] or "", match[4] or "")
            if value is None:
                return None
            found.append((value, Part.QUOTED if quoted else Part.PUT_IN))
            position = match.end()
        else:
            plain = _PLAIN.match(source, position)
            text = plain.group() if plain else character
            found.append((text, Part.QUOTED if quoted else Part.PLAIN))
            position += len(text)
    if any(part is Part.PLAIN and "~" in text for text, part in found):
        return None
    return found


def value(source: str, known: Parameters, *, splits: bool) -> str | None:
    """The text of a word; `splits`: it stands where a shell makes words and file names of it."""
    found = pieces(source, known)
    if found is None:
        return None
    text = "".join(text for text, _ in found)
    if splits:
        if not text and not any(part is Part.QUOTED for _, part in found):
            return None
        for piece, part in found:
            if part is Part.PUT_IN and piece and not ONE_WORD.fullmatch(piece):
                return None
            if part is Part.PLAIN and _SPREADS.search(piece):
                return None
    return text if len(text) <= MAX_VALUE else None


def fits(text: str, source: str, known: Parameters) -> bool | None:
    """Whether a text fits a pattern, as a `case` or `[[` compares them."""
    found = pieces(source, known)
    if found is None:
        return None
    pattern = ""
    for piece, part in found:
        if part is Part.PLAIN:
            if "[" in _BRACKET.sub("", piece):
                return None
            pattern += piece
        elif part is Part.PUT_IN and _SPECIAL.search(piece):
            return None
        else:
            pattern += re.sub(r"[*?\[]", r"[\g<0>]", piece)
    return fnmatchcase(text, pattern)


def changes_parameters(words: Sequence[Word]) -> bool:
    """Whether a command may change the positional parameters."""
    while words and words[0].text in ("command", "builtin"):
        words = words[1:]
    name = words[0].text if words else ""
    if name == "set":
        return bool(operands(words)) or any(word.text == "--" for word in words)
    return name in ("shift", "eval", ".", "source")


def operands(words: Sequence[Word]) -> list[Word]:
    """The words of a `set` that are no options: they become the positional parameters."""
    return [
        word
        for before, word in pairwise(words)
        if word.text[:1] not in ("-", "+") and before.text[-1:] != "o"
    ]


def asks_for_all(words: Sequence[Word]) -> bool:
    """Whether a `set` has the shell end where it comes to a parameter that is not there."""
    return any(_NOUNSET.fullmatch(word.text) for word in words)
