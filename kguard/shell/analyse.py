"""From the argument list of a container's main process to what SIGTERM does to its program.

    analyse(["sh", "-c", "gunicorn app"], shells=[Shell.DASH]).verdict is Verdict.SWALLOWED

The kernel gives PID 1 of a PID namespace no default action for signals (pid_namespaces(7)), so a
shell that stays PID 1 and waits for its child drops SIGTERM. Whether it stays depends on the shell
and on the place of the command in its text; `optimise` holds what was measured of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from kguard.shell.judge import Judge, Start, argument
from kguard.shell.shelltext import Texts
from kguard.shell.verdict import Analysis, Outcome, Shell, badness
from kguard.shell.walk import Scripts, no_scripts
from kguard.shell.workers import worker

LIKELY = (Shell.DASH, Shell.BASH, Shell.BUSYBOX)
"""What `sh` is where the image is unknown: Debian and Ubuntu, Fedora and its kin, Alpine."""

REMEMBERED = 1000
"""Characters of an argument list up to which its analysis is remembered."""


def analyse(
    argv: Sequence[str],
    *,
    shells: Sequence[Shell] | None = None,
    shared_pid_namespace: bool = False,
    scripts: Scripts | None = None,
    more: bool = False,
) -> Analysis:
    """What a SIGTERM to the process started with `argv` comes to.

    `shells` are the candidates for `sh` (see `images.shells_of`): None where unknown, empty where
    the image has no shell. `shared_pid_namespace`: shareProcessNamespace or hostPID, the process
    is not PID 1. `scripts` gives the texts of script files by what they are started with. `more`:
    the process is likely to be given further arguments, as an image without CMD is.
    Never raises for any argument list; what cannot be read has the verdict UNKNOWN.
    """
    candidates = LIKELY if shells is None else tuple(shells)
    words = tuple(argv)
    # A webhook sees the Pods of one template over and over; what is remembered stays small.
    if sum(map(len, words)) > REMEMBERED:
        return _analyse(words, candidates, shared_pid_namespace, scripts or no_scripts, more)
    analysis = _analyse_again(words, candidates, shared_pid_namespace, more)
    if scripts is None or all(scripts(name) is None for name in analysis.sought):
        return analysis
    return _analyse(words, candidates, shared_pid_namespace, scripts, more)


@lru_cache(maxsize=1024)
def _analyse_again(
    argv: tuple[str, ...], candidates: tuple[Shell, ...], shared_pid_namespace: bool, more: bool
) -> Analysis:
    return _analyse(argv, candidates, shared_pid_namespace, no_scripts, more)


def _analyse(
    argv: tuple[str, ...],
    candidates: tuple[Shell, ...],
    shared_pid_namespace: bool,
    scripts: Scripts,
    more: bool,
) -> Analysis:
    words = tuple(argument(text, index) for index, text in enumerate(argv))
    outcomes: dict[Shell, Outcome] = {}
    texts = Texts(scripts, more)
    asked = False
    for shell in candidates or (Shell.DASH,):
        judge = Judge(shell, bool(candidates), texts)
        outcomes[shell] = judge.process(words, Start(pid1=not shared_pid_namespace))
        asked = asked or judge.asked
        if not asked:  # No `sh` in it: all candidates come to the same.
            outcomes = dict.fromkeys(candidates or (shell,), outcomes[shell])
            break
    outcome = min(outcomes.values(), key=badness)
    return Analysis(
        outcomes=outcomes,
        depends=asked,
        cause=outcome.cause,
        detail=outcome.detail,
        explanation=outcome.explanation,
        pid1=outcome.pid1,
        program=outcome.program,
        worker=worker(outcome.program),
        init=outcome.init,
        kill_after=outcome.kill_after,
        offset=outcome.offset,
        cure=outcome.cure,
        script_index=outcome.script_index,
        script_file=outcome.script_file,
        sought=tuple(texts.sought),
    )
