"""What containers and images are started with, and which signal stops them."""

from __future__ import annotations

import pytest

from kguard.facts.stopsignals import signal_of
from kguard.shell.arguments import init_of, program_of, shell_text

TEXTS: dict[str, tuple[list[str], tuple[str, int, tuple[str, ...]] | None]] = {
    "no shell": (["serve", "-c", "x", "y"], None),
    "a text alone": (["sh", "-c", "serve"], ("sh", 2, ())),
    "a text and an argument": (["sh", "-c", "serve", "--port"], ("sh", 2, ("--port",))),
    "a custom $0": (["sh", "-c", "serve", "--"], ("sh", 2, ())),
    "a custom $0 and more": (["sh", "-c", "serve", "--", "x"], ("sh", 2, ("--", "x"))),
    "a shell's path as $0": (["bash", "-c", "serve", "/bin/bash"], ("bash", 2, ())),
    "a text that reads": (["sh", "-c", 'exec serve "$@"', "sh", "x"], ("sh", 2, ())),
    "a text that reads by length": (["sh", "-c", "echo ${#1}", "sh", "x"], ("sh", 2, ())),
    "a process id is no argument": (["sh", "-c", "kill $$", "x"], ("sh", 2, ("x",))),
    "a for with in": (["sh", "-c", "for x in a b; do :; done", "x"], ("sh", 2, ("x",))),
    "a for without in": (["sh", "-c", "for x\ndo :; done", "x"], ("sh", 2, ())),
    "a dot in a path": (["sh", "-c", "./serve .", "x"], ("sh", 2, ("x",))),
    "options": (["bash", "-euo", "pipefail", "-c", "serve", "x"], ("bash", 4, ("x",))),
    "behind wrappers": (["tini", "--", "env", "A=b", "sh", "-c", "a", "x"], ("sh", 6, ("x",))),
    "busybox": (["busybox", "sh", "-c", "a", "x"], ("sh", 3, ("x",))),
    "another shell's text": (["su", "-c", "serve", "www", "x"], None),
    "a script": (["sh", "run.sh", "x"], None),
    "no text": (["sh", "-c"], None),
    "nothing": ([], None),
    "an empty word": ([""], None),
}


@pytest.mark.parametrize(("argv", "expected"), TEXTS.values(), ids=TEXTS)
def test_text_of_a_shell(
    argv: list[str], expected: tuple[str, int, tuple[str, ...]] | None
) -> None:
    found = shell_text(argv)
    assert expected == ((found.shell, found.index, found.ignored) if found else None)


SIGNALS = {
    "SIGKILL": "KILL",
    "kill": "KILL",
    "9": "KILL",
    9: "KILL",
    "+15": "TERM",
    "015": "TERM",
    "-9": "",
    '"SIGQUIT"': "QUIT",
    "SIGRTMIN+3": "RTMIN+3",
    "77": "",
    "": "",
    True: "",
    None: "",
    ("SIGKILL",): "",
}


@pytest.mark.parametrize(("text", "expected"), SIGNALS.items(), ids=map(str, SIGNALS))
def test_name_of_a_signal(text: object, expected: str) -> None:
    assert expected == signal_of(text)


def test_inits_are_known_with_and_without_a_folder() -> None:
    assert [
        init_of(argv)
        for argv in (["/sbin/tini", "-g", "--"], ["dumb-init"], ["/init"], ["serve"], [])
    ] == ["tini", "dumb-init", "/init", "", ""]


def test_program_is_what_wrappers_run() -> None:
    assert program_of(["env", "A=b", "nice", "gunicorn", "app"]) == ("gunicorn", "app")
