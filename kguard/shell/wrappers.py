"""Commands that run another command: which words are theirs, and what they do with SIGTERM.

The options that take a value are from each program's manual page; how each treats SIGTERM was
measured (`tests/shell/measured.tsv`) or, for the Python and Ruby launchers, read in their sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto

from kguard.record import record, replace
from kguard.shell.programs import base_name
from kguard.shell.syntax import Word
from kguard.shell.verdict import Init, Mode

MAX_LAYERS = 32
"""How many wrappers are taken off a command; each costs as much as the command is long."""


class Passing(Enum):
    """What a wrapper does with the process and the signal."""

    SAME_PROCESS = auto()
    """It becomes the program it runs."""
    FORWARDS = auto()
    """It stays and passes SIGTERM on to its process group (`timeout`)."""
    FORWARDS_THEN_KILLS = auto()
    """It stays, passes SIGTERM on to its child, and kills it two seconds later (`su`)."""
    KEEPS = auto()
    """It stays, and the program never hears of SIGTERM."""
    DETACHES = auto()
    """As a session leader it forks and ends (`setsid`)."""
    INIT = auto()
    """An init: the program is no longer PID 1."""
    UNKNOWN = auto()
    """It stays; what it does is not known."""


@record
class Layer:
    """A wrapper taken off: its name, its behaviour, what is left to run.

    `shell_text` is True where `words` is one shell text (`su -c`, `flock -c`), `shell` then names
    the shell where the command does. `rewrites` is the number an init sends in SIGTERM's place.
    """

    name: str
    passing: Passing
    words: tuple[Word, ...]
    init: Init | None = None
    shell_text: bool = False
    shell: str = ""
    rewrites: str = ""


@record
class _Rule:
    """How to find the wrapped command: options with a value, operands before it."""

    passing: Passing = Passing.SAME_PROCESS
    valued: frozenset[str] = frozenset()
    operands: int = 0


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _rule(passing: Passing, valued: str = "", operands: int = 0) -> _Rule:
    return _Rule(passing, _names(valued), operands)


_SAME, _KEEPS = Passing.SAME_PROCESS, Passing.KEEPS

_RULES: Mapping[str, _Rule] = {
    "env": _rule(_SAME, "-u --unset -C --chdir"),
    "exec": _rule(_SAME, "-a"),
    "command": _rule(_SAME),
    "builtin": _rule(_SAME),
    "nice": _rule(_SAME, "-n --adjustment"),
    "ionice": _rule(_SAME, "-c --class -n --classdata"),
    "chrt": _rule(_SAME, "-T -P -D", operands=1),
    "taskset": _rule(_SAME, operands=1),
    "nohup": _rule(_SAME),
    "stdbuf": _rule(_SAME, "-i -o -e --input --output --error"),
    "setpriv": _rule(
        _SAME,
        "--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits"
        " --pdeathsig --selinux-label --apparmor-profile --ruid --euid --rgid --egid",
    ),
    "chroot": _rule(_SAME, operands=1),
    "gosu": _rule(_SAME, operands=1),
    "su-exec": _rule(_SAME, operands=1),
    "s6-setuidgid": _rule(_SAME, operands=1),
    "setuidgid": _rule(_SAME, operands=1),
    "chpst": _rule(_SAME, "-u -U -e -/ -n -m -d -o -p -f -c -t -l -L -b -C"),
    "envdir": _rule(_SAME, operands=1),
    "numactl": _rule(
        _SAME,
        "-i -m -N -C -p --interleave --membind --cpunodebind --physcpubind --preferred -l",
    ),
    "prlimit": _rule(_SAME),
    "catchsegv": _rule(_SAME),
    "with-contenv": _rule(_SAME),
    "bundle": _rule(_SAME),
    "poetry": _rule(_SAME),
    "pipenv": _rule(_SAME),
    "ddtrace-run": _rule(_SAME),
    "opentelemetry-instrument": _rule(Passing.SAME_PROCESS),
    "newrelic-admin": _rule(_SAME),
    "timeout": _rule(Passing.FORWARDS, "-s --signal -k --kill-after", operands=1),
    "flock": _rule(_KEEPS, "-w --wait --timeout -E --conflict-exit-code", operands=1),
    "xargs": _rule(
        _KEEPS,
        "-a --arg-file -d --delimiter -E -I --max-args -n -L -P --max-procs -s --max-chars",
    ),
    "setsid": _rule(Passing.DETACHES),
    "catatonit": _rule(Passing.INIT),
}

# Launchers whose first words are their own: the command follows this word.
_SUBCOMMANDS = {
    "bundle": ("exec",),
    "poetry": ("run",),
    "pipenv": ("run",),
    "newrelic-admin": ("run-program",),
}
# They stay in front of the program and are not known well enough to say more.
_UNKNOWN_RUNNERS = {
    "uv": "run",
    "pdm": "run",
    "hatch": "run",
    "rye": "run",
    "conda": "run",
    "micromamba": "run",
    "doppler": "run",
    "op": "run",
    "infisical": "run",
    "chamber": "exec",
    "aws-vault": "exec",
    "direnv": "exec",
    "bun": "run",
    "deno": "task",
}
# Scripts that wait for a port and then exec what stands behind `--`.
_WAITERS = frozenset(("wait-for-it", "wait-for-it.sh", "wait-for", "wait-for.sh"))
_TINI = frozenset(("tini", "docker-init", "tini-static", "tini-amd64", "tini-muslc-amd64"))
_PACKAGE_RUNNERS = {
    "npm": ("start", "run", "run-script", "exec", "x", "test", "restart"),
    "pnpm": ("start", "run", "exec", "dlx"),
    "yarn": ("start", "run", "exec", "dlx"),
    "npx": (),
    "pnpx": (),
    "bunx": (),
}
WRAPPERS = frozenset(
    (*_RULES, *_UNKNOWN_RUNNERS, *_WAITERS, *_TINI, *_PACKAGE_RUNNERS, "dumb-init")
)
"""The names of programs known to start others."""

# Options of package managers that take a value.
_VALUED = set(_names("--prefix -C --dir --cwd -w --workspace --filter -F"))
_YARN_OWN = _names(
    "add audit bin cache config create dedupe global import info init install licenses link list"
    " login logout node outdated owner pack patch plugin publish rebuild remove set tag team unlink"
    " up upgrade version versions why workspace workspaces"
)


def package_runner(words: Sequence[Word]) -> str:
    """`npm`, `yarn`, `pnpm`, `npx`... where the words run a package's script; else nothing."""
    name = base_name(words[0].text)
    wanted = _PACKAGE_RUNNERS.get(name)
    if wanted is None:
        return ""
    arguments = _after_options(words[1:], _VALUED)
    if name in ("npx", "pnpx", "bunx"):
        return name if arguments else ""
    if not arguments:
        return ""
    if arguments[0].text in wanted:
        return name
    # `yarn serve` and `pnpm serve` run the script of that name.
    return name if name == "yarn" and arguments[0].text not in _YARN_OWN else ""


def peel(words: Sequence[Word]) -> Layer | None:
    """The wrapper in front of a command and the command behind it; None where there is none."""
    if not words or not words[0].literal:
        return None
    name = base_name(words[0].text)
    if name in _TINI:
        return _tini(name, words)
    if name == "dumb-init":
        return _dumb_init(words)
    if words[0].text == "/init":
        return Layer("/init", Passing.INIT, tuple(words[1:]), init=Init("/init", Mode.UNKNOWN))
    if name in _WAITERS:
        behind = [number for number, word in enumerate(words) if word.text == "--"]
        return Layer(name, _SAME, tuple(words[behind[0] + 1 :])) if behind else None
    if name in ("su", "runuser"):
        return _su(name, words)
    if name in _UNKNOWN_RUNNERS and len(words) > 2 and words[1].text == _UNKNOWN_RUNNERS[name]:
        return Layer(name, Passing.UNKNOWN, _after_options(words[2:], set()))
    rule = _RULES.get(name)
    if rule is None:
        return None
    return _ruled(name, rule, words)


def bare(words: Sequence[Word]) -> tuple[str, ...]:
    """The words of the program behind all wrappers, expansions as written."""
    rest = tuple(words)
    for _ in range(MAX_LAYERS):
        layer = peel(rest)
        if layer is None:
            break
        if layer.shell_text:
            return (layer.shell or "sh", "-c", *(word.text for word in layer.words))
        rest = layer.words
    return tuple(word.text for word in rest)


def _ruled(name: str, rule: _Rule, words: Sequence[Word]) -> Layer | None:
    rest = list(words[1:])
    if name in _SUBCOMMANDS:
        if not rest or rest[0].text not in _SUBCOMMANDS[name]:
            return None
        rest = rest[1:]
    options, command = _split_options(rest, rule.valued)
    passing, init = rule.passing, None
    if name == "command" and any(w.text in ("-v", "-V") for w in options):
        return None
    if name == "env":
        command = _environment(options, rest, command)
    if name == "flock" and any(w.text in ("-F", "--no-fork") for w in options):
        passing = Passing.SAME_PROCESS
    if name == "setsid" and any(_has_flag(w.text, "w", "--wait") for w in options):
        passing = Passing.KEEPS
    if name == "catatonit":
        group = any(_has_flag(w.text, "g", "--forward-group") for w in options)
        init = Init(name, Mode.GROUP if group else Mode.SINGLE)
    command = command[rule.operands :]
    if name in ("flock",) and command and command[0].text in ("-c", "--command"):
        return Layer(name, passing, tuple(command[1:2]), shell_text=True)
    return Layer(name, passing, tuple(command), init=init)


def _environment(options: Sequence[Word], rest: Sequence[Word], command: list[Word]) -> list[Word]:
    """The command behind `env`'s assignments; `-S` splits its value into words."""
    for position, word in enumerate(rest[: len(options) + 1]):
        text = word.text
        if text.startswith("-S") or text.startswith("--split-string"):
            value = text.partition("=")[2] if text.startswith("--") else text[2:]
            behind = rest[position + 1 :]
            if not value and behind:
                value, behind = behind[0].text, behind[1:]
            pieces = tuple(Word(piece, word.start, word.end) for piece in value.split())
            command = [*pieces, *behind]
            break
    skipped = 0
    while skipped < len(command) and "=" in command[skipped].text:
        skipped += 1
    return command[skipped:]


def _has_flag(text: str, letter: str, long: str) -> bool:
    return text == long or (text.startswith("-") and text[1:2] != "-" and letter in text[1:])


def _split_options(
    words: Sequence[Word], valued: frozenset[str] | set[str]
) -> tuple[list[Word], list[Word]]:
    """Leading options with their values, and the rest behind an optional `--`."""
    position = 0
    while position < len(words):
        text = words[position].text
        if text == "--":
            return list(words[:position]), list(words[position + 1 :])
        if not text.startswith("-") or text == "-":
            break
        position += 2 if text in valued else 1
    return list(words[:position]), list(words[position:])


def _after_options(words: Sequence[Word], valued: set[str]) -> tuple[Word, ...]:
    return tuple(_split_options(words, valued)[1])


def _tini(name: str, words: Sequence[Word]) -> Layer:
    """tini's options are getopt's `+hvwsgle:p:` (src/tini.c); the command follows them."""
    group = False
    position = 1
    while position < len(words):
        text = words[position].text
        if text == "--":
            position += 1
            break
        if not text.startswith("-") or text == "-":
            break
        letters = text[1:]
        position += 1
        for index, letter in enumerate(letters):
            group = group or letter == "g"
            if letter in "ep":
                position += index == len(letters) - 1
                break
    init = Init(name, Mode.GROUP if group else Mode.SINGLE)
    return Layer(name, Passing.INIT, tuple(words[position:]), init=init)


def _dumb_init(words: Sequence[Word]) -> Layer:
    """dumb-init's options are getopt's `+hvVcr:` with long names (dumb-init.c, parse_command)."""
    single, rewrites = False, ""
    position = 1
    while position < len(words):
        text = words[position].text
        if text == "--":
            position += 1
            break
        if not text.startswith("-") or text == "-":
            break
        position += 1
        if text.startswith("--"):
            single = single or text == "--single-child"
            rewrite, equals, value = text.partition("=")
            if rewrite == "--rewrite":
                if not equals and position < len(words):
                    value = words[position].text
                    position += 1
                rewrites = _rewritten(value) or rewrites
            continue
        for index, letter in enumerate(text[1:], 1):
            single = single or letter == "c"
            if letter == "r":
                value = text[index + 1 :]
                if not value and position < len(words):
                    value = words[position].text
                    position += 1
                rewrites = _rewritten(value) or rewrites
                break
    mode = Mode.SINGLE if single else Mode.GROUP
    init = Init("dumb-init", mode)
    return Layer("dumb-init", Passing.INIT, tuple(words[position:]), init=init, rewrites=rewrites)


def _rewritten(value: str) -> str:
    signal, _, instead = value.partition(":")
    return instead if signal == "15" else ""


def _su(name: str, words: Sequence[Word]) -> Layer:
    """`su [options] [-] [user [argument...]]`, `runuser -u user [--] command`."""
    text: Word | None = None
    shell = ""
    direct = False
    rest: list[Word] = []
    position = 1
    while position < len(words):
        word = words[position].text
        following = words[position + 1] if position + 1 < len(words) else None
        if word in ("-c", "--command", "--session-command") and following:
            text, position = following, position + 2
        elif word.startswith(("--command=", "--session-command=")):
            value = word.partition("=")[2]
            text, position = replace(words[position], text=value, source=word), position + 1
        elif word in ("-s", "--shell") and following:
            shell, position = following.text, position + 2
        elif word.startswith("--shell="):
            shell, position = word.partition("=")[2], position + 1
        elif word in ("-u", "--user") and following:
            direct, position = True, position + 2
        elif word in ("-g", "-G", "-w", "--group", "--supp-group", "--whitelist-environment"):
            position += 2
        elif word == "--":
            rest += words[position + 1 :]
            break
        elif word.startswith("-"):
            position += 1
        else:
            rest.append(words[position])
            position += 1
            if direct:
                rest += words[position:]
                break
    if text is not None:
        found: tuple[Word, ...] = (text,)
    elif direct:
        return Layer(name, Passing.FORWARDS_THEN_KILLS, tuple(rest))
    else:
        found = ()
    return Layer(name, Passing.FORWARDS_THEN_KILLS, found, shell_text=bool(found), shell=shell)
