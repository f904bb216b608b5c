"""A program that renders manifests, run for a user who asked for it, and kept within limits.

What it renders may have been written by anybody: it gets no terminal, no network that a proxy
variable can switch off, no configuration of the user, little time and a bounded output.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from kguard.record import field, record

if TYPE_CHECKING:
    import subprocess

TIME_LIMIT = 60.0
"""Seconds a rendering may take; the largest charts of the public index take two."""
MOST_OUTPUT = 64 * 1024 * 1024
"""Bytes of manifests that are taken; a release stored in a cluster holds one MiB."""
MOST_MEMORY = 4 * 1024**3
"""Bytes of address space, where the system can limit it: Go reserves one to two from the start."""
_MOST_ERRORS = 64 * 1024
_MOST_SAID = 2000
_NOWHERE = "http://127.0.0.1:9"
"""Nothing listens on the discard port, so what is fetched through this proxy fails at once."""
_ASIDE = re.compile(r"(?:# )?warning:|use --debug|[IW]\d{4} [\d:.]+ ", re.I)
"""What begins a line that is no reason: advice, or a log's word of lesser things."""
# Source: klog.go (formatHeader) and internal/serialize/keyvalues.go of k8s.io/klog/v2: a text in
# quotes, or its lines between angle brackets.
_LOGGED = re.compile(
    r"[EF]\d{4} [\d:.]+ +\d+ \S+:\d+\] "
    r'(?:"[^"]*" err=(?:"(?P<text>.*)"|< (?P<lines>.*) >)|(?P<rest>.*))'
)
_SPACES = {"n": " ", "t": " "}
_KEPT = ("HOME", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE")


class ToolError(Exception):
    """A program that is not there, or did not do its work; the text says why, for the user."""


@record
class Answer:
    """How a run ended, and what the program wrote."""

    code: int
    stdout: bytes
    stderr: bytes


@record(frozen=False, eq=False)
class _Stream:
    """What was read from one stream, up to a limit."""

    file: IO[bytes]
    most: int
    parts: list[bytes] = field(default_factory=list)
    size: int = 0

    def read(self, process: subprocess.Popen[bytes], *, strict: bool) -> None:
        """Read to the end; a strict stream that is too long ends the program."""
        while part := self.file.read(65_536):
            self.size += len(part)
            if self.size <= self.most:
                self.parts.append(part)
            elif strict:
                _kill(process)
                return


def find(variable: str, *names: str) -> str | None:
    """The program that an environment variable names, else the first of `names` on the PATH.

    Only absolute entries of the PATH count: a checked repository could bring its own.
    Raises ToolError for a variable that names no program.
    """
    if given := os.environ.get(variable):
        found = shutil.which(given)
        if found is None:
            raise ToolError(f"`{given}`, which {variable} names, is no program")
        return os.path.abspath(found)
    path = os.pathsep.join(entry for entry in os.get_exec_path() if os.path.isabs(entry))
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def run(
    program: str,
    words: Sequence[str],
    folder: str,
    more: Mapping[str, str] | None = None,
    *,
    time_limit: float = TIME_LIMIT,
    most_output: int = MOST_OUTPUT,
) -> Answer:
    """What a program answers in a folder, whatever its exit code.

    `more` are further environment variables. Raises ToolError where it does not start, takes too
    long or writes too much.
    """
    import subprocess
    import threading

    name = os.path.basename(program)
    options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
    try:
        process = subprocess.Popen(
            [program, *words],
            cwd=folder,
            env=_environment(folder) | dict(more or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
    except OSError as error:
        raise ToolError(f"{name} did not start: {error.strerror}") from None
    _limit_memory(process.pid)
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = _Stream(process.stdout, most_output), _Stream(process.stderr, _MOST_ERRORS)
    readers = [
        threading.Thread(target=out.read, args=(process,), kwargs={"strict": True}, daemon=True),
        threading.Thread(target=err.read, args=(process,), kwargs={"strict": False}, daemon=True),
    ]
    try:
        for reader in readers:
            reader.start()
        process.wait(timeout=time_limit)
    except subprocess.TimeoutExpired:
        raise ToolError(f"{name} took longer than {time_limit:g} s") from None
    finally:
        # Also what it started itself, which may hold the streams open.
        _kill(process)
        for reader, stream in zip(readers, (out, err), strict=True):
            reader.join(timeout=5)
            if not reader.is_alive():
                stream.file.close()
    if out.size > out.most:
        raise ToolError(f"{name} wrote more than {most_output:,} bytes")
    return Answer(process.returncode, b"".join(out.parts), b"".join(err.parts))


def said(answer: Answer) -> str:
    """What a program that failed gave as the reason, on one line; it may hold any characters."""
    text = answer.stderr.decode("utf-8", "replace").strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = next((n for n, line in enumerate(lines) if line.startswith("Error: ")), 0)
    lines = lines[first:]
    if lines and lines[0].startswith(("runtime: ", "fatal error: ", "panic: ")):
        del lines[1:]  # Go's dump of what was running is for those who write the program.
    kept = [line for line in lines if not _ASIDE.match(line)]
    text = _unlogged(" ".join(kept or lines)).removeprefix("Error: ")
    if len(text) > _MOST_SAID:
        text = f"{text[:_MOST_SAID]}…"
    return text or f"exit code {answer.code} and no word why"


def _unlogged(text: str) -> str:
    """The error in a line that kubectl logs; any other text as it is."""
    match = _LOGGED.fullmatch(text)
    if match is None:
        return text
    if match["text"] is None:
        return match["lines"] or match["rest"]
    return re.sub(r"\\(.)", lambda each: _SPACES.get(each[1], each[1]), match["text"])


def _environment(folder: str) -> dict[str, str]:
    """No proxy that works, no PATH for helpers, no kubeconfig, nothing that configures the tool."""
    kept = {name: value for name, value in os.environ.items() if name.upper() in _KEPT}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
    return kept | proxies | {"PATH": folder, "KUBECONFIG": os.devnull, "LC_ALL": "C"}


def _limit_memory(pid: int) -> None:
    try:
        import resource

        resource.prlimit(pid, resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    except (ImportError, AttributeError, OSError, ValueError):
        return  # Another system, or the program is gone already.


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program and, where it has a session of its own, all it has started."""
    import contextlib
    import signal

    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
