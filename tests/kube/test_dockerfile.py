"""Dockerfiles: what is read, what the image starts, and where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kguard.kube.dockerfile import (
    MAX_LENGTH,
    Dockerfile,
    as_data,
    as_resource,
    effective_argv,
    parse,
)
from kguard.kube.dockerimage import Image, form_of
from kguard.model import Route, Span

SH = ("/bin/sh", "-c")


def image(text: str, target: str | None = None) -> Image:
    """The image a Dockerfile that can be read builds."""
    dockerfile = parse(text)
    assert dockerfile.errors == []
    found = dockerfile.image(target)
    assert found is not None
    return found


def instructions(text: str) -> list[tuple[str, str]]:
    """Keyword and value of every instruction behind the first FROM."""
    return [(each.keyword, each.value) for each in parse(text).stages[0].instructions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM x\nCMD a", [("CMD", "a")]),
        ("from x\ncmd a\nEntryPoint b", [("CMD", "a"), ("ENTRYPOINT", "b")]),
        ("FROM x\n  CMD   a  b  ", [("CMD", "a  b")]),
        ("FROM x\r\nCMD a \\\r\n  b\r\n", [("CMD", "a   b")]),
        ("FROM x\nCMD a \\\n# note\n\n  b", [("CMD", "a   b")]),
        ("FROM x\nCMD a \\  \n  b", [("CMD", "a   b")]),
        ("FROM x\nCMD a\\\\\nUSER b", [("CMD", "a\\\\"), ("USER", "b")]),
        ("# escape=`\nFROM x\nCMD a `\n  C:\\", [("CMD", "a   C:\\")]),
        ("# comment\n# escape=`\nFROM x\nCMD a `\nUSER b", [("CMD", "a `"), ("USER", "b")]),
        ("FROM x\nCMD a # no comment", [("CMD", "a # no comment")]),
        ("FROM x\nRUN <<E\nCMD no\nE\nCMD a", [("RUN", "<<E"), ("CMD", "a")]),
        (
            "FROM x\nRUN a <<'E' <<-F\nx\nE\n\ty\n\tF\nCMD b",
            [("RUN", "a <<'E' <<-F"), ("CMD", "b")],
        ),
        ('FROM x\nRUN echo "a <<E b"\nCMD c', [("RUN", 'echo "a <<E b"'), ("CMD", "c")]),
        ("FROM x\nRUN a <<<E\nCMD b", [("RUN", "a <<<E"), ("CMD", "b")]),
        ("FROM x\nCMD a <<E\nUSER b", [("CMD", "a <<E"), ("USER", "b")]),
        ("FROM x\nCOPY --from=y --chmod=755 a b", [("COPY", "a b")]),
        ("FROM x\nCMD a \\", [("CMD", "a")]),
        ("\ufeffFROM x\nCMD ä", [("CMD", "ä")]),
    ],
)
def test_instructions(text: str, expected: list[tuple[str, str]]) -> None:
    assert expected == instructions(text)


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        ('["a", "b c"]', "exec", ("a", "b c")),
        ("[]", "exec", ()),
        ('["a"', "broken", ()),
        ("['a', 'b']", "broken", ()),
        ('["a", "b",]', "broken", ()),
        ('["a", 1]', "broken", ()),
        ('["a"] # why', "broken", ()),
        ("[a, b]", "broken", ()),
        ("[ 'a', 'b' ]", "broken", ()),
        ("\u201ca\u201d", "shell", ()),
        ('[\u201ca\u201d, "b"]', "broken", ()),
        ("a [b]", "shell", ()),
        ("[ -f x ] && app", "shell", ()),
        ('[ "$X" = 1 ] || exit', "shell", ()),
        ("[[ -n $X ]] && app", "shell", ()),
        ('[ "a", "b" ]', "exec", ("a", "b")),
        ('[ "a" "b" ]', "broken", ()),
        ('[ "a" = "b" ]', "shell", ()),
        ("[" * 100_000, "broken", ()),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_forms(value: str, form: str, words: tuple[str, ...]) -> None:
    found = form_of(value)
    assert (form, words) == (found.name, found.words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('FROM x\nENTRYPOINT ["a"]\nCMD ["b"]', ("a", "b")),
        ("FROM x\nCMD a b", (*SH, "a b")),
        ('FROM x\nSHELL ["bash", "-c"]\nCMD a', ("bash", "-c", "a")),
        ('FROM x\nCMD a\nSHELL ["bash", "-c"]', (*SH, "a")),
        ('FROM x\nENTRYPOINT a\nCMD ["b"]', (*SH, "a", "b")),
        ("FROM x\nCMD ['a']", (*SH, "['a']")),
        ("FROM x\nCMD a\nCMD b", (*SH, "b")),
        ("FROM x AS y\nCMD a\nFROM y", (*SH, "a")),
        ('FROM x AS y\nCMD a\nFROM y\nENTRYPOINT ["b"]', ("b",)),
        ('FROM x AS y\nENTRYPOINT ["a"]\nFROM Y\nCMD ["b"]', ("a", "b")),
        ('FROM x\nCMD ["b"]\nENTRYPOINT ["a"]', ("a", "b")),
        ("FROM x AS y\nCMD a\nFROM z\nCMD b", (*SH, "b")),
        ("FROM x", None),
        ("FROM x\nENTRYPOINT []", None),
        ('FROM x\nENTRYPOINT []\nCMD ["a"]', ("a",)),
        ("FROM x\nONBUILD CMD a", None),
    ],
)
def test_what_is_started(text: str, expected: tuple[str, ...] | None) -> None:
    assert expected == effective_argv(parse(text))


@pytest.mark.parametrize(
    ("text", "command", "args", "expected"),
    [
        ('FROM x\nENTRYPOINT ["a"]\nCMD ["b"]', ["c"], [], ("c",)),
        ('FROM x\nENTRYPOINT ["a"]\nCMD ["b"]', ["c"], ["d"], ("c", "d")),
        ('FROM x\nENTRYPOINT ["a"]\nCMD ["b"]', [], ["d"], ("a", "d")),
        ("FROM x\nENTRYPOINT a", [], ["d"], (*SH, "a", "d")),
        ("FROM x\nCMD a", [], ["d"], None),
        ("FROM scratch\nCMD a", [], ["d"], ("d",)),
        ("nothing", ["c"], [], ("c",)),
        ("nothing", [], ["c"], None),
    ],
)
def test_command_and_args(
    text: str, command: list[str], args: list[str], expected: tuple[str, ...] | None
) -> None:
    assert expected == effective_argv(parse(text), command, args)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("FROM python:3.12", "python:3.12"),
        ("FROM --platform=linux/amd64 x AS y", "x"),
        ("ARG V=3\nFROM x:${V}", "x:3"),
        ('ARG V="3"\nFROM x:$V-slim', "x:3-slim"),
        ("ARG A=1 B=2\nFROM x:$A.$B", "x:1.2"),
        ("ARG A=1\nARG B=${A}.2\nFROM x:$B", "x:1.2"),
        ("FROM x:${V:-3}", "x:3"),
        ("ARG V=1\nFROM x${V:+:y}", "x:y"),
        ("ARG V\nFROM x:$V", None),
        ("FROM x:$V", None),
        ("FROM x AS one\nFROM one AS two\nFROM two", "x"),
        ("FROM x AS one\nFROM ONE", "x"),
        ("FROM one\nFROM x AS one", "x"),
        ("FROM x AS x\nFROM x", "x"),
        ("FROM scratch", "scratch"),
    ],
)
def test_the_base(text: str, base: str | None) -> None:
    assert base == image(text).base


def test_stages_by_name_and_number() -> None:
    text = "FROM a AS One\nCMD 1\nFROM b\nCMD 2\n"
    dockerfile = parse(text)
    values = [image(text, target).cmd for target in (None, "one", "ONE", "0", "1")]
    assert values == [(*SH, "2"), (*SH, "1"), (*SH, "1"), (*SH, "1"), (*SH, "2")]
    assert dockerfile.image("2") is None
    assert dockerfile.image("none") is None


def test_what_else_an_image_has() -> None:
    found = image(
        'FROM x\nENV A=1 B=\'2 3\' C="4 \\" 5"\nENV D 6 7\nWORKDIR /app\nWORKDIR bin\nUSER app\n'
        "STOPSIGNAL $A\nCOPY <<E /entry.sh\n#!/bin/sh\nE\nCOPY <<x.sh ./\nbody\nx.sh\n"
    )
    assert found.environment == {"A": "1", "B": "2 3", "C": '4 \\" 5', "D": "6 7"}
    assert (found.working_directory, found.user) == ("/app/bin", "app")
    assert (found.stop_signal, found.stop_signal_route[:2]) == ("1", ("stages", 0))
    names = ("/entry.sh", "/app/bin/x.sh", "./x.sh", "./entry.sh")
    assert [found.script(name) for name in names] == ["#!/bin/sh\n", "body\n", "body\n", None]


@pytest.mark.parametrize(
    ("lines", "expected"),
    {
        "put in": ('ENV A=/x\nENV B=$A/y C=${A}z D="$A"', {"B": "/x/y", "C": "/xz", "D": "/x"}),
        "the old form": ("ENV A /x\nENV B $A/y z", {"B": "/x/y z"}),
        "as it was before": ("ENV A=1\nENV A=2 B=$A", {"A": "2", "B": "1"}),
        "not known": ("ENV B=$PATH:/x C=$B", {"B": "$PATH:/x"}),
        "a default": ("ENV B=${A:-1}", {"B": "1"}),
        "in single quotes": ("ENV A=1\nENV B='$A'", {"B": "$A"}),
        "behind a backslash": ("ENV A=1\nENV B=\\$A", {"B": "$A"}),
        "without any": ("ENV B=a\\ b", {"B": "a\\ b"}),
    }.values(),
)
def test_variables_in_variables(lines: str, expected: dict[str, str]) -> None:
    found = image(f"FROM x\n{lines}\n").environment
    assert {name: found[name] for name in expected} == expected


def test_the_instruction_that_decides() -> None:
    dockerfile = parse("FROM x AS y\nCMD ['a']\nFROM y\nENTRYPOINT a\nCMD b")
    found = dockerfile.image()
    assert found is not None
    assert (found.entrypoint_form, found.cmd_form) == ("shell", "shell")
    assert found.cmd_route == ("stages", 1, "instructions", 1, "value")
    assert shown(dockerfile, found.cmd_route) == "b"
    inherited = image("FROM x AS y\nCMD ['a']\nFROM y")
    assert (inherited.cmd_form, inherited.cmd_route[:2]) == ("broken", ("stages", 0))


def test_data() -> None:
    text = 'ARG V=1\nFROM x:$V AS y\nRUN <<E\na\nE\nCMD ["b"]\nENTRYPOINT c\nUSER d\n'
    dockerfile = parse(text)
    data = as_data(dockerfile)
    assert data["instructions"] == [{"instruction": "ARG", "value": "V=1"}]
    assert data["stages"] == [
        {
            "image": "x:1",
            "name": "y",
            "instructions": [
                {
                    "instruction": "RUN",
                    "value": "<<E",
                    "form": "shell",
                    "heredocs": ["a\n"],
                },
                {"instruction": "CMD", "value": '["b"]', "form": "exec", "words": ["b"]},
                {"instruction": "ENTRYPOINT", "value": "c", "form": "shell"},
                {"instruction": "USER", "value": "d"},
            ],
        }
    ]
    resource = as_resource(dockerfile, "web/Dockerfile", unit="web")
    assert (resource.kind, resource.name, resource.unit) == ("Dockerfile", "Dockerfile", "web")
    assert resource.data == dockerfile.data


TEXT = (
    "# the image\nARG V=1\nFROM --platform=x py:$V AS web\nRUN a \\\n  && b\n\n"
    'cmd ["x", \\\n  "y"]\nENTRYPOINT \\\n  # no\n  exec ä\n'
)


def shown(dockerfile: Dockerfile, route: Route) -> str:
    """The text under the caret for a route; every span lies on one line."""
    span = dockerfile.locate(route).span
    assert span.line == span.end_line
    return dockerfile.line(span.line)[span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("route", "expected", "missing"),
    [
        ((), "# the image", ()),
        (("stages",), "# the image", ()),
        (("stages", 0), "FROM", ()),
        (("stages", 0, "image"), "py:$V", ()),
        (("stages", 0, "name"), "web", ()),
        (("stages", 0, "instructions"), "FROM", ()),
        (("stages", 0, "instructions", 0, "value"), "a", ()),
        (("stages", 0, "instructions", 1), '["x",', ()),
        (("stages", 0, "instructions", 1, "instruction"), "cmd", ()),
        (("stages", 0, "instructions", 1, "value"), '["x",', ()),
        (("stages", 0, "instructions", 1, "words", 0), '["x",', ()),
        (("stages", 0, "instructions", 2, "value"), "exec ä", ()),
        (("stages", 0, "instructions", 2, "form"), "exec ä", ()),
        (("stages", 0, "instructions", 9, "value"), "FROM", (9, "value")),
        (("stages", 4, "image"), "# the image", (4, "image")),
        (("instructions", 0, "value"), "V=1", ()),
        (("what",), "# the image", ("what",)),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_places(route: Route, expected: str, missing: Route) -> None:
    dockerfile = parse(TEXT)
    assert expected == shown(dockerfile, route)
    assert missing == dockerfile.locate(route).missing


def test_extents() -> None:
    dockerfile = parse(TEXT)
    assert dockerfile.extent(()) == (1, 11)
    assert dockerfile.extent(("stages", 0)) == (3, 11)
    assert dockerfile.extent(("stages", 0, "instructions", 0, "value")) == (4, 5)
    assert dockerfile.extent(("stages", 0, "instructions", 2)) == (9, 11)
    assert dockerfile.following(1) == (2, 2)
    assert dockerfile.following(5) == (7, 8)
    assert dockerfile.following(10) is None
    assert [(c.line, c.column, c.text) for c in dockerfile.comments] == [
        (1, 1, "the image"),
        (10, 3, "no"),
    ]
    assert (dockerfile.line(1), dockerfile.line(0), dockerfile.line(99)) == ("# the image", "", "")


def test_a_byte_order_mark_is_no_column() -> None:
    dockerfile = parse("\ufeffFROM x\r\nCMD a\r\n")
    assert (dockerfile.bom, dockerfile.crlf) == (True, True)
    assert dockerfile.locate(("stages", 0, "image")).span == Span(1, 6, 1, 7)
    assert dockerfile.locate(("stages", 0, "instructions", 0, "value")).span == Span(2, 5, 2, 6)


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("", [(1, "no `FROM`")]),
        ("# only\n", [(1, "no `FROM`")]),
        ("CMD a\nFROM x", [(1, "`CMD` before the first `FROM`")]),
        ("FORM x\nRUN a\nCMD b", [(1, "unknown instruction `FORM`; did you mean `FROM`?")]),
        (
            "RUN a\nFORM x",
            [
                (1, "`RUN` before the first `FROM`"),
                (2, "unknown instruction `FORM`; did you mean `FROM`?"),
            ],
        ),
        ("FROM x\nCOMMAND a", [(2, "unknown instruction `COMMAND`")]),
        ("FROM x\nCMD", [(2, "`CMD` has no value")]),
        ("FROM\n", [(1, "`FROM` has no value")]),
        ("FROM x\nRUN <<E\na", [(2, "the here-document has no closing `E`")]),
        ("# escape=x\nFROM x", [(1, "the escape character is `x`, not `\\` or a backquote")]),
        ("a" * (MAX_LENGTH + 1), [(1, f"longer than {MAX_LENGTH} characters")]),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_errors(text: str, errors: list[tuple[int, str]]) -> None:
    assert errors == [(error.line, error.message) for error in parse(text).errors]


@settings(max_examples=300)
@given(st.text(alphabet='FROMxCDE[]"<\\`\n\r #=$:{}a-', max_size=80))
def test_every_text_is_read(text: str) -> None:
    dockerfile = parse(f"FROM x\nCMD a\n{text}")
    data = dockerfile.data
    dockerfile.image()
    for stage, found in enumerate(data["stages"]):
        for number in range(len(found["instructions"])):
            span = dockerfile.locate(("stages", stage, "instructions", number, "value")).span
            assert span.line == span.end_line
            assert span.column <= span.end_column <= len(dockerfile.line(span.line)) + 1
