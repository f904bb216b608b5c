"""Which parser is stricter: h11 or httptools (llhttp), as they come, for what is smuggled.

    pip install h11
    python bench/webhook/parsers.py

The inputs are those of tests/webhook/front/test_front_http.py: the server refuses every one.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from pathlib import Path

import h11
from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from load import review

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Print what each lets pass, and what a usual request costs."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/webhook/front")]
    from test_front_http import SMUGGLED

    parsers: dict[str, Callable[[bytes], int]] = {"httptools": llhttp, "h11": h11_}
    for name, parse in parsers.items():
        passed = [what for what, data in SMUGGLED.items() if parse(data)]
        clock = timeit.Timer("parse(request)", globals={"parse": parse, "request": review(2000)})
        cost = min(clock.repeat(number=200, repeat=9)) / 200
        print(f"{name}: {cost * 1e6:.0f} µs, lets pass {len(passed)} of {len(SMUGGLED)}")
        for what in passed:
            print(f"  {what}")


class _Count:
    def __init__(self) -> None:
        self.complete = 0
        self.seen: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.seen += name, value

    def on_body(self, part: bytes) -> None:
        self.seen.append(part)

    def on_message_complete(self) -> None:
        self.complete += 1


def llhttp(data: bytes) -> int:
    """Complete requests seen; those cut off by an error do not count."""
    count = _Count()
    try:
        HttpRequestParser(count).feed_data(data)
    except (HttpParserError, HttpParserUpgrade):
        return 0
    return count.complete


def h11_(data: bytes) -> int:
    """Complete requests seen; those cut off by an error do not count."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    complete = 0
    try:
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            complete += isinstance(event, h11.EndOfMessage)
    except h11.RemoteProtocolError:
        return 0
    return complete


if __name__ == "__main__":
    main()
