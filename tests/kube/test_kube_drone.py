"""What Drone's runner does not read of a file."""

from __future__ import annotations

import pytest

from kguard.kube.drone import MAX_LINE, lost
from kguard.source import read

FIRST = "kind: pipeline\nname: a\n"
SECOND = "---\nkind: pipeline\nname: b\n"


def long(length: int) -> str:
    """A line of a document with so many bytes."""
    return "a: " + "x" * (length - 3) + "\n"


# The lengths were measured with runner-go v1.12.0: 65535 bytes are read, 65536 are not.
TEXTS = {
    "nothing": ("", {}),
    "no pipeline": ("kind: List\n...\n---\nkind: List\n", {}),
    "two documents": (FIRST + SECOND, {}),
    "a terminator at the end": (FIRST + SECOND + "...\n", {}),
    "a terminator between them": (FIRST + "...\n" + SECOND, {1: 3}),
    "a word behind it": (FIRST + "... # end\n" + SECOND, {1: 3}),
    "a terminator at the start": ("...\n" + FIRST, {}),
    "dots inside a text": (FIRST + "text: |\n  ...\n" + SECOND, {}),
    "the longest line": (FIRST + long(65535) + SECOND, {}),
    "a line too long in the first": (FIRST + long(65536) + SECOND, {0: 3}),
    "a line too long in the last": (FIRST + SECOND + long(65536), {1: 6}),
    "bytes, not characters": (FIRST + f"a: {'ä' * 32767}\n" + SECOND, {0: 3}),
    "fewer bytes": (FIRST + f"a: {'ä' * 32766}\n" + SECOND, {}),
    "the first of both": (FIRST + "...\n" + SECOND + long(70000), {1: 3}),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_where_the_runner_stops(text: str, expected: dict[int, int]) -> None:
    assert lost(read(".drone.yml", text.encode())) == expected


def test_a_carriage_return_counts() -> None:
    text = (FIRST + long(MAX_LINE)).replace("\n", "\r\n")

    assert lost(read(".drone.yml", text.encode())) == {0: 3}
