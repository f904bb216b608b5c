"""Shell texts become command lists, or say why not; nothing else comes out."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kguard.shell.parse import parse
from kguard.shell.syntax import Group, If, List, Simple, Unparsable
from kguard.shell.tokens import MAX_LENGTH
from kguard.shell.walk import Walk


def commands(text: str) -> list[list[str]]:
    """The words of every command that a text runs, in order."""
    return [[word.text for word in step.words] for step in Walk().run(parse(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# nothing\n\n", []),
        ("a b c", [["a", "b", "c"]]),
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
        ("a'b'\"c\"", [["abc"]]),
        (r'a "\$x \" \y"', [["a", '$x " \\y']]),
        ("a '#b' # c", [["a", "#b"]]),
        ("a#b", [["a#b"]]),
        ("a; b & c\nd", [["a"], ["b"], ["c"], ["d"]]),
        ("a && b || c", [["a"], ["b"], ["c"]]),
        ("a |\n b &&\n\n c", [["a"], ["b"], ["c"]]),
        ("a \\\n  b", [["a", "b"]]),
        ("a <x >y 2>&1 b >>z", [["a", "b"]]),
        ("a {fd}>x 3<y", [["a"]]),
        ("X=1 Y='2 3' a", [["a"]]),
        ("X=1", []),
        ("a <<E b\nc\nE\nd", [["a", "b"], ["d"]]),
        ("a <<'E' <<-F\nc\nE\n\td\n\tF\ne", [["a"], ["e"]]),
        ("a <<E\nno end", [["a"]]),
        ("a <<< x", [["a"]]),
        ("{ a; b; }", [["a"], ["b"]]),
        ("(a; b)", [["a"], ["b"]]),
        ("((1 + (2)))\na", [["a"]]),
        ("( (a) )", [["a"]]),
        ("if a; then b; elif c; then d; else e; fi", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("while a; do b; done", [["a"], ["b"]]),
        ("until a\ndo b\ndone", [["a"], ["b"]]),
        ("for x in 1 2 3; do a; done", [["a"]]),
        ("for x\ndo a; done", [["a"]]),
        ("for ((i = 0; i < 3; i++)); do a; done", [["a"]]),
        ("case $x in a|b) c;; (d) e;; *) f; esac", [["c"], ["e"], ["f"]]),
        ("case x in esac", []),
        ("f() { a; }; f", [["a"]]),
        ("function f { a; }\nf", [["a"]]),
        ("f() (a)\nf x", [["a"]]),
        ('f() { "$@"; }; f a b', [["a", "b"]]),
        ("[[ a =~ ^(b|c)$ && -n x ]] && d", [["d"]]),
        ("x=(1 '2 )' 3) && a", [["a"]]),
        ("! a", [["a"]]),
        ("time -p a", [["a"]]),
        ("a $(b $(c))", [["c"], ["b", "$(c)"], ["a", "$(b $(c))"]]),
        ("a `b \\`c\\``", [["c"], ["b", "`c`"], ["a", "`b \\`c\\``"]]),
        ("a $(case x in x) b;; esac)", [["b"], ["a", "$(case x in x) b;; esac)"]]),
        ("a $((1 + (2))) ${x:-$(b)} $'\\'c'", [["b"], ["a", "$((1 + (2)))", "${x:-$(b)}", "\\'c"]]),
        ('a "$(b "c d")"', [["b", "c d"], ["a", '$(b "c d")']]),
        ("a <(b) >(c)", [["b"], ["c"], ["a", "<(b)", ">(c)"]]),
        ("echo if then fi", [["echo", "if", "then", "fi"]]),
        ("'if' a", [["if", "a"]]),
        ("{{ if x }} a", [["{{ if x }}", "a"]]),
        ('a "{{b c}}"', [["a", "{{b c}}"]]),
        ("eval 'a; b'", [["a"], ["b"]]),
        ("P=a; $P b", [["a", "b"]]),
        ("P=a; P=b; $P", [["$P"]]),
        ("a\u00a0b", [["a\u00a0b"]]),
        ("a\r\nb\r\n", [["a"], ["b"]]),
        ("exit; a", [["exit"]]),
        ("exec a; b", [["exec", "a"]]),
        ("a || exit; b", [["a"], ["exit"], ["b"]]),
        ("while true; do a; done; b", [["true"], ["a"]]),
        ("while true; do a || break; done; b", [["true"], ["a"], ["break"], ["b"]]),
    ],
)
def test_commands(text: str, expected: list[list[str]]) -> None:
    assert expected == commands(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a 'b", "no closing single quote"),
        ('a "b', "no closing double quote"),
        ("a $(b", "no closing `)` of a command substitution"),
        ("a `b", "no closing backquote"),
        ("a ${b", "no closing `}`"),
        ("((1)", "no closing `)`"),
        ("[[ a", "no closing `]]`"),
        ("if a; then b", "`fi` is missing before `the end`"),
        ("if a; fi", "`then` is missing before `fi`"),
        ("while a; b", "`do` is missing before `the end`"),
        ("{ a", "`}` is missing before `the end`"),
        ("( a", "`)` is missing before `the end`"),
        ("()", "no command before `)`"),
        ("a &&", "unexpected `end`"),
        ("| a", "unexpected `|`"),
        ("a ;; b", "unexpected `;;`"),
        ("fi", "unexpected `fi`"),
        ("a )", "unexpected `)`"),
        ("a >", "nothing after `>`"),
        ("import x\nprint(1)", "`)` is missing before `1`"),
        ("a\0b", "contains a NUL character"),
        ("case x in a b) c;; esac", None),
        ("coproc a", "`coproc` is not understood"),
    ],
)
def test_what_is_no_shell_text(text: str, reason: str | None) -> None:
    if reason is None:
        assert commands(text) == [["c"]]
        return
    with pytest.raises(Unparsable) as caught:
        parse(text)
    assert reason == str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "a" * (MAX_LENGTH + 1),
        "(" * 5_000,
        "((" * 5_000,
        "{ " * 5_000,
        "f() " * 5_000,
        "$(" * 5_000,
        "$((" * 5_000,
        '"$(' * 5_000,
        '"${x:-' * 5_000,
        "`" * 9_999,
        "if " * 5_000,
        "case x in " * 5_000,
        "[[ " * 5_000,
        "x=(" * 5_000,
        "${" * 5_000,
        "<<A " * 5_000 + "(",
    ],
    ids=lambda text: text[:8],
)
def test_hostile_text_is_refused_in_time(text: str) -> None:
    with pytest.raises(Unparsable):
        parse(text)


@settings(max_examples=400)
@given(st.text(alphabet="ab ;&|()<>{}'\"`$\\\n#=!x[]", max_size=60))
def test_nothing_but_a_list_or_a_reason(text: str) -> None:
    with contextlib.suppress(Unparsable):
        assert isinstance(parse(text), List)


def test_offsets_point_into_the_text() -> None:
    text = "cd /x && A=1 'my app' --y > log; true"
    simple = parse(text).items[0].pipelines[1].commands[0]
    assert isinstance(simple, Simple)
    assert text[simple.start : simple.end] == "A=1 'my app' --y > log"
    assert text[simple.words[0].start : simple.words[0].end] == "'my app'"


def test_shape() -> None:
    program = parse("if a; then (b); fi > log &\nc")
    first, second = program.items
    condition = first.pipelines[0].commands[0]
    assert isinstance(condition, If)
    assert [redirect.target.text for redirect in condition.redirects] == ["log"]
    inner = condition.branches[0][1].items[0].pipelines[0].commands[0]
    assert isinstance(inner, Group)
    assert inner.subshell
    assert (first.background, second.background) == (True, False)
    assert second.fresh


def test_a_call_that_calls_itself_ends() -> None:
    assert commands("f() { f; }; f")[:1] == [["f"]]
    assert commands("f() { a; f; }; f")[-1] == ["f"]


def test_too_many_commands_are_refused() -> None:
    body = "; ".join(["a"] * 200)
    text = f"f() {{ {body}; }}\n" + "f\n" * 200
    with pytest.raises(Unparsable, match="runs more than"):
        commands(text)
