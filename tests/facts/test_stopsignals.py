"""The signals that are known by name and by number, against those of Linux."""

from __future__ import annotations

import signal
import sys

import pytest

from kguard.facts.stopsignals import SIGNALS, signal_of

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the signals of Linux")


@LINUX
def test_every_signal_of_linux() -> None:
    known = {name.removeprefix("SIG") for name in signal.Signals.__members__}
    assert set(SIGNALS) == known - {"RTMIN", "RTMAX"}


@LINUX
@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM"])
def test_numbers_that_people_write(name: str) -> None:
    assert signal_of(str(int(signal.Signals[f"SIG{name}"]))) == name
