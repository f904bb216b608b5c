"""What is shown where: colour, links, progress, and text from hostile files."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping

import pytest

from kguard.term import Progress, Style, cells, columns, detect, padded, safe, shortened


class Terminal(io.StringIO):
    """A stream somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("tty", "option", "env", "expected"),
    [
        pytest.param(True, "auto", {}, True, id="terminal"),
        pytest.param(False, "auto", {}, False, id="pipe"),
        pytest.param(True, "never", {}, False, id="never"),
        pytest.param(False, "always", {}, True, id="always"),
        pytest.param(True, "auto", {"TERM": "dumb"}, False, id="dumb terminal"),
        pytest.param(True, "auto", {"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param(True, "auto", {"NO_COLOR": ""}, True, id="empty NO_COLOR is none"),
        pytest.param(False, "auto", {"FORCE_COLOR": "1"}, True, id="FORCE_COLOR"),
        pytest.param(True, "auto", {"FORCE_COLOR": "0"}, False, id="FORCE_COLOR=0"),
        pytest.param(False, "auto", {"CLICOLOR_FORCE": "1"}, True, id="CLICOLOR_FORCE"),
        pytest.param(False, "auto", {"CLICOLOR_FORCE": "0"}, False, id="CLICOLOR_FORCE=0"),
        pytest.param(True, "auto", {"CLICOLOR": "0"}, False, id="CLICOLOR=0"),
        pytest.param(
            False, "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, id="NO_COLOR beats FORCE"
        ),
        pytest.param(False, "always", {"NO_COLOR": "1"}, True, id="the option beats NO_COLOR"),
        pytest.param(
            False, "auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, id="FORCE beats the terminal"
        ),
        pytest.param(False, "auto", {"CI": "true"}, False, id="a build's log"),
    ],
)
def test_color(tty: bool, option: str, env: Mapping[str, str], expected: bool) -> None:
    stream = Terminal() if tty else io.StringIO()
    assert detect(stream, color=option, env={"TERM": "xterm", **env}).color is expected


@pytest.mark.parametrize(
    ("tty", "option", "env", "expected"),
    [
        pytest.param(True, "auto", {}, True, id="terminal"),
        pytest.param(False, "auto", {}, False, id="pipe"),
        pytest.param(False, "auto", {"FORCE_COLOR": "1"}, False, id="colour is no link"),
        pytest.param(True, "auto", {"NO_COLOR": "1"}, True, id="a link is no colour"),
        pytest.param(True, "auto", {"CI": "true"}, False, id="a build's log"),
        pytest.param(True, "auto", {"TERM": "linux"}, False, id="the console prints addresses"),
        pytest.param(False, "always", {}, True, id="always"),
        pytest.param(True, "never", {}, False, id="never"),
    ],
)
def test_links(tty: bool, option: str, env: Mapping[str, str], expected: bool) -> None:
    stream = Terminal() if tty else io.StringIO()
    assert detect(stream, links=option, env={"TERM": "xterm", **env}).links is expected


@pytest.mark.parametrize(
    ("stream", "env", "expected"),
    [
        pytest.param(Terminal(), {"COLUMNS": "72"}, 72, id="told"),
        pytest.param(Terminal(), {"COLUMNS": "wide"}, 120, id="told nonsense"),
        pytest.param(Terminal(), {"COLUMNS": "0"}, 120, id="told nothing"),
        pytest.param(io.StringIO(), {"COLUMNS": "72"}, 120, id="a pipe has no width"),
    ],
)
def test_width(stream: io.StringIO, env: Mapping[str, str], expected: int) -> None:
    assert detect(stream, env=env).width == expected


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    stream.close()
    assert detect(stream, env={}) == Style()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain `name` ünïcode 日本語 🚀", None, id="readable text stays"),
        pytest.param("a\x1b[2Jb", r"a\x1b[2Jb", id="escape sequence"),
        pytest.param("a\x9b2Jb", r"a\x9b2Jb", id="8-bit escape sequence"),
        pytest.param("a\r\nb\tc", r"a\r\nb\tc", id="line ends and tabs"),
        pytest.param("a\x00\x7f", r"a\x00\x7f", id="nul and delete"),
        pytest.param("exe.\u202etxt", r"exe.\u202etxt", id="bidirectional override"),
        pytest.param("a\u200bb", r"a\u200bb", id="zero-width space"),
        pytest.param("a\ud800b", r"a\ud800b", id="lone surrogate"),
        pytest.param("a\U000e0041", r"a\U000e0041", id="tag character"),
    ],
)
def test_text_from_a_file_is_harmless(text: str, expected: str | None) -> None:
    assert safe(text) == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("char", "expected"),
    [
        pytest.param("a", 1, id="letter"),
        pytest.param("ü", 1, id="letter beyond ASCII"),
        pytest.param("山", 2, id="ideograph"),
        pytest.param("Ａ", 2, id="fullwidth letter"),  # noqa: RUF001 - its width is the point.
        pytest.param("🚀", 2, id="emoji"),
        pytest.param("\u0301", 0, id="combining accent"),
        pytest.param("\u20dd", 0, id="enclosing circle"),
        pytest.param("\u1112", 2, id="Hangul consonant"),
        pytest.param("\u1161", 0, id="Hangul vowel that joins it"),
        pytest.param("\u11ab", 0, id="Hangul consonant that closes it"),
        pytest.param("\x1b", 4, id="escaped control"),
        pytest.param("\udcd0", 4, id="byte that is no UTF-8"),
    ],
)
def test_columns_a_character_takes(char: str, expected: int) -> None:
    assert [width for _, width in cells(char)] == [expected]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        pytest.param("12/34 web.yaml", 14, "12/34 web.yaml", id="fits"),
        pytest.param("12/34 web.yaml", 13, "12/34 web.ya…", id="a column too long"),
        pytest.param("a 数据库", 8, "a 数据库", id="wide fits"),
        pytest.param("a 数据库", 7, "a 数据…", id="wide is too long"),
        pytest.param("a 数据库", 6, "a 数…", id="half of a wide one is none"),
        pytest.param("cafe\u0301s", 5, "cafe\u0301s", id="combining"),
        pytest.param("cafe\u0301s", 4, "caf…", id="combining is too long"),
        pytest.param("ab", 1, "…", id="nothing fits"),
    ],
)
def test_a_text_is_cut_to_columns(text: str, width: int, expected: str) -> None:
    cut = shortened(text, width)
    assert cut == expected
    assert columns(cut) <= width
    assert columns(padded(cut, width)) == width


def test_a_byte_that_is_no_utf_8_is_shown_as_that_byte() -> None:
    assert "".join(shown for shown, _ in cells("a\udcd0\ud800")) == r"a\xd0\ud800"


def test_a_link_needs_an_address() -> None:
    style = Style(links=True)
    assert style.link("a", "") == "a"
    assert style.link("a", "https://x.example/") == (
        "\x1b]8;;https://x.example/\x1b\\a\x1b]8;;\x1b\\"
    )


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    for name in ("CI", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return clock


def run(stream: io.StringIO, clock: Clock, step: float, **options: bool) -> str:
    with Progress(stream, **options) as progress:
        for done in range(1, 5):
            clock.now += step
            progress.update(done, 4, "files")
    return stream.getvalue()


def test_a_short_run_shows_no_progress(clock: Clock) -> None:
    assert run(Terminal(), clock, 0.2) == ""


def test_a_long_run_counts_and_wipes_its_line(clock: Clock) -> None:
    written = run(Terminal(), clock, 0.6)
    assert written == "\r2/4 files\r3/4 files\r4/4 files\r         \r"


@pytest.mark.parametrize("name", ["k8s/" + "x" * 90, "数据库/" * 20], ids=["long", "wide"])
def test_progress_stays_on_its_line(
    name: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    with Progress(stream) as progress:
        for done, what in enumerate((name, "a")):
            clock.now += 2
            progress.update(done, 2, what)
    _, first, second, blank, end = stream.getvalue().split("\r")
    assert (columns(first), columns(second), end) == (39, 39, "")
    assert (second.strip(), blank.strip()) == ("1/2 a", "")


def test_progress_is_not_written_more_often_than_can_be_read(clock: Clock) -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        clock.now = 2.0
        for done in range(1000):
            progress.update(done, 1000, "files")
    assert stream.getvalue().count("/1000") == 1


@pytest.mark.parametrize("name", ["CI", "TERM"])
def test_no_progress_in_a_log(name: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, {"CI": "true", "TERM": "dumb"}[name])
    assert run(Terminal(), clock, 5) == ""


def test_no_progress_into_a_pipe_or_when_told(clock: Clock) -> None:
    assert run(io.StringIO(), clock, 5) == ""
    assert run(Terminal(), clock, 5, enabled=False) == ""
