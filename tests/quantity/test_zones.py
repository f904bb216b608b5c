"""Names of time zones."""

from __future__ import annotations

import pytest

from kguard.quantity.zones import meant_zone


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Europe/Berlinn", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("Europe/Berlin", ""),
        ("UTC", ""),
        ("Asia/Calcutta", ""),  # An older name.
        ("America/San_Francisco", ""),
        ("Etc/GMT+15", ""),
        ("Etc/gmt+5", "Etc/GMT+5"),
        ("posix/America/Argentina/Buenos_Aires", ""),
        ("right/UTC", ""),
        ("", ""),
        ("x" * 10_000, ""),
        ("Europe/Köln", ""),
    ],
)
def test_what_a_zone_was_meant_to_be(name: str, meant: str) -> None:
    assert meant_zone(name) == meant
