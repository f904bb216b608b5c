"""Long texts that nodes keep copies of, counted by text, and values of parameters made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kguard.model import Route, Scope
from kguard.record import field, record

MOST_COPIES = 10**9
"""Where counting ends: tags of tags of tags grow without bound."""

MOST_BYTES = 10**15
"""The size at which adding ends for the same reason."""


@record(eq=False)
class Text:
    """A long text of the specification: what stands at the keys of a scope, without its tags."""

    scope: Scope
    keys: Route
    text: str
    size: int
    """Bytes of it within JSON."""


Copies = Mapping["Text | str", int]
"""How often long texts stand in a part of a run. Under a bare name it is how often what that input
of the template holds does, which only a call of the template tells."""


@record
class Value:
    """What a parameter holds: the bytes of it that are known, and the long texts among them.

    `unlike` are the bytes of short texts after compression.
    """

    size: int = 0
    copies: Copies = field(default_factory=dict)
    unlike: int = 0

    def filled(self, values: Mapping[str, Value]) -> Value:
        """The same with values of inputs in place of their names."""
        if not self.copies:
            return self
        copies, size = filled(self.copies, values)
        return Value(min(self.size + size, MOST_BYTES), copies, self.unlike)


def joined(first: Copies, second: Copies) -> Copies:
    """Both together."""
    if not first or not second:
        return first or second
    found = dict(first)
    for each, number in second.items():
        found[each] = found.get(each, 0) + number
    return found


def multiplied(copies: Copies, number: int) -> Copies:
    """So many times as many."""
    if number == 1 or not copies:
        return copies
    if not number:  # A loop over nothing.
        return {}
    return {each: min(one * number, MOST_COPIES) for each, one in copies.items()}


def tallied_up(parts: Iterable[tuple[Copies, int]]) -> Copies:
    """All of them together, each so many times; one mapping that grows, whatever their number."""
    found: dict[Text | str, int] = {}
    gone = False
    for copies, times in parts:
        for each, number in copies.items():
            found[each] = found.get(each, 0) + number * times
        gone = gone or times < 0
    return {each: number for each, number in found.items() if number} if gone else found


def filled(copies: Copies, values: Mapping[str, Value]) -> tuple[Copies, int]:
    """Copies with the values of inputs for their names, and the bytes that these bring.

    Of inputs whose value is not known nothing stays.
    """
    parts: list[tuple[Copies, int]] = []
    known: dict[Text | str, int] = {}
    size = 0
    for each, number in copies.items():
        if not isinstance(each, str):
            known[each] = number
        elif (value := values.get(each)) is not None:
            size = min(size + value.size * number, MOST_BYTES)
            parts.append((multiplied(value.copies, number), 1))
    return tallied_up([(known, 1), *parts]) if parts else known, size
