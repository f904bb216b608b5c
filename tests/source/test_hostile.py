"""Broken, huge and hostile inputs: always an error with a place, never an exception or a crash."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kguard.source import Limits, read


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"a:\n\t- b", 2, 1, "tab used for indentation"),
        (b"a: |\n x\n\ty\n", 3, 1, "tab used for indentation"),
        (b"a: b: c", 1, 5, "a second key in one line: quote the value if the colon is part of it"),
        (
            b"a: 1\n b: 2\n",
            2,
            3,
            "a key below something that has a value already: check the indentation",
        ),
        (
            b"- a\n  b: 2\n",
            2,
            4,
            "a key below something that has a value already: check the indentation",
        ),
        (b"a:\n  b: 1\n c: 2", 3, 2, "expected a key here: check the indentation"),
        (b"- a\nb: c", 2, 1, "expected `- ` here: check the indentation"),
        (b"x: 1\n---\na: [b, c\n", 4, 1, "expected `,` or `]` here (the `[` begins on line 3)"),
        (b"x: 1\n---\na: 'b\n", 4, 1, "the file ends inside a quoted text"),
        (b"a: @b", 1, 4, "`@` cannot begin a value: quote it"),
        (b"a: *b", 1, 4, "unknown anchor `b`"),
        (b"a: &x 1\nb: &x 2\nc: [*y]", 3, 5, "unknown anchor `y`"),
        (b"a: &a [*a]", 1, 4, "anchor value contains itself"),
        (b"a: &a {<<: *a}", 1, 4, "anchor value contains itself"),
        (b"a: 1\n<<: 2", 2, 1, "a merge key takes a mapping or a list of mappings"),
        (b"~: a", 1, 1, "a mapping key is null"),
        (b"[a]: b", 1, 1, "a mapping key is itself a mapping or a list"),
        (b"a: .inf", 1, 4, "`.inf` is not a number Kubernetes can store"),
        (b"a: !!int b", 1, 4, "cannot decode str `b` as int"),
        (b"a: !!binary x", 1, 4, "`!!binary` value holds invalid base64"),
        (b"a: !!binary YWI==", 1, 4, "`!!binary` value holds invalid base64"),
        (b'a: "b\\/"', 1, 6, "unknown escape `\\/`"),
        (b"a: 1\n--- {b: 2}", 2, 1, "`--- {b: 2}`: only a comment may follow"),
        (b"%YAML 1.2\n", 2, 1, "expected a document here"),
        (b"a: \xc3\xa9\nb: \xff", 2, 4, "invalid UTF-8: byte 0xff"),
        (b"a: \xed\xa0\x80", 1, 4, "invalid UTF-8: byte 0xed"),
        (b'{"a": "\xff"}', 1, 8, "invalid UTF-8: byte 0xff"),
        (b"a: 1\nb: \x00", 2, 4, "NUL byte is not allowed in YAML"),
        (b"a: \x07", 1, 4, "control character U+0007 is not allowed in YAML"),
        (b"\xff\xfea\x00:\x00", 1, 1, "the file is UTF-16, not UTF-8"),
        (b"\xfe\xff\x00a", 1, 1, "the file is UTF-16, not UTF-8"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", 1, 1, "the file is UTF-32, not UTF-8"),
        (b'{"a": 1}\n{"b": 2}\n{"c"', 3, 5, "invalid JSON after the values before it"),
        (b'{"a": 1e400}', 1, 1, "the number `1e400` is out of range"),
    ],
)
def test_errors_name_place_and_cause(data: bytes, line: int, column: int, message: str) -> None:
    (error,) = read("x.yaml", data).errors
    assert (line, column) == (error.line, error.column)
    assert error.message.startswith(message)


DEEP = 100_000
MERGES = "a0: &a0 {k: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 40)
)
LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
)
CHAIN = "- &a0 [x]\n" + "".join(f"- &a{n} [*a{n - 1}]\n" for n in range(1, 3000))
HOSTILE = {
    "brackets": "[" * DEEP,
    "closed brackets": "a: " + "[" * DEEP + "]" * DEEP,
    "braces": "a: " + "{a: " * DEEP,
    "dashes": "- " * DEEP,
    "questions": "? " * DEEP,
    "indentation": "\n".join(" " * n + "a:" for n in range(1500)),
    "flow depth": "a: " + "[" * 500 + "]" * 500,
    "json depth": '{"a":' * DEEP + "1" + "}" * DEEP,
    "json depth under its parser's bound": "[" * 500 + "]" * 500,
    "alias expansion": LAUGHS,
    "depth made of aliases": CHAIN,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_documents_are_refused_at_once(text: str) -> None:
    started = time.process_time()
    source = read("x.yaml", text.encode() + b"\n")
    assert source.documents == ()
    assert source.errors
    assert time.process_time() - started < 5


def test_merge_bomb_stays_small() -> None:
    (document,) = read("x.yaml", MERGES.encode()).documents
    assert document.data["a39"] == {"k": 1}
    assert document.locate(("a39", "nope")).missing == ("nope",)
    assert document.locate(("a39", "k")).span.line == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("a: " + "9" * DEEP, "9" * DEEP), ("a: 0x" + "f" * DEEP, "0x" + "f" * DEEP)],
    ids=["decimal", "hexadecimal"],
)
def test_numbers_out_of_range_are_strings(text: str, value: str) -> None:
    (document,) = read("x.yaml", text.encode()).documents
    assert {"a": value} == document.data


def test_depth_limit_is_exact() -> None:
    limits = Limits(max_depth=5)
    for text in ("[" * 5 + "]" * 5, "a:\n b:\n  c:\n   - - d\n", '{"a": ' * 5 + "1" + "}" * 5):
        assert read("x.yaml", text.encode(), limits).errors == ()
    for text in ("[" * 6 + "]" * 6, "a:\n b:\n  c:\n   - - - d\n", '{"a": ' * 6 + "1" + "}" * 6):
        (error,) = read("x.yaml", text.encode(), limits).errors
        assert error.message == "nested deeper than 5 levels"


def test_node_limit_counts_aliases_as_written_out() -> None:
    limits = Limits(max_nodes=30)
    assert read("x.yaml", b"[" + b"1, " * 29 + b"]", limits).errors == ()
    for text in ("[" + "1, " * 30 + "]", "- &a [1, 2, 3, 4, 5, 6, 7, 8]\n- *a\n- *a\n- *a\n"):
        (error,) = read("x.yaml", text.encode(), limits).errors
        assert error.message == "more than 30 nodes in one document"


def test_file_size_limit() -> None:
    (error,) = read("x.yaml", b"a: 1\n" * 10, Limits(max_bytes=20)).errors
    assert (error.line, error.column, error.message) == (1, 1, "larger than 20 bytes")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# c\n", b"---\n", b"---\n---\n", b"\xef\xbb\xbf"])
def test_nothing_is_no_document_and_no_error(data: bytes) -> None:
    source = read("x.yaml", data)
    assert (source.documents, source.errors) == ((), ())


PIECES = [*"ab1 \n\t-:?[]{},&*!|>%#'\"\\", "\n- ", ": ", "\n---\n", "\n...\n", "<<: ", "&x ", "*x"]
PIECES += ["\r\n", "\ufeff", "\U0001f600", "\x85", "\0", "  a: ", "%YAML 1.1\n", "!!int "]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_no_text_raises_and_every_key_has_a_place(text: str) -> None:
    source = read("x.yaml", text.encode())
    assert all(comment.line >= 1 for comment in source.comments)
    for error in source.errors:
        assert 1 <= error.line <= source.text.count("\n") + 1
    for document in source.documents:
        keys = document.data if isinstance(document.data, dict) else ()
        for route in [(), *((key,) for key in keys)]:
            place = document.locate(route)
            assert place.missing == ()
            assert 1 <= place.span.line <= place.span.end_line <= source.text.count("\n") + 1
            assert document.extent(route)[0] <= document.extent(route)[1]
        document.following(1)


@settings(max_examples=200)
@given(st.binary(max_size=40))
def test_no_bytes_raise(data: bytes) -> None:
    source = read("x.yaml", data)
    assert source.comments is not None
    source.text.encode("utf-8")
