"""What the help of a finding says to write, for every place a program can stand in."""

from __future__ import annotations

import pytest

from kguard.shell.analyse import analyse
from kguard.shell.verdict import Shell

LAST = "as the last command: it takes the shell's place, and nothing behind it would run"
BESIDE = "without `&`, as the last command; what has to run beside it gets a container of its own"
TRAP = (
    "as the last command, without a trap; a trap has to pass SIGTERM on, and the shell to `wait`"
    " for the program again"
)
CURES = {
    "celery w": ", so that it takes the shell's place",
    "celery w > log": ", so that it takes the shell's place",
    "if x; then celery w; fi": ", so that it takes the shell's place",
    "f() { celery w; }; f": ", so that it takes the shell's place",
    "eval 'celery w'; true": ", so that it takes the shell's place",
    "celery w; rm -rf /tmp/x": f" {LAST}",
    "celery w && echo": f" {LAST}",
    "f() { celery w; }; f; echo": f" {LAST}",
    "celery \\\n  w\nrm -rf /tmp/x": f" {LAST}",
    "celery w | tee log": " without the pipe, so that it takes the shell's place",
    "cat x | exec celery w": " without the pipe, so that it takes the shell's place",
    "( celery w )": " without the parentheses, so that it takes the shell's place",
    "! celery w": " without the `!`, so that it takes the shell's place",
    "time celery w": " without `time`, so that it takes the shell's place",
    "if celery w; then true; fi": " as the last command, and not as a condition",
    "x=$(celery w)": " as the last command, outside of the substitution",
    "celery w & wait": f" {BESIDE}",
    "celery w &": f" {BESIDE}",
    "trap 'kill $p' TERM; celery w": f" {TRAP}",
    "trap '' TERM; celery w & wait": f" {TRAP}",
    "trap 'kill -9 $!' TERM; celery w & wait": f" {TRAP}",
    "while true; do celery w; done": (
        " without the loop, as Kubernetes restarts a container that ends; what runs from time to"
        " time is a CronJob"
    ),
}


@pytest.mark.parametrize("text", CURES)
def test_the_cure_names_the_command_that_serves(text: str) -> None:
    written = "celery w > log" if ">" in text else "celery w"
    found = analyse(["sh", "-c", text], shells=[Shell.DASH])
    assert found.cure == f"write `exec {written}`{CURES[text]}"


@pytest.mark.parametrize(
    ("argv", "cure"),
    [
        (["sh", "-c", '"$@"; true', "x", "celery", "w"], f'write `exec "$@"` {LAST}'),
        (["tini", "--", "sh", "-c", "celery w; true"], f"write `exec celery w` {LAST}"),
        (
            ["sh", "-c", "npm start; true"],
            "run what `npm start` runs itself, with `exec` before it",
        ),
        (["setsid", "celery"], "start `celery` without `setsid`"),
        (["sh", "-c", "exec celery w"], ""),
        (["celery", "w"], ""),
    ],
)
def test_behind_other_programs(argv: list[str], cure: str) -> None:
    assert analyse(argv, shells=[Shell.DASH]).cure == cure


def test_a_long_command_is_cut_and_stays_on_one_line() -> None:
    text = f"celery --app `name` \\\n  {'x' * 80} # serves\ntrue"
    cure = analyse(["sh", "-c", text], shells=[Shell.DASH]).cure
    assert cure.startswith("write `exec celery --app 'name' xxx")
    assert "x…` as the last" in cure


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        (
            "/opt/agent start; sleep 5",
            "have `/opt/agent` stay in the foreground, with `exec`, as the last command",
        ),
        ("x --daemon | tee y", "have `x` stay in the foreground, with `exec`, as the last command"),
        (
            "bin/catalina.sh start && app.sh start; sleep 5",
            "have `app.sh` stay in the foreground, with `exec`, as the last command",
        ),
        ("kc.sh start; sleep 5", f"write `exec kc.sh start` {LAST}"),
        (
            "trap x TERM; agent start; exec tail -f log",
            "",  # tail takes the shell's place, its trap goes with it
        ),
        (
            "trap x TERM; agent start; tail -f log",
            "write `tail -f log & wait $!`: while the shell is in `wait`, the trap runs at once",
        ),
    ],
)
def test_exec_is_no_cure_for_what_puts_itself_into_the_background(text: str, cure: str) -> None:
    assert analyse(["bash", "-c", text], shells=[Shell.BASH]).cure == cure


def test_the_command_of_a_function_from_another_file_is_shown() -> None:
    scripts = {
        "/start.sh": "#!/bin/bash\n. /lib.sh\nwhile true; do update; sleep 9; done\n",
        "/lib.sh": f"# {'x' * 200}\nupdate() {{\n  job --all | grep -v same\n}}\n",
    }
    found = analyse(["/start.sh"], shells=[Shell.BASH], scripts=scripts.get)
    assert found.explanation == (
        "`job` runs in a loop, so `bash` stays PID 1 and does not forward SIGTERM to it"
    )
    assert found.cure.startswith("write `exec job --all` without the loop")


@pytest.mark.parametrize("name", ["su", "/usr/sbin/runuser"])
def test_what_kills_by_itself_is_no_cure_alone(name: str) -> None:
    cure = analyse(["sh", "-c", f"{name} app -c 'exec gunicorn a'; echo"]).cure
    said = f"`{name.rpartition('/')[2]}` of util-linux kills what it runs 2 s after SIGTERM"
    assert cure.endswith(f"; {said}, `setpriv` and `gosu` do not")
    assert "util-linux" not in analyse(["sh", "-c", "gosu app gunicorn a; echo"]).cure
