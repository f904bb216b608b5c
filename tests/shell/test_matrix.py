"""The analyser says of every measured text what was measured, for every shell and every init.

`measured.tsv` is written by `measure_signals.py --write`, run as root on Debian 12 with dash
0.5.12, bash 5.2.15, busybox 1.35.0, mksh 59c, zsh 5.9, ksh93u+m 1.0.4, tini 0.19.0, dumb-init
1.2.5, catatonit 0.1.7 and util-linux 2.38.1.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from shell_forms import BASH_FORMS, COMMANDS, FORMS

from kguard.shell.analyse import analyse
from kguard.shell.verdict import Shell, Verdict

_ROWS = [
    line.split("\t") for line in Path(__file__).with_name("measured.tsv").read_text().splitlines()
]
COLUMNS = _ROWS[0][1:]
MEASURED = {name: dict(zip(COLUMNS, cells, strict=True)) for name, *cells in _ROWS[1:] if cells[1:]}
SINGLE = {name: cells[0] for name, *cells in _ROWS[1:] if not cells[1:]}

WORDS = {
    "D": Verdict.DELIVERED,
    "SW": Verdict.SWALLOWED,
    "CUT": Verdict.CUT,
    # The program has no handler: SIGTERM reaches it, and its default action ends it.
    "END": Verdict.DELIVERED,
}
SHELLS = {
    "dash": (Shell.DASH, ["dash"]),
    "bash": (Shell.BASH, ["bash"]),
    "busybox": (Shell.BUSYBOX, ["busybox", "sh"]),
    "mksh": (Shell.MKSH, ["mksh"]),
    "zsh": (Shell.ZSH, ["zsh"]),
    "ksh": (Shell.KSH, ["ksh93"]),
}
INITS = {
    "tini": ["tini", "--"],
    "tini-g": ["tini", "-g", "--"],
    "dumb-init": ["dumb-init", "--"],
    "dumb-init-c": ["dumb-init", "-c", "--"],
}
# Where the analyser deliberately says something else, and why: form → columns.
NOT_FOLLOWED = {
    "bg-exec-wait": {"zsh", "file+zsh"},  # zsh execs its built-in `wait`
    "for-app": {"zsh"},  # zsh execs in the last round: how many there are is not known
    "command-exec": {"zsh", "file+zsh"},  # zsh has no `command exec`, the text just fails
    "kill0-two-waits": {"mksh", "file+mksh"},
    "setsid-wait": {"busybox", "file+busybox"},  # busybox' own setsid has no -w
    "exec-tini-sh": {"mksh", "file+mksh"},  # mksh hands on its ignored signals
    "dumb-init-rewrite-int": {""},  # whoever rewrites the signal knows what the program wants
    "python-code-pid1": {""},  # an interpreter: the script decides
    "perl-pid1": {""},
}


def _analyse(column: str, text: str) -> Verdict | None:
    front, _, name = column.rpartition("+")
    if column == "bash-as-sh":
        return analyse(["sh", "-c", text, "zero", "app", "one"], shells=[Shell.BASH]).verdict
    shell, words = SHELLS[name]
    if front == "file":
        scripts = {"./script": f"#!/bin/{' '.join(words)}\n{text}"}
        return analyse(["./script", "app", "one"], shells=[shell], scripts=scripts.get).verdict
    argv = [*INITS.get(front, []), *words, "-c", text, "zero", "app", "one"]
    return analyse(argv, shells=[shell], shared_pid_namespace=front == "shared").verdict


def test_every_form_was_measured() -> None:
    assert set(MEASURED) == {*FORMS, *BASH_FORMS}
    assert set(SINGLE) == set(COMMANDS)


@pytest.mark.parametrize("name", MEASURED)
def test_shell_text(name: str) -> None:
    text = {**FORMS, **BASH_FORMS}[name]
    left_out = NOT_FOLLOWED.get(name, set())
    expected = {
        column: WORDS[cell]
        for column, cell in MEASURED[name].items()
        # `?seen`: the program saw the signal and was still at it when the time was over.
        if cell in WORDS and column not in left_out
    }
    assert expected == {column: _analyse(column, text) for column in expected}


@pytest.mark.parametrize("name", [name for name in SINGLE if name not in NOT_FOLLOWED])
def test_argument_list(name: str) -> None:
    argv = [word.replace("\t", " ") for word in COMMANDS[name].split(" ")]
    assert WORDS[SINGLE[name]] == analyse(argv, shells=[Shell.DASH]).verdict


def test_every_exception_is_still_one() -> None:
    for name, columns in NOT_FOLLOWED.items():
        for column in columns:
            if column:
                text = FORMS[name]
                assert WORDS[MEASURED[name][column]] != _analyse(column, text), (name, column)
