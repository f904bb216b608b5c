"""Every format as a reader gets it. KGUARD_UPDATE_GOLDEN=1 rewrites the files: read the diff."""

from __future__ import annotations

import io
import os

import pytest

from kguard.record import replace
from kguard.render import FORMATS, MACHINE_FORMATS, load, write
from kguard.report import Report
from kguard.term import Style

from .build import HERE, fixture_report

GOLDEN = HERE / "golden"

CASES = {
    "full.txt": ("full", Style()),
    # Escape characters as `cat -v` shows them, so that the file can be read and reviewed.
    "full-terminal.txt": ("full", Style(color=True, links=True, width=70)),
    "full-verbose.txt": ("full", Style(verbose=True, statistics=True)),
    "full-quiet.txt": ("full", Style(quiet=True)),
    "concise.txt": ("concise", Style()),
    "concise-terminal.txt": ("concise", Style(color=True, links=True)),
    "report.json": ("json", Style()),
    "report.sarif": ("sarif", Style()),
    "github.txt": ("github", Style()),
    "junit.xml": ("junit", Style()),
    "gitlab.json": ("gitlab", Style()),
    "report.md": ("markdown", Style()),
    "report.rdjson": ("rdjson", Style()),
}


def rendered(name: str, report: Report, style: Style) -> str:
    out = io.StringIO()
    write(name, report, out, style)
    return out.getvalue()


@pytest.mark.parametrize("file", CASES)
def test_output_is_the_golden_file(file: str) -> None:
    name, style = CASES[file]
    actual = rendered(name, fixture_report(), style).replace("\x1b", "^[")
    path = GOLDEN / file
    if os.environ.get("KGUARD_UPDATE_GOLDEN"):
        path.write_bytes(actual.encode())
    assert path.read_bytes().decode() == actual


def test_every_format_has_a_golden_file() -> None:
    modules = {FORMATS[name] for name, _ in CASES.values()}
    assert set(FORMATS.values()) == modules
    assert set(CASES) == {path.name for path in GOLDEN.iterdir()}


@pytest.mark.parametrize("name", sorted(MACHINE_FORMATS))
def test_machines_never_get_escape_sequences(name: str) -> None:
    plain = rendered(name, fixture_report(), Style())
    loud = rendered(name, fixture_report(), Style(color=True, links=True, width=50))
    assert plain == loud
    assert "\x1b" not in loud


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_from_a_file_reaches_the_terminal_raw(name: str) -> None:
    text = rendered(name, fixture_report(), Style())
    assert "red" in text
    raw = {char for char in text if not char.isprintable() and char != "\n"}
    assert raw == set()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("style", [Style(), Style(quiet=True)], ids=["plain", "quiet"])
def test_output_ends_with_one_newline_or_is_empty(name: str, style: Style) -> None:
    for report in (fixture_report(), Report(files=1)):
        text = rendered(name, report, style)
        assert text == "" or text.endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_a_stream_of_poor_encoding_gets_replacements(name: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    write(name, fixture_report(), out, Style())
    out.flush()
    text = raw.getvalue()
    if name in MACHINE_FORMATS:
        assert "日本語🚀" in text.decode("utf-8")
    else:
        assert b"container `????` has no" in text


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_that_is_no_unicode_text_is_shown(name: str) -> None:
    # A file name may hold any bytes, and JSON may hold half a surrogate pair.
    report = fixture_report()
    first = replace(report.findings[0], path="deploy/\udcff.yaml", named_route="a\ud800b")
    report.findings = [first]
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
    write(name, report, out, Style())
    out.flush()
    expected = "%FF.yaml" if name == "sarif" else "\\udcff.yaml"
    assert expected in raw.getvalue().decode("utf-8")


def test_an_unknown_format_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load("yaml")
