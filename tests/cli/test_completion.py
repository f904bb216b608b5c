"""The completion scripts, asked by the shells they are for."""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from kguard.cli import COMMANDS, build_parser
from kguard.cli.completion import Argument, bash, commands, fish, zsh

FILLED = ("explain", "policies", "new", "test", "completion")
POLICIES = ("missing-cpu-request", "missing-memory-request", "resources")

ANSWERS = [
    ("kguard expl", {"explain"}),
    ("kguard explain missing-", {"missing-cpu-request", "missing-memory-request"}),
    ("kguard policies --profile s", {"strict", "scale"}),
    ("kguard policies --prof", {"--profile"}),
    ("kguard policies resources --for", {"--format"}),
    ("kguard completion ", {"bash", "zsh", "fish"}),
    ("kguard new reso", set()),
]
IDS = [line.replace(" ", "_") for line, _ in ANSWERS]


def script(tmp_path: Path, shell: str) -> Path:
    """The completion script of a shell, in a file."""
    generator = {"bash": bash, "zsh": zsh, "fish": fish}[shell]
    path = tmp_path / f"kguard.{shell}"
    text = "\n".join(generator(commands(build_parser(FILLED), POLICIES)))
    path.write_text(text + "\n", encoding="utf-8")
    return path


def ask(folder: Path, words: list[str]) -> str:
    """Standard output of a shell that has nothing to complain about."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"no {words[0]} here")
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(("line", "expected"), ANSWERS, ids=IDS)
def test_bash_offers(tmp_path: Path, line: str, expected: set[str]) -> None:
    words = [*shlex.split(line), *([""] if line.endswith(" ") else [])]
    program = (
        f". {script(tmp_path, 'bash')}; COMP_WORDS=({shlex.join(words)}); "
        f'COMP_CWORD={len(words) - 1}; _kguard; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    assert set(ask(tmp_path, ["bash", "-c", program]).split()) == expected


def test_bash_offers_values_behind_an_equals_sign(tmp_path: Path) -> None:
    program = (
        f". {script(tmp_path, 'bash')}; COMP_WORDS=(kguard policies --profile = st); "
        'COMP_CWORD=4; _kguard; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert ask(tmp_path, ["bash", "-c", program]) == "strict\n"


@pytest.mark.parametrize(("line", "expected"), ANSWERS, ids=IDS)
def test_fish_offers(tmp_path: Path, line: str, expected: set[str]) -> None:
    program = f"source {script(tmp_path, 'fish')}; complete -C {shlex.quote(line)}"
    offered = ask(tmp_path, ["fish", "--no-config", "-c", program]).splitlines()
    assert {answer.partition("\t")[0] for answer in offered} == expected


def test_zsh_accepts_its_script(tmp_path: Path) -> None:
    assert ask(tmp_path, ["zsh", "-f", "-n", str(script(tmp_path, "zsh"))]) == ""


@pytest.mark.parametrize(
    "expected",
    [
        "'explain:print the page of a policy'",
        "':POLICY|FAMILY:(missing-cpu-request missing-memory-request resources)'",
        "'(--profile)--profile=[only those of a profile]:PROFILE:(default strict scale all)'",
        "(also\\: KGUARD_POLICIES)]:DIR:_files'",
    ],
)
def test_zsh_is_told(tmp_path: Path, expected: str) -> None:
    assert expected in script(tmp_path, "zsh").read_text(encoding="utf-8")


def test_every_command_is_offered() -> None:
    assert [command.name for command in commands(build_parser(FILLED))] == ["", *COMMANDS]


def test_arguments_are_read_from_the_parser() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    inner = parser.add_subparsers().add_parser("do", help="does", add_help=False)
    inner.add_argument("paths", nargs="*", metavar="PATH", help="what to read")
    inner.add_argument("-q", "--quiet", action="store_true", help="100%% quiet")
    inner.add_argument("--select", action="append", metavar="ID|FAMILY|ALL")
    inner.add_argument("--secret", help=argparse.SUPPRESS)
    nested = inner.add_subparsers(metavar="HOW").add_parser("fast", add_help=False)
    nested.add_argument("--speed", type=int, choices=(1, 2), help="how fast")
    assert commands(parser, ("a", "b"))[1].arguments == (
        Argument((), "what to read", "PATH", paths=True, many=True),
        Argument(("-q", "--quiet"), "100% quiet", ""),
        Argument(("--select",), "", "ID|FAMILY|ALL", words=("a", "b", "ALL"), many=True),
        Argument((), "", "COMMAND", words=("fast",)),
        Argument(("--speed",), "how fast", "SPEED", words=("1", "2")),
    )


def test_check_offers_policies_and_formats() -> None:
    (check,) = [
        c for c in commands(build_parser(tuple(COMMANDS)), ("a-policy",)) if c.name == "check"
    ]
    offered = {flag: argument.words for argument in check.arguments for flag in argument.flags}
    for option in ("--select", "--extend-select", "--ignore"):
        assert offered[option] == ("a-policy", "ALL")
    assert {"full", "sarif"} <= set(offered["--format"])
