"""Of a `case` or `if` on known parameters only the part is judged that the shell takes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from shell_starts import SW, UNKNOWN, D

from kguard.shell.analyse import analyse
from kguard.shell.verdict import Analysis, Shell, Verdict

PROGRAMS = ("gunicorn", "celery", "nginx", "java", "node", "php")
START = """\
case "$1" in
  serve) gunicorn app:app ;;
  migrate|"load all") celery upgrade ;;
  -*) nginx "$@" ;;
  "*") java ;;
  v[0-9]?|[!abc]x) node ;;
  '') php ;;
  *) exec "$@" ;;
esac
"""
COMBINED = '[ "$1" = a -o "$1" = b ]'
OFFICIAL = """\
set -e
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
  set -- nginx "$@"
fi
if [ "$1" = 'nginx' -a "$(id -u)" = '12345' ]; then
  exec gosu nginx "$0" "$@"
fi
exec "$@"
"""


def either(condition: str) -> str:
    """A script that runs gunicorn where a condition holds, and execs celery where not."""
    return f"if {condition}; then gunicorn; else exec celery; fi"


def start(text: str, args: list[str], shell: str = "sh", *, more: bool = False) -> Analysis:
    """The analysis of a script file that is started with some arguments."""
    scripts = {"/run.sh": f"#!/bin/{shell}\n{text}"}
    shells = [Shell.DASH if shell == "sh" else Shell.BASH]
    return analyse(["/run.sh", *args], shells=shells, scripts=scripts.get, more=more)


# The script, its arguments, the program that is run and what becomes of SIGTERM.
TAKEN: list[tuple[str, list[str], str, Verdict]] = [
    (START, ["serve"], "gunicorn", SW),
    (START, ["migrate"], "celery", SW),
    (START, ["load all"], "celery", SW),
    (START, ["--debug"], "nginx", SW),
    (START, ["v12"], "node", SW),
    (START, ["-x"], "nginx", SW),
    (START, ["9x"], "node", SW),
    (START, [""], "php", SW),
    (START, [], "php", SW),
    (START, ["node", "x.js"], "node", D),
    ("case $1 in serve) exec gunicorn ;; *) celery ;; esac", ["serve"], "gunicorn", D),
    ("case ${1} in serve) exec gunicorn ;; *) celery ;; esac", ["work"], "celery", SW),
    ('case "${1:-serve}" in serve) gunicorn ;; *) exec "$@" ;; esac', [], "gunicorn", SW),
    ('case "${1:-serve}" in serve) gunicorn ;; *) exec "$@" ;; esac', [""], "gunicorn", SW),
    ('case "${1-serve}" in serve) gunicorn ;; *) exec celery ;; esac', [""], "celery", D),
    ("case \"$1\"x in serve) exec celery ;; 'serve'x) gunicorn ;; esac", ["serve"], "gunicorn", SW),
    ("case \"$1\" in 's*') exec celery ;; s*) gunicorn ;; esac", ["serve"], "gunicorn", SW),
    ("case \"$1\" in \\*) gunicorn ;; *) exec celery ;; esac", ["serve"], "celery", D),
    ('case "$1" in "$2") gunicorn ;; *) exec celery ;; esac', ["a", "a"], "gunicorn", SW),
    ('case "$1" in a) case "$2" in b) gunicorn ;; *) exec node ;; esac ;; *) exec celery ;; esac',
     ["a", "b"], "gunicorn", SW),
    ('case "$1" in a) ;; *) exec celery ;; esac; gunicorn', ["a"], "gunicorn", SW),
    ('case "$1" in b) exec celery ;; esac; gunicorn', ["a"], "gunicorn", SW),
    (either('[ "$1" = serve ]'), ["serve"], "gunicorn", SW),
    (either('[ "$1" = serve ]'), ["work"], "celery", D),
    (either('[ "x$1" = xserve ]'), ["serve"], "gunicorn", SW),
    (either('test "$1" != serve'), ["serve"], "celery", D),
    (either('! test "$1" != serve'), ["serve"], "gunicorn", SW),
    (either('[ ! "$1" = serve ]'), ["serve"], "celery", D),
    (either('[ -z "$1" ]'), [], "gunicorn", SW),
    (either('[ -n "$1" ]'), [], "celery", D),
    (either('[ "$1" ]'), ["x"], "gunicorn", SW),
    (either("[ $# -eq 0 ]"), [], "gunicorn", SW),
    (either('[ "$#" -gt 1 ]'), ["x"], "celery", D),
    (either('[ "$1" = a ] || [ "$1" = b ]'), ["b"], "gunicorn", SW),
    (either('[ "$1" = a ] && [ "$2" = b ]'), ["a", "c"], "celery", D),
    (either(COMBINED), ["b"], "gunicorn", SW),
    (either(COMBINED), ["c"], "celery", D),
    (either('[ "$1" = a ] && [ -e /proc ]'), ["b"], "celery", D),
    (either('{ [ "$1" = a ]; }'), ["a"], "gunicorn", SW),
    ('if [ "$1" = a ]; then exec celery; elif [ "$1" = b ]; then gunicorn; else exec node; fi',
     ["b"], "gunicorn", SW),
    ('[ "$1" = serve ] && exec gunicorn; celery', ["serve"], "gunicorn", D),
    ('[ "$1" = serve ] && exec gunicorn; celery', ["work"], "celery", SW),
    ('[ "$1" = serve ] || exec celery; gunicorn', ["serve"], "gunicorn", SW),
    ('if [ "$1" = serve ]; then gunicorn; exit; fi; exec celery', ["serve"], "gunicorn", SW),
    ('run() { if [ "$1" = a ]; then return; fi; exec celery; }; run a; gunicorn',
     ["b"], "gunicorn", SW),
    ('run() { case "$1" in a) gunicorn ;; *) exec celery ;; esac; }; run a', ["b"], "gunicorn", SW),
    ('run() { case "$1" in a) gunicorn ;; *) exec celery ;; esac; }; run "$@"',
     ["b"], "celery", D),
    (OFFICIAL, ["--port", "1"], "nginx", D),
    (OFFICIAL, ["my.conf"], "nginx", D),
    (OFFICIAL.replace('exec "$@"', '"$@"'), ["node"], "node", SW),
    ('set -- gunicorn "$@"; case "$1" in gunicorn) "$@" ;; *) exec celery ;; esac',
     ["serve"], "gunicorn", SW),
    ('shift; case "$1" in b) gunicorn ;; *) exec celery ;; esac', ["a", "b"], "gunicorn", SW),
    ('for each in "$@"; do echo "$each"; done; case "$1" in a) gunicorn ;; *) exec celery ;; esac',
     ["a"], "gunicorn", SW),
]  # fmt: skip

BASH = [
    (either("[[ $1 == serve ]]"), ["serve"], "gunicorn", SW),
    (either("[[ $1 == ser* && -n $2 ]]"), ["serve"], "celery", D),
    (either("[[ $1 == -* || ! $1 != b ]]"), ["b"], "gunicorn", SW),
    (either('[[ $1 == "s*" ]]'), ["serve"], "celery", D),
    (either('[ "$1" == serve ]'), ["serve"], "gunicorn", SW),
    (either("[ \"${1:0:1}\" = '-' ]"), ["-x"], "gunicorn", SW),
    (either("(( $# > 1 ))"), ["a"], "celery", D),
]


def name(value: object) -> str | None:
    """A test's name."""
    return " ".join(value) or "-" if isinstance(value, list) else None


@pytest.mark.parametrize(("text", "args", "program", "verdict"), TAKEN, ids=name)
def test_taken(text: str, args: list[str], program: str, verdict: Verdict) -> None:
    analysis = start(text, args)
    assert (analysis.program[:1], analysis.verdict) == ((program,), verdict)


@pytest.mark.parametrize(("text", "args", "program", "verdict"), BASH, ids=name)
def test_taken_by_bash(text: str, args: list[str], program: str, verdict: Verdict) -> None:
    analysis = start(text, args, "bash")
    assert (analysis.program[:1], analysis.verdict) == ((program,), verdict)


CASES = [("sh", *row) for row in TAKEN] + [("bash", *row) for row in BASH]


@pytest.mark.parametrize(("shell", "text", "args", "program", "_verdict"), CASES, ids=name)
def test_a_shell_runs_that_program(
    shell: str, text: str, args: list[str], program: str, _verdict: Verdict, tmp_path: Path
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    for each in PROGRAMS:
        (tmp_path / each).write_text("#!/bin/sh\necho ran: ${0##*/}\n")
        (tmp_path / each).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [shell, "-c", text, "run", *args], env=environment, capture_output=True, text=True
    )
    ran = [line for line in done.stdout.splitlines() if line.startswith("ran: ")]
    assert ran == [f"ran: {program}"]


# Nothing of these is decided: either program may run, and they fare differently.
OPEN: list[tuple[str, list[str]]] = [
    (either('[ "$MODE" = serve ]'), ["serve"]),
    (either('[ "$(id -u)" = 0 ]'), ["serve"]),
    (either('[ "$1" = "$MODE" ]'), ["serve"]),
    (either("[ $1 = serve ]"), ["a b"]),
    (either("[ $1 = serve ]"), []),
    (either('[ "$1" == serve ]'), ["serve"]),
    (either("[[ $1 == serve ]]"), ["serve"]),
    (either("[ x = x ]"), ["serve"]),
    (either('[ "$1" = "{{ .mode }}" ]'), ["serve"]),
    (either('[ "$1" = serve ] && ready'), ["serve"]),
    (either('ready; [ -e "$1" ]'), ["serve"]),
    (either('[ "$1" = serve ]'), ["$(MODE)"]),
    (either('[ "$1" = serve ]'), ["{{ .mode }}"]),
    (either('[ ! "$1" = a -o "$1" = b ]'), ["c"]),
    ("case x in x) gunicorn ;; *) exec celery ;; esac", ["serve"]),
    ('case "$MODE" in a) gunicorn ;; *) exec celery ;; esac', ["serve"]),
    ('case "$1" in $MODE) gunicorn ;; *) exec celery ;; esac', ["serve"]),
    ('case "$1" in [a-z]*) gunicorn ;; *) exec celery ;; esac', ["serve"]),
    ('case "$1" in serve) gunicorn ;& *) exec celery ;; esac', ["serve"]),
    ('shift; case "$1" in serve) gunicorn ;; *) exec celery ;; esac', []),
    ('set -- $MODE; case "$1" in serve) gunicorn ;; *) exec celery ;; esac', ["serve"]),
    ('set serve; case "$1" in serve) gunicorn ;; *) exec celery ;; esac', ["x"]),
    ('eval "$MODE"; case "$1" in serve) gunicorn ;; *) exec celery ;; esac', ["serve"]),
    ('. ./env.sh; case "$1" in serve) gunicorn ;; *) exec celery ;; esac', ["serve"]),
    ('ready && shift; case "$1" in serve) gunicorn ;; *) exec celery ;; esac', ["serve"]),
    ('if ready; then shift; fi; case "$1" in serve) gunicorn ;; *) exec celery ;; esac', ["serve"]),
    ('while ready; do shift; done; case "$1" in a) gunicorn ;; *) exec celery ;; esac', ["a"]),
    ('MODE=a; read MODE; set -- $MODE; case "$1" in a) gunicorn ;; *) exec celery ;; esac', []),
    ('run() { case "$1" in a) gunicorn ;; *) exec celery ;; esac; }; run $MODE', ["a"]),
    ('set -u; case "$1" in a) exec gunicorn ;; *) celery ;; esac', []),
    ('(shift); case "$1" in a) exec gunicorn ;; *) celery ;; esac', ["a"]),
]


@pytest.mark.parametrize(("text", "args"), OPEN, ids=name)
def test_what_is_not_certain_stays_open(text: str, args: list[str]) -> None:
    assert start(text, args).verdict is UNKNOWN


@pytest.mark.parametrize("args", [["x"], ["x", "serve"]], ids=name)
def test_nothing_is_run_where_nothing_fits(args: list[str]) -> None:
    analysis = start('case "$1" in serve) gunicorn ;; esac', args)
    assert (analysis.program, analysis.verdict) == ((), UNKNOWN)


def test_a_script_hands_on_what_it_knows_and_no_more() -> None:
    inner = "#!/bin/sh\n" + 'case "$1" in a) gunicorn ;; *) exec celery ;; esac'
    found = []
    for text in ('exec /in.sh "$@"', 'ready && set -- b; exec /in.sh "$@"', "exec /in.sh $X"):
        scripts = {"/run.sh": f"#!/bin/sh\n{text}", "/in.sh": inner}
        found.append(analyse(["/run.sh", "a"], shells=[Shell.DASH], scripts=scripts.get).verdict)
    assert found == [SW, UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("text", "program", "verdict"),
    [
        ('case "${1:-serve}" in serve) gunicorn ;; *) exec "$@" ;; esac', "gunicorn", SW),
        ('[ $# -eq 0 ] && set -- gunicorn; exec "$@"', "gunicorn", D),
        # Whoever starts the image gives a word that says what is run.
        ('case "$1" in serve) exec gunicorn ;; *) celery ;; esac', "", UNKNOWN),
        # An image that only explains itself is judged by what it can run.
        ("if [ $# -eq 0 ]; then echo usage; exit 1; fi; gunicorn", "gunicorn", SW),
        # What it is given is the program, and what stands before it only prepares that.
        ('./migrate; exec gosu app "$@"', "$@", D),
        ('if [ "$1" = migrate ]; then ./migrate; exit; fi; exec "$@"', "$@", D),
        ('./agent & exec "$@"', "$@", D),
        ('./migrate; "$@"', "$@", SW),
    ],
)
def test_an_image_without_arguments_may_be_given_some(
    text: str, program: str, verdict: Verdict
) -> None:
    analysis = start(text, [], more=True)
    assert analysis.verdict is verdict
    assert not program or analysis.program[:1] == (program,)
