"""Measure what a SIGTERM to a container's main process does to the program a shell text starts.

    python3 tests/shell/measure_signals.py            # print the table
    python3 tests/shell/measure_signals.py --write    # and record it in measured.tsv
    python3 tests/shell/measure_signals.py simple pipe --columns dash,bash

Needs root, util-linux (unshare, setsid) and whichever of dash, bash, busybox, mksh, zsh, ksh93,
tini and dumb-init are to be measured; absent ones are left out. Every text runs in its own PID
namespace, its main process a session leader, as container runtimes start it.

Whole argument lists (COMMANDS) fill one column.

D    the program saw SIGTERM and finished its handler (0.4 s)
SW   nothing happened: only SIGKILL ends this container
CUT  the main process was gone before the program had finished, or the program never saw SIGTERM
END  a program without a handler ended at once
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shell_forms import BASH_FORMS, COMMANDS, FORMS

RECORD = Path(__file__).with_name("measured.tsv")

APP = """#!/usr/bin/env -S python3 -SE
import os, signal, time
def stop(*_):
    open(os.environ["MARK"] + "/seen", "w").close()
    time.sleep(0.4)
    open(os.environ["MARK"] + "/done", "w").close()
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
open(os.environ["MARK"] + "/ready", "w").close()
while True:
    time.sleep(60)
"""

# PID 1 of a pod with a shared process namespace: starts the container, and when its main process
# is gone the kernel ends the rest together with this one, as the runtime would.
PAUSE = "import subprocess, sys; subprocess.call(sys.argv[1:], start_new_session=True)"

Argv = list[str]


def _shell(*command: str) -> Callable[[str], Argv]:
    return lambda text: [*command, "-c", text, "zero", "app", "one"]


def _script(interpreter: str) -> Callable[[str], Argv]:
    def build(text: str) -> Argv:
        path = Path("script.sh")
        return ["@script", f"#!{interpreter}\n{text}", str(path), "app", "one"]

    return build


def _behind(*prefix: str, shell: Callable[[str], Argv]) -> Callable[[str], Argv]:
    return lambda text: [*prefix, *shell(text)]


DASH, BASH = _shell("dash"), _shell("bash")
COLUMNS: dict[str, Callable[[str], Argv]] = {
    "dash": DASH,
    "bash": BASH,
    "busybox": _shell("busybox", "sh"),
    "mksh": _shell("mksh"),
    "zsh": _shell("zsh"),
    "ksh": _shell("ksh93"),
    "bash-as-sh": _shell("sh"),
    "shared+dash": _behind("@shared", shell=DASH),
    "shared+bash": _behind("@shared", shell=BASH),
    "tini+dash": _behind("tini", "--", shell=DASH),
    "tini+bash": _behind("tini", "--", shell=BASH),
    "tini-g+dash": _behind("tini", "-g", "--", shell=DASH),
    "tini-g+bash": _behind("tini", "-g", "--", shell=BASH),
    "dumb-init+dash": _behind("dumb-init", "--", shell=DASH),
    "dumb-init+bash": _behind("dumb-init", "--", shell=BASH),
    "dumb-init-c+dash": _behind("dumb-init", "-c", "--", shell=DASH),
    "file+dash": _script("/bin/dash"),
    "file+bash": _script("/bin/bash"),
    "file+busybox": _script("/bin/busybox sh"),
    "file+mksh": _script("/bin/mksh"),
    "file+zsh": _script("/bin/zsh"),
    "file+ksh": _script("/bin/ksh93"),
}


def outcome(argv: Sequence[str], *, sh: str = "dash", patience: float = 2.0) -> str:
    """Run `argv` as a container's main process, send it SIGTERM, and name what came of it."""
    with tempfile.TemporaryDirectory() as work:
        mark = Path(work, "mark")
        mark.mkdir()
        tools = Path(work, "bin")
        tools.mkdir()
        app = tools / "app"
        app.write_text(APP)
        app.chmod(0o755)
        environment = {**os.environ, "MARK": str(mark), "PATH": f"{tools}:{os.environ['PATH']}"}
        command = list(argv)
        shared = command[0] == "@shared"
        if shared:
            command = [sys.executable, "-S", "-c", PAUSE, *command[1:]]
        # `sh` is the shell under test, also for a shell inside a shell.
        (tools / "sh").symlink_to(shutil.which(sh) or sh)
        Path(work, "words").write_text("x\n")
        if command[0] == "@script":
            script = Path(work, command[2])
            script.write_text(command[1])
            script.chmod(0o755)
            command = [str(script), *command[3:]]
        space = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "setsid"]
        runner = subprocess.Popen(
            [*space, *command],
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            quiet = not any("app" in word for word in argv)
            if quiet:
                time.sleep(0.5)
            elif not _wait(lambda: (mark / "ready").exists() or runner.poll() is not None, 10):
                return "?start"
            time.sleep(0.15)
            if runner.poll() is not None:
                return "CUT"
            main = _child(runner.pid)
            os.kill(_child(main) if shared else main, signal.SIGTERM)
            _wait(lambda: (mark / "done").exists() or runner.poll() is not None, patience)
            time.sleep(0.05)
            if (mark / "done").exists():
                return "D"
            if runner.poll() is not None:
                return "END" if quiet else "CUT"
            return "?seen" if (mark / "seen").exists() else "SW"
        except (ProcessLookupError, IndexError):
            return "CUT"
        finally:
            runner.kill()
            runner.wait()


def _child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.01)
    return done()


def _available(column: str) -> bool:
    words = COLUMNS[column]("")
    wanted = [word for word in words[:4] if word.startswith(tuple("abcdefghijklmnopqrstuvwxyz"))]
    names = {"dash", "bash", "busybox", "mksh", "zsh", "ksh93", "tini", "dumb-init"}
    return all(shutil.which(word) for word in wanted if word in names)


def _rows(names: Sequence[str]) -> dict[str, str]:
    forms = {**FORMS, **BASH_FORMS}
    return {name: forms[name] for name in names if name in forms} if names else forms


def _sh(column: str) -> str:
    for name, program in {"ksh": "ksh93", "dash": "dash", "bash": "bash"}.items():
        if name in column and "mksh" not in column:
            return program
    return column.rpartition("+")[2]


def _record(lines: Sequence[str]) -> None:
    """Put new lines into the record, in the order of the forms; other rows stay as they are."""
    kept = RECORD.read_text().splitlines() if RECORD.exists() else []
    rows = {line.partition("\t")[0]: line for line in [*kept, *lines]}
    names = ["form", *FORMS, *BASH_FORMS, *COMMANDS]
    RECORD.write_text("".join(rows[name] + "\n" for name in names if name in rows))


def main() -> int:
    """Measure what was asked for and print one line of tab-separated outcomes per text."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("forms", nargs="*")
    parser.add_argument("--columns", default=",".join(COLUMNS))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--jobs", type=int, default=6)
    options = parser.parse_args()
    columns = [name for name in options.columns.split(",") if _available(name)]
    lines = ["\t".join(["form", *columns])]
    print(lines[0])
    with ThreadPoolExecutor(options.jobs) as pool:
        pending = {
            name: [
                pool.submit(outcome, COLUMNS[column](text), sh=_sh(column))
                if name not in BASH_FORMS or "bash" in column
                else None
                for column in columns
            ]
            for name, text in _rows(options.forms).items()
        }
        direct = {
            name: pool.submit(outcome, [word.replace("\t", " ") for word in line.split(" ")])
            for name, line in COMMANDS.items()
            if not options.forms or name in options.forms
        }
        for name, cells in pending.items():
            lines.append("\t".join([name, *(c.result() if c else "-" for c in cells)]))
            print(lines[-1], flush=True)
        for name, cell in direct.items():
            lines.append("\t".join([name, cell.result()]))
            print(lines[-1], flush=True)
    if options.write:
        _record(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
