"""What SIGTERM does to shells and inits in front of a program."""

from __future__ import annotations

import pytest
from shell_starts import CUT, SW, D, dash, in_dash, words_of

from kguard.shell.verdict import Cause, Init, Mode, Verdict

SO = ", so `sh` stays PID 1 and does not forward SIGTERM to it"
PLAIN = "`sh` stays PID 1 and does not forward SIGTERM to `app`"


@pytest.mark.parametrize(
    ("text", "cause", "explanation"),
    [
        ("app", Cause.SHELL_FORM, PLAIN),
        ("a; app > x", Cause.REDIRECTION, PLAIN),
        ("if a; then app; fi", Cause.COMPOUND, PLAIN),
        ("(exec app)", Cause.SUBSHELL, PLAIN),
        ("app && echo x", Cause.FOLLOWED_BY, "`&&` follows `app`" + SO),
        ("app || exit 1", Cause.FOLLOWED_BY, "`||` follows `app`" + SO),
        ("app\necho x", Cause.FOLLOWED_BY, "another command follows `app`" + SO),
        ("app | tee x", Cause.PIPE, "`app` is part of a pipeline" + SO),
        ("while true; do app; done", Cause.LOOP, "`app` runs in a loop" + SO),
        (
            "while :; do date; sleep 5; done",
            Cause.LOOP,
            "`sh` runs a loop and ignores SIGTERM as PID 1",
        ),
        ("x=$(app)", Cause.SUBSTITUTION, "`app` runs in a command substitution" + SO),
        ("! app", Cause.NEGATED, "`!` stands before `app`" + SO),
        ("f() { app; }; f", Cause.FUNCTION, "`app` runs in a function" + SO),
        ("eval app", Cause.EVAL, "`app` runs through `eval` or `.`" + SO),
        ("app & wait", Cause.BACKGROUND, "`app` runs in the background" + SO),
        (
            "trap '' TERM; app",
            Cause.TRAP_IGNORES,
            "`sh` ignores SIGTERM and does not forward it to `app`",
        ),
        (
            "trap 'exit' TERM; app",
            Cause.TRAP_DEFERRED,
            "the trap of `sh` waits until `app` has ended",
        ),
        ("trap x INT; app", Cause.TRAP_SET, PLAIN),
        ("sleep 1d", Cause.SHELL_FORM, "`sh` stays PID 1 and does not forward SIGTERM to `sleep`"),
        (
            "exec sleep 1d",
            Cause.NO_DEFAULT_HANDLER,
            "`sleep` has no handler for SIGTERM, and as PID 1 it ignores it",
        ),
        (
            "exec flock x app",
            Cause.NOT_FORWARDED,
            "`flock` stays in front of `app` and does not forward SIGTERM",
        ),
        (
            "npm start",
            Cause.PACKAGE_RUNNER,
            "`sh` stays PID 1 and does not forward SIGTERM to `npm`",
        ),
    ],
)
def test_swallowed(text: str, cause: Cause, explanation: str) -> None:
    analysis = in_dash(text)
    assert (SW, cause, explanation) == (analysis.verdict, analysis.cause, analysis.explanation)
    assert analysis.harmful


@pytest.mark.parametrize(
    ("text", "cause", "explanation"),
    [
        (
            "app &",
            Cause.ENDS_AT_ONCE,
            "`sh` starts `app` in the background and ends, ending it too",
        ),
        (
            "trap 'kill $P' TERM; app & P=$!; wait",
            Cause.TRAP_ONE_WAIT,
            "the trap ends the `wait`, `sh` ends and takes `app` with it",
        ),
        (
            "trap 'exit' TERM; app & wait",
            Cause.TRAP_WITHOUT_FORWARD,
            "the trap of `sh` does not pass SIGTERM on to `app`",
        ),
        (
            "trap 'kill -9 $!; wait' TERM; app & wait",
            Cause.TRAP_KILLS,
            "the trap of `sh` kills `app` instead of letting it finish",
        ),
        (
            'trap "kill $P; exit" TERM; app & P=$!; wait',
            Cause.TRAP_EXPANDED_EARLY,
            "the trap of `sh` has its variables filled in before `app` is started",
        ),
        (
            "exec npm run serve",
            Cause.PACKAGE_RUNNER,
            "`npm` ends on SIGTERM without waiting for the program it started",
        ),
        (
            "exec setsid app",
            Cause.DETACHED,
            "`setsid` forks as a session leader and ends at once, and `app` with it",
        ),
    ],
)
def test_cut(text: str, cause: Cause, explanation: str) -> None:
    analysis = in_dash(text)
    assert (CUT, cause, explanation) == (analysis.verdict, analysis.cause, analysis.explanation)
    assert analysis.harmful


@pytest.mark.parametrize(
    ("argv", "init", "explanation"),
    [
        (
            ["tini", "--", "sh", "-c", "app; true"],
            Init("tini", Mode.SINGLE),
            "another command follows `app`, so `sh` stays in front of it, and the SIGTERM of `tini`"
            " ends `sh` and takes the program along",
        ),
        (
            ["/usr/bin/dumb-init", "sh", "-c", "app"],
            Init("dumb-init", Mode.GROUP),
            "`sh` stays in front of `app`, ends on the SIGTERM of `dumb-init` and cuts it short",
        ),
    ],
    ids=["single", "group"],
)
def test_an_init_wraps_a_shell(argv: list[str], init: Init, explanation: str) -> None:
    analysis = dash(*argv)
    assert (analysis.verdict, analysis.cause) == (CUT, Cause.INIT_WRAPS_SHELL)
    assert (init, init.name) == (analysis.init, analysis.pid1)
    assert explanation == analysis.explanation


def test_a_trap_behind_an_init_is_about_the_trap() -> None:
    analysis = dash("tini", "sh", "-c", "trap 'kill $!' TERM; app & wait")
    assert (analysis.verdict, analysis.cause) == (CUT, Cause.TRAP_ONE_WAIT)


@pytest.mark.parametrize(
    ("argv", "mode"),
    [
        (["tini", "app"], Mode.SINGLE),
        (["/sbin/tini", "-vvg", "--", "app"], Mode.GROUP),
        (["tini", "-e", "143", "-p", "SIGKILL", "-s", "app"], Mode.SINGLE),
        (["tini", "-e143", "-g", "app"], Mode.GROUP),
        (["docker-init", "--", "app"], Mode.SINGLE),
        (["dumb-init", "app"], Mode.GROUP),
        (["dumb-init", "-vc", "app"], Mode.SINGLE),
        (["dumb-init", "--single-child", "--rewrite", "15:3", "--", "app"], Mode.SINGLE),
        (["dumb-init", "-r15:3", "--verbose", "app"], Mode.GROUP),
        (["catatonit", "--", "app"], Mode.SINGLE),
        (["catatonit", "-g", "app"], Mode.GROUP),
    ],
    ids=words_of,
)
def test_init_options(argv: list[str], mode: Mode) -> None:
    analysis = dash(*argv)
    assert analysis.init is not None
    assert (D, ("app",), mode) == (analysis.verdict, analysis.program, analysis.init.mode)


@pytest.mark.parametrize(
    ("argv", "verdict"),
    [
        (["dumb-init", "-r", "15:0", "app"], SW),
        (["dumb-init", "--rewrite=15:0", "app"], SW),
        (["dumb-init", "-r", "2:0", "app"], D),
    ],
    ids=words_of,
)
def test_an_init_that_drops_the_signal(argv: list[str], verdict: Verdict) -> None:
    analysis = dash(*argv)
    dropped = analysis.cause is Cause.INIT_DROPS_SIGNAL
    assert (verdict, verdict is SW) == (analysis.verdict, dropped)
