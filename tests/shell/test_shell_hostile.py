"""Short texts that would be work without end: each has an answer at once."""

from __future__ import annotations

import pytest

from kguard.shell.analyse import analyse
from kguard.shell.verdict import Verdict

CALLS = " ".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }};" for n in range(17))
ITSELF = "case $M in " + " ".join(f'{n}) exec sh -c "$0" "$0";;' for n in range(9)) + " esac"
READ_IN = {f"/{n}.sh": f". /{n + 1}.sh; . /{n + 1}.sh\n" for n in range(18)} | {"/18.sh": "a=1\n"}
STARTED = {"/a": "#!/bin/sh\ncase $M in " + " ".join(f"{n}) exec /a;;" for n in range(9)) + " esac"}
BESIDE = {"/a": "case $M in " + " ".join(f"{n}) sh /a; x;;" for n in range(9)) + " esac\n"}
DOUBLED = "set -- a b\n" + 'set -- "$@" "$@"\n' * 60 + "app"
MANY = "more than 2000 commands"


@pytest.mark.parametrize(
    ("argv", "scripts", "said"),
    [
        pytest.param(["sh", "-c", f"{CALLS} f17() {{ a=1; }}; f0; app"], {}, MANY, id="functions"),
        pytest.param(["sh", "-c", ". /0.sh; app"], READ_IN, MANY, id="files read in"),
        pytest.param(["sh", "-c", DOUBLED], {}, "more than 1000 words", id="words"),
        pytest.param(["sh", "-c", f'f() {{ f "$@" "$@"; }}; f a {"b " * 99}'], {}, "", id="calls"),
        pytest.param(["sh", "-c", ITSELF, ITSELF], {}, "", id="a text that starts itself"),
        pytest.param(["/a"], STARTED, "", id="a file that starts itself"),
    ],
)
def test_what_would_never_end_is_not_judged(
    argv: list[str], scripts: dict[str, str], said: str
) -> None:
    found = analyse(argv, scripts=scripts.get)
    assert found.verdict is Verdict.UNKNOWN
    assert said in found.explanation


def test_a_file_that_runs_itself_in_front_of_others_is_judged_by_those() -> None:
    found = analyse(["sh", "/a"], scripts=BESIDE.get)
    assert (found.verdict, found.program) == (Verdict.SWALLOWED, ("x",))


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
def test_the_program_of_a_text_in_texts_is_found(depth: int) -> None:
    scripts = {f"/{n}": f"sh /{n + 1}; echo done\n" for n in range(depth)}
    found = analyse(["sh", "/0"], scripts={**scripts, f"/{depth}": "app; echo done\n"}.get)
    assert (found.verdict, found.program) == (Verdict.SWALLOWED, ("app",))
