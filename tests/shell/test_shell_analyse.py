"""What the analyser says beside its verdict, and the forms no measurement can cover."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kguard.shell.analyse import LIKELY, analyse
from kguard.shell.verdict import Analysis, Cause, Init, Mode, Shell, Verdict

SO = ", so `sh` stays PID 1 and does not forward SIGTERM to it"
PLAIN = "`sh` stays PID 1 and does not forward SIGTERM to `app`"
D, SW, CUT, UNKNOWN = Verdict.DELIVERED, Verdict.SWALLOWED, Verdict.CUT, Verdict.UNKNOWN


def words_of(value: object) -> str | None:
    """A test's name: the words of an argument list, the usual one for anything else."""
    return " ".join(value) if isinstance(value, list) else None


def dash(*argv: str) -> Analysis:
    """The analysis where `sh` is dash."""
    return analyse(argv, shells=[Shell.DASH])


def in_dash(text: str) -> Analysis:
    """The analysis of a text run by dash."""
    return dash("sh", "-c", text)


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


@pytest.mark.parametrize(
    "argv",
    [
        ["/init"],
        ["/init", "app"],
        ["uv", "run", "app"],
        ["conda", "run", "-n", "x", "app"],
        ["bunx", "app"],
        ["/entrypoint.sh", "app"],
        ["docker-entrypoint.sh", "app"],
        ["sh", "/start.sh"],
        ["sh"],
        ["sh", "-c"],
        ["bash", "-x"],
        [],
        [""],
        ["{{command}}"],
        ["sh", "-c", "{{command}}"],
        ["sh", "-c", "echo done"],
        ["sh", "-c", "echo 'open"],
        ["sh", "-c", "eval $X"],
        ["sh", "-c", ""],
        ["tini"],
        ["env", "A=1"],
        ["su", "root"],
        ["sh", "-c", "if a; then app; else exec app; fi"],
        ["sh", "-c", "trap 'nginx -s quit; exit' TERM; app & wait"],
        ["sh", "-c", "(cd /x && app) & trap 'kill $!; wait' TERM; wait"],
    ],
    ids=words_of,
)
def test_what_cannot_be_known_is_not_accused(argv: list[str]) -> None:
    assert dash(*argv).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("argv", "program"),
    [
        (["env", "-i", "-u", "X", "A=1", "app", "-x"], ("app", "-x")),
        (["env", "-S", "A=1 app --x", "y"], ("app", "--x", "y")),
        (["nice", "-n", "5", "ionice", "-c2", "app"], ("app",)),
        (["nice", "-5", "app"], ("app",)),
        (["stdbuf", "-o", "L", "nohup", "app"], ("app",)),
        (["setpriv", "--reuid", "1", "--clear-groups", "app"], ("app",)),
        (["chroot", "--userspec=1", "/x", "app"], ("app",)),
        (["gosu", "user", "app"], ("app",)),
        (["su-exec", "user:group", "app"], ("app",)),
        (["chpst", "-u", "user", "app"], ("app",)),
        (["s6-setuidgid", "user", "app"], ("app",)),
        (["numactl", "-N", "0", "--membind=0", "app"], ("app",)),
        (["timeout", "-k", "5", "60", "app"], ("app",)),
        (["runuser", "-u", "user", "--", "app"], ("app",)),
        (["runuser", "user", "-c", "exec app --x"], ("app", "--x")),
        (["flock", "-F", "/lock", "app"], ("app",)),
        (["busybox", "nice", "app"], ("app",)),
        (["bundle", "exec", "puma", "-C", "x"], ("puma", "-C", "x")),
        (["poetry", "run", "app"], ("app",)),
        (["./wait-for-it.sh", "db:5432", "-t", "9", "--", "app"], ("app",)),
        (["sh", "-c", "exec -a name app"], ("app",)),
        (["sh", "-c", "exec command env X=1 nohup app x"], ("app", "x")),
        (["sh", "-c", 'exec "$0" "$@"', "app", "x"], ("app", "x")),
        (["sh", "-c", 'shift; exec "$@"', "zero", "one", "app"], ("app",)),
        (["sh", "-euxc", "exec app"], ("app",)),
        (["bash", "-e", "-o", "pipefail", "-c", "exec app"], ("app",)),
        (["bash", "--norc", "-lc", "exec app"], ("app",)),
        (["sh", "-c", "exec sh -c 'exec app'"], ("app",)),
        (["sh", "-c", 'exec "$JAVA_HOME/bin/java" -jar x'], ("$JAVA_HOME/bin/java", "-jar", "x")),
        (["sh", "-c", "exec app $(CONFIG)"], ("app", "$(CONFIG)")),
        (["java", "-jar", "x.jar"], ("java", "-jar", "x.jar")),
        (["python3.12", "-m", "gunicorn", "x"], ("python3.12", "-m", "gunicorn", "x")),
    ],
    ids=words_of,
)
def test_wrappers_are_taken_off(argv: list[str], program: tuple[str, ...]) -> None:
    analysis = dash(*argv)
    assert (D, program) == (analysis.verdict, analysis.program)


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("python migrate.py && gunicorn x", ("gunicorn", "x")),
        ("gunicorn x; ./cleanup", ("gunicorn", "x")),
        ("until nc -z db 1; do sleep 1; done; app", ("app",)),
        ("nginx && tail -f /var/log/nginx/access.log", ("nginx",)),
        ("app & sleep infinity", ("app",)),
        ("./helper & app", ("app",)),
        ("python migrate.py; app & trap x TERM; wait", ("app",)),
        ("sleep 5; app", ("app",)),
        ("echo x | app | tee y", ("app",)),
        ("[ -f x ] && exec one; two", ("two",)),
        ("exec one; two", ("one",)),
        ("sleep infinity", ("sleep", "infinity")),
        ("cd /x; su user -c 'nice app'", ("app",)),
        ("tini -- sh -c 'app --x; true'", ("app", "--x")),
    ],
)
def test_the_program_is_the_one_the_container_lives_for(
    text: str, program: tuple[str, ...]
) -> None:
    assert program == in_dash(text).program


@pytest.mark.parametrize(
    ("argv", "point", "offset", "index"),
    [
        (["sh", "-c", "app --x"], "app --x", 0, 2),
        (["sh", "-c", "cd / && A=1 app > log # c\n"], "app > log", 12, 2),
        (["ionice", "-c", "3", "sh", "-ec", "a; 'my app'"], "'my app'", 3, 5),
        (["sh", "-c", "if a; then app; fi"], "app", 11, 2),
        (["sh", "-c", "exec sh -c app"], "app", None, None),
        (["sh", "-c", "app; true"], "", None, 2),
        (["sh", "-c", "app | tee x"], "", None, 2),
        (["sh", "-c", "(app)"], "", None, 2),
        (["sh", "-c", "f() { app; }; f"], "", None, 2),
        (["sh", "-c", "trap x INT; app"], "", None, 2),
        (["sh", "-c", "npm start"], "", None, 2),
        (["sh", "-c", '"$@"', "zero", "app"], "", None, 2),
        (["sh", "-c", "exec app"], "", None, None),
    ],
    ids=words_of,
)
def test_where_exec_would_cure_it(
    argv: list[str], point: str, offset: int | None, index: int | None
) -> None:
    analysis = dash(*argv)
    assert point == analysis.exec_point
    assert (offset, index) == (analysis.exec_offset, analysis.script_index)
    if offset is not None and index is not None:
        assert argv[index][offset:].startswith(point)
        cured = [*argv]
        cured[index] = f"{argv[index][:offset]}exec {argv[index][offset:]}"
        assert dash(*cured).verdict is D


@pytest.mark.parametrize(
    ("argv", "verdicts", "depends"),
    [
        (["sh", "-c", "app"], (SW, D, D), True),
        (["sh", "-c", "app\n"], (SW, D, SW), True),
        (["sh", "-c", "app > log"], (SW, SW, D), True),
        (["sh", "-c", "exec app"], (D, D, D), True),
        (["bash", "-c", "app"], (D, D, D), False),
        (["/bin/ash", "-c", "app"], (D, D, D), False),
        (["dash", "-c", "app"], (SW, SW, SW), False),
        (["app"], (D, D, D), False),
        (["npm", "start"], (CUT, D, D), True),
        (["npm", "run", "--script-shell=bash", "x"], (D, D, D), False),
        (["yarn", "serve"], (CUT, D, D), True),
        (["npx", "-y", "serve"], (CUT, D, D), True),
        (["pnpm", "start"], (CUT, CUT, CUT), True),
        (["tini", "--", "npm", "start"], (CUT, D, D), True),
        (["yarn", "install"], (D, D, D), False),
    ],
    ids=words_of,
)
def test_unknown_shell(argv: list[str], verdicts: tuple[Verdict, ...], depends: bool) -> None:
    analysis = analyse(argv)
    found = {shell: outcome.verdict for shell, outcome in analysis.outcomes.items()}
    assert dict(zip(LIKELY, verdicts, strict=True)) == found
    assert depends == analysis.depends
    assert (verdicts[0] if len(set(verdicts)) == 1 else None) == analysis.verdict


@pytest.mark.parametrize(
    ("argv", "verdict", "cause"),
    [
        (["sleep", "infinity"], SW, Cause.NO_DEFAULT_HANDLER),
        (["tail", "-f", "/dev/null"], SW, Cause.NO_DEFAULT_HANDLER),
        (["python3", "-m", "http.server", "80"], SW, Cause.NO_DEFAULT_HANDLER),
        (["python", "app.py"], D, Cause.INTERPRETER_SCRIPT),
        (["/usr/local/bin/node", "x.js"], D, Cause.INTERPRETER_SCRIPT),
        (["perl", "x.pl"], D, Cause.INTERPRETER_SCRIPT),
        (["python", "-m", "uvicorn", "x"], D, Cause.NONE),
        (["java", "-jar", "x"], D, Cause.NONE),
        (["ruby", "x.rb"], D, Cause.NONE),
        (["php", "artisan"], D, Cause.NONE),
        (["/app/server"], D, Cause.NONE),
        (["su", "-s", "/bin/bash", "user", "-c", "app"], D, Cause.KILLED_AFTER),
    ],
    ids=words_of,
)
def test_programs_as_pid_1(argv: list[str], verdict: Verdict, cause: Cause) -> None:
    analysis = dash(*argv)
    assert (verdict, cause) == (analysis.verdict, analysis.cause)


def test_default_actions_work_where_pid_1_is_somebody_else() -> None:
    assert analyse(["sleep", "1d"], shared_pid_namespace=True).verdict is D
    assert analyse(["python", "x.py"], shared_pid_namespace=True).cause is Cause.NONE
    shell = analyse(["dash", "-c", "app"], shared_pid_namespace=True)
    assert (shell.verdict, shell.cause) == (CUT, Cause.SHELL_FORM)
    assert shell.explanation == "`dash` stays in front of `app`, ends on SIGTERM and takes it along"


def test_an_image_without_a_shell() -> None:
    analysis = analyse(["/bin/sh", "-c", "app"], shells=[])
    assert (analysis.verdict, analysis.cause) == (UNKNOWN, Cause.NO_SHELL)
    assert analyse(["app"], shells=[]).verdict is D


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('#!/bin/sh\nset -e\n./migrate\nexec "$@"\n', D),
        ('#!/bin/sh\n./migrate\n"$@"\n', SW),
        ("#!/usr/bin/env bash\nexec app\n", D),
        ("#!/usr/bin/env bash\napp\n", SW),
        ("#!/usr/bin/python3\nimport x\n", D),
        ("no shebang: the kernel refuses it", UNKNOWN),
        ("#!\n", UNKNOWN),
    ],
)
def test_a_script_whose_text_is_known(text: str, verdict: Verdict) -> None:
    scripts = {"/entry.sh": text}
    analysis = analyse(["/entry.sh", "gunicorn", "x"], shells=[Shell.DASH], scripts=scripts.get)
    assert verdict is analysis.verdict
    if "$@" in text:
        assert analysis.program == ("gunicorn", "x")


SCRIPTS = {
    "/bad.sh": "#!/bin/sh\napp; true\n",
    "./bad.sh": "#!/bin/sh\napp; true\n",
    "/good.sh": '#!/bin/sh\nexec "$@"\n',
    "/calls.sh": "#!/bin/sh\nexec /bad.sh\n",
    "/app.py": "#!/usr/bin/python3\nimport x\n",
    "/etc/app.yaml": "port: 80\n",
    "/lib.sh": "set -e\n",
}


@pytest.mark.parametrize(
    ("argv", "file", "index"),
    [
        (["/bad.sh"], "/bad.sh", 0),
        (["tini", "--", "/bad.sh", "x"], "/bad.sh", 2),
        (["sh", "-e", "/bad.sh"], "/bad.sh", 2),
        (["sh", "bad.sh"], "bad.sh", 1),
        (["bad.sh"], "", None),
        (["/app.py"], "/app.py", 0),
        (["npm", "start", "--", "--config", "/etc/app.yaml"], "", None),
        (["sh", "-c", "app --init $0; true", "/bad.sh"], "", 2),
        (["sh", "-c", ". /lib.sh; app; true", "/bad.sh"], "", 2),
        (["sh", "-c", "/bad.sh; true"], "", 2),
        (["sh", "-c", "exec /bad.sh"], "/bad.sh", 2),
        (["sh", "-c", 'exec "$@"', "sh", "/bad.sh"], "/bad.sh", 4),
        (["/good.sh", "/bad.sh"], "/bad.sh", 1),
        (["/good.sh", "sh", "-c", "app; true"], "", 3),
        (["/good.sh", "python", "/etc/app.yaml"], "/good.sh", 0),
        (["/calls.sh"], "/bad.sh", 0),
        (["su", "--command=app; true"], "", 1),
    ],
    ids=words_of,
)
def test_which_script_file_was_read(argv: list[str], file: str, index: int | None) -> None:
    analysis = analyse(argv, shells=[Shell.DASH], scripts=SCRIPTS.get)
    assert (file, index) == (analysis.script_file, analysis.script_index)


def test_what_is_remembered_is_asked_first() -> None:
    asked: list[str] = []

    def scripts(name: str) -> str | None:
        asked.append(name)
        return None

    argv = ["sh", "-c", ". /lib.sh; exec gunicorn app --config /etc/app.py"]
    assert analyse(argv, scripts=scripts) is analyse(argv)
    assert asked == ["/lib.sh", "gunicorn"]


def test_scripts_that_start_each_other_end() -> None:
    scripts = {"/a": "#!/bin/sh\nexec /b\n", "/b": "#!/bin/sh\nexec /a\n", "/c": "#!/c\n"}
    assert analyse(["/a"], scripts=scripts.get).verdict is UNKNOWN
    assert analyse(["/c"], scripts=scripts.get).verdict is UNKNOWN


def test_a_script_that_is_read_in() -> None:
    scripts = {"/lib.sh": "trap 'kill $P; wait $P' TERM\n"}
    text = ". /lib.sh; app & P=$!; wait $P"
    assert analyse(["dash", "-c", text], scripts=scripts.get).verdict is D


def test_an_entrypoint_that_is_not_known_still_names_its_program() -> None:
    analysis = dash("/docker-entrypoint.sh", "celery", "-A", "x", "worker")
    assert analysis.program == ("celery", "-A", "x", "worker")
    assert analysis.explanation == "`docker-entrypoint.sh` is a script whose text is not known"


WORDS = st.sampled_from(
    [
        "sh",
        "-c",
        "tini",
        "--",
        "env",
        "A=1",
        "su",
        "exec app",
        "app; true",
        "timeout",
        "5",
        "bash",
        "dumb-init",
        "-r",
        "15:0",
        "flock",
        "xargs",
        "nice",
        "-n",
        "npm",
        "run",
        "{{x}}",
        "",
        "-",
        "trap 'kill $!' TERM; app & wait",
        "busybox",
        "setsid",
        "-w",
        "/init",
        "python",
        "-m",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS | st.text(max_size=20), max_size=8), st.booleans())
def test_every_argument_list_has_an_answer(argv: list[str], shared: bool) -> None:
    analysis = analyse(argv, shared_pid_namespace=shared)
    assert set(LIKELY) == set(analysis.outcomes)
