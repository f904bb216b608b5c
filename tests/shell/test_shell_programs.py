"""Wrappers, programs, unknown shells and script files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell_starts import CUT, SW, UNKNOWN, D, dash, in_dash, words_of

from kguard.shell.analyse import LIKELY, analyse
from kguard.shell.verdict import Cause, Shell, Verdict


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
        # What is followed by something that never ends has ended, or runs in the background.
        ("agent && tail -f /var/log/agent.log", ("tail", "-f", "/var/log/agent.log")),
        ("agent; while true; do date; sleep 5; done", ("sleep", "5")),
        ("agent; for ((;;)); do sleep 5; done", ("sleep", "5")),
        ("agent; until false; do sleep 5; done", ("sleep", "5")),
        ("agent; while kill -0 $(cat /run/pid); do sleep 1; done", ("sleep", "1")),
        ("agent; while :; do sleep 9 & wait $!; done", ("sleep", "9")),
        ("agent; tail -f log & wait", ("tail", "-f", "log")),
        ("one && two && trap x TERM && sleep inf & wait", ("sleep", "inf")),
        ("f() { agent; echo; }; f; sleep 1d", ("sleep", "1d")),
        ("while true; do x=$(app); sleep 5; done", ("sleep", "5")),
        # It may be what serves: the rest is a pause, or runs only when it has failed, or for some.
        ("agent; sleep 5", ("agent",)),
        ("agent; for i in 1 2 3; do sleep 5; done", ("agent",)),
        ("agent; until nc -z db 1; do sleep 1; done", ("agent",)),
        ("agent; while true; do x && break; sleep 5; done", ("x",)),
        ("agent; while true; do [ -e x ] && break; sleep 5; done", ("agent",)),
        ("agent; while ! pgrep x; do sleep 1; done", ("agent",)),
        ("agent || sleep infinity", ("agent",)),
        ('agent; [ -n "$D" ] && sleep infinity', ("agent",)),
        ("agent; if x; then sleep infinity; fi", ("agent",)),
        ("if [ -f x ]; then agent; else sleep infinity; fi", ("agent",)),
        ("agent | cat", ("agent",)),
        # What comes behind a pipe reads the log.
        ("agent 2>&1 | ts", ("agent",)),
        ("one; agent --x | filter | ts", ("agent", "--x")),
        ("one | ts; agent | ts", ("agent",)),
        ("one | ts; agent", ("agent",)),
        ("agent | while read x; do handle; done", ("agent",)),
        ("agent | tail -f -", ("agent",)),
        # A server that is known does not.
        ("agent | ./filter | nginx", ("nginx",)),
        ("while true; do agent; sleep 60; done", ("agent",)),
        ("gunicorn x; sleep infinity", ("gunicorn", "x")),
        ("migrate && gunicorn x; tail -f log", ("gunicorn", "x")),
        # Known to go into the background.
        ("service ssh start; app", ("app",)),
        ("/usr/sbin/sshd && crond; app; sleep 5", ("app",)),
        ("app; /usr/sbin/sshd", ("app",)),
        ("app; /usr/sbin/sshd -D -e", ("/usr/sbin/sshd", "-D", "-e")),
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
    ("argv", "offset", "index"),
    [
        (["sh", "-c", "app --x"], 0, 2),
        (["sh", "-c", "cd / && A=1 app > log # c\n"], 12, 2),
        (["ionice", "-c", "3", "sh", "-ec", "a; 'my app'"], 3, 5),
        (["sh", "-c", "if a; then app; fi"], 11, 2),
    ],
    ids=words_of,
)
def test_where_exec_cures_it(argv: list[str], offset: int, index: int) -> None:
    found = dash(*argv)
    assert found.script_index == index
    cured = [*argv]
    cured[index] = f"{argv[index][:offset]}exec {argv[index][offset:]}"
    assert dash(*cured).verdict is D


@pytest.mark.parametrize(
    ("argv", "offset"),
    [
        (["sh", "-c", "a; app; true"], 3),
        (["su", "-c", "x\napp; true"], 2),
        (["su", "--command=x\napp; true"], len("--command=x\n")),
    ],
    ids=words_of,
)
def test_where_in_its_argument_the_program_stands(argv: list[str], offset: int) -> None:
    assert dash(*argv).offset == offset


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
        (["npm", "--workspace", "api", "start"], (CUT, D, D), True),
        (["pnpm", "-F", "api", "start"], (CUT, CUT, CUT), True),
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


@pytest.mark.parametrize(
    ("argv", "verdict"), [(["sh", "a.sh"], D), (["a.sh"], SW), (["sh", "b.sh"], SW)]
)
def test_a_shell_looks_here_first_and_in_the_path_then(argv: list[str], verdict: Verdict) -> None:
    scripts = {
        "./a.sh": "#!/bin/sh\nexec app\n",
        "a.sh": "#!/bin/sh\napp; true\n",
        "b.sh": "#!/bin/sh\napp; true\n",
    }
    assert analyse(argv, shells=[Shell.DASH], scripts=scripts.get).verdict is verdict


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


@settings(max_examples=400)
@given(st.lists(WORDS | st.text(max_size=20), max_size=8), st.booleans())
def test_every_argument_list_has_an_answer(argv: list[str], shared: bool) -> None:
    analysis = analyse(argv, shared_pid_namespace=shared)
    assert set(LIKELY) == set(analysis.outcomes)
