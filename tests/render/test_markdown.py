"""Markdown: tables that stay tables, and nothing from a file that becomes markup."""

from __future__ import annotations

import html
import re

import pytest

from kguard.model import Severity
from kguard.record import replace
from kguard.render.markdown import MAX_LENGTH, code, escape, text
from kguard.report import Report, Unchecked
from kguard.term import Style

from .build import finding, fixture_report, read_files, report_of
from .test_golden import rendered

HOSTILE = [
    "a|b",
    "`| x |`",
    "\\|",
    "[x](https://e.example)",
    "![x](https://e.example/x.png)",
    "<img src=x onerror=y>",
    "<!-- -->",
    "@everyone",
    "#1",
    "GH-1 &#124; &lt;",
    "www.e.example",
    "$`x`$ **b** _i_ ~~s~~",
    "a\nb",
    "\x1b[31m",
]


def shown(markdown: str) -> str:
    """What a reader sees of escaped text: no zero-width spaces, no entities."""
    return html.unescape(markdown).replace("\u200b", "")


@pytest.mark.parametrize("plain", [p for p in HOSTILE if p.isprintable()])
def test_escaped_text_reads_as_it_is(plain: str) -> None:
    assert shown(escape(plain)) == plain


@pytest.mark.parametrize("plain", HOSTILE)
def test_escaped_text_holds_no_markup(plain: str) -> None:
    written = re.sub(r"&#\d+;", "", escape(plain))
    assert re.findall(r"[\\`*_\[\]<>|~&$!\n\x1b]", written) == []
    assert re.findall(r"[@#]\w|GH-|://|www\.", re.sub(r"&#\d+;", " ", escape(plain))) == []


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("web", "`web`"),
        ("a\\b @x #1 <b>", "`a\\b @x #1 <b>`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ("", ""),
        (" ", " "),
        ("\x1b", "`\\x1b`"),
    ],
)
def test_code(plain: str, expected: str) -> None:
    assert code(plain) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("container `web` requests no `cpu`", "container `web` requests no `cpu`"),
        ("`a|b` is_odd", "<code>a&#124;b</code> is&#95;odd"),
        ("no code", "no code"),
        ("a name ` with one", "a name &#96; with one"),
        ("an empty name `` here", "an empty name  here"),
    ],
)
def test_messages(message: str, expected: str) -> None:
    assert text(message) == expected


@pytest.mark.parametrize("name", HOSTILE)
def test_a_row_is_a_row_whatever_it_holds(name: str) -> None:
    files = read_files({"a.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"})
    resource = replace(files.resources[0], name=name)
    report = report_of(
        files,
        [finding("image-latest", resource, ("kind",), f"of `{name}`", help=name)],
        unchecked=[Unchecked(name, 1, 1, name)],
        notices=[name],
    )
    lines = rendered("markdown", report, Style()).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert [row.count("|") for row in rows] == [3, 3, 3, 5, 5, 5]


def test_the_most_severe_come_first() -> None:
    rows = re.findall(
        r"^\| (error|warning|note) ", rendered("markdown", fixture_report(), Style()), re.M
    )
    assert rows == ["error"] * 2 + ["warning"] * 10 + ["note"]


def test_a_report_fits_into_a_comment_and_says_what_is_left_out() -> None:
    files = read_files({"a.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"})
    items = [
        finding(f"p-{n}", files.resources[0], ("kind",), "x" * 99, severity=Severity.NOTE)
        for n in range(900)
    ]
    items.append(finding("worst", files.resources[0], ("kind",), "y" * 10_000_000))
    written = rendered("markdown", report_of(files, items), Style())
    assert len(written) < MAX_LENGTH + 1000
    kept = len(re.findall(r"^\| note ", written, re.M))
    assert f"{900 - kept} rows left out" in written
    assert written.index("`worst`") < written.index("`p-0`")


def test_nothing_found() -> None:
    assert rendered("markdown", Report(files=1, resources=2), Style()) == (
        "### kguard: no findings in 1 file (2 resources)\n"
    )
    assert rendered("markdown", Report(files=1), Style(quiet=True)) == ""
