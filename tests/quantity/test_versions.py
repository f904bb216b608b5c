"""Major and minor of a version."""

from __future__ import annotations

import pytest

from kguard.quantity.versions import major_minor


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.34", (1, 34)), ("v1.34.2", (1, 34)), ("3.6.0-rc1", (3, 6)), ("10.0", (10, 0))],
)
def test_major_and_minor(text: str, expected: tuple[int, int]) -> None:
    assert major_minor(text) == expected


@pytest.mark.parametrize("text", ["", "1", "one.two", "1.", "v"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        major_minor(text)
