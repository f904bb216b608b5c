"""What the analyser answers: verdicts, their causes, and the whole of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from kguard.record import field, record
from kguard.shell.workers import Worker


class Verdict(Enum):
    """What becomes of a SIGTERM that is sent to a container's main process."""

    DELIVERED = "delivered"
    """It reaches the program, and the program may finish."""
    SWALLOWED = "swallowed"
    """Nothing happens until SIGKILL."""
    CUT = "cut"
    """The container ends before the program has finished, or without telling it."""
    UNKNOWN = "unknown"
    """Nothing can be said from what is written."""


HARMFUL = (Verdict.SWALLOWED, Verdict.CUT)
"""The verdicts under which the program is not told that it is to end."""


class Shell(Enum):
    """A shell whose behaviour was measured; the values are what people call it."""

    DASH = "dash"
    BASH = "bash"
    BUSYBOX = "busybox ash"
    MKSH = "mksh"
    ZSH = "zsh"
    KSH = "ksh93"

    __hash__ = object.__hash__  # By identity, in C: they are in the keys of what is remembered.


class Cause(Enum):
    """Why a verdict is what it is; `NONE` where there is nothing to say against it."""

    NONE = "none"
    INIT_DROPS_SIGNAL = "init-drops-signal"
    INIT_WRAPS_SHELL = "init-wraps-shell"
    TRAP_ONE_WAIT = "trap-one-wait"
    PACKAGE_RUNNER = "package-runner"
    NO_DEFAULT_HANDLER = "no-default-handler"
    INTERPRETER_SCRIPT = "interpreter-script"
    KILLED_AFTER = "killed-after"
    SHELL_FORM = "shell-form"
    REDIRECTION = "redirection"
    COMPOUND = "compound"
    SUBSHELL = "subshell"
    FUNCTION = "function"
    EVAL = "eval"
    FOLLOWED_BY = "followed-by"
    PIPE = "pipe"
    LOOP = "loop"
    NEGATED = "negated"
    TIMED = "timed"
    CONDITION = "condition"
    SUBSTITUTION = "substitution"
    BACKGROUND = "background"
    ENDS_AT_ONCE = "ends-at-once"
    TRAP_SET = "trap-set"
    TRAP_DEFERRED = "trap-deferred"
    TRAP_IGNORES = "trap-ignores"
    TRAP_WITHOUT_FORWARD = "trap-without-forward"
    TRAP_EXPANDED_EARLY = "trap-expanded-early"
    TRAP_KILLS = "trap-kills"
    DETACHED = "detached"
    NOT_FORWARDED = "not-forwarded"
    SCRIPT_FILE = "script-file"
    TEMPLATE = "template"
    UNPARSABLE = "unparsable"
    NO_SHELL = "no-shell"
    NO_PROGRAM = "no-program"
    SUPERVISOR = "supervisor"
    MIXED = "mixed"


TRAPS = frozenset(
    {
        Cause.TRAP_ONE_WAIT,
        Cause.TRAP_DEFERRED,
        Cause.TRAP_IGNORES,
        Cause.TRAP_WITHOUT_FORWARD,
        Cause.TRAP_EXPANDED_EARLY,
        Cause.TRAP_KILLS,
    }
)
"""The causes that lie in a trap, and not in the place of the program."""


class Mode(Enum):
    """Whom an init signals."""

    SINGLE = "single-child"
    GROUP = "group"
    UNKNOWN = "unknown"


@record
class Init:
    """An init in front of the program: its name as written and whom it signals."""

    name: str
    mode: Mode


@record
class Outcome:
    """The answer for one shell.

    `cause` is the one policies choose by; `detail` says how the program is placed in the shell
    text where `cause` is about something in front of it. `pid1` names the process that is left as
    the container's main process, `program` holds the words of the real program as far as known,
    expansions as written. `kill_after` are the seconds after which a wrapper kills the program.
    `idle`: what the shell stays at for ever does nothing but that, as `tail -f` or a loop of naps.
    """

    verdict: Verdict
    cause: Cause = Cause.NONE
    detail: Cause = Cause.NONE
    explanation: str = ""
    pid1: str = ""
    program: tuple[str, ...] = ()
    init: Init | None = None
    kill_after: int | None = None
    shell_stays: bool = False
    idle: bool = False
    offset: int | None = None
    cure: str = ""
    script_index: int | None = None
    script_file: str = ""


@record
class Analysis:
    """The answer for an argument list: one outcome per candidate shell, and what stands for all.

    `depends` is True where `/bin/sh` decides: the outcomes are then those of different shells.
    The other fields are those of the outcome that counts, the worst one. `script_index` is the
    place in the argument list of the shell text that decides, or of the script file in which it
    stands; None where none does. `script_file` is what that file is called there, empty where the
    text is in the argument list. `offset` is that of the program's command in it, where that is in
    the way. `cure` says in words what to write. `sought` are the names under which script files
    were asked for.
    """

    outcomes: Mapping[Shell, Outcome]
    depends: bool
    cause: Cause
    detail: Cause
    explanation: str
    pid1: str
    program: tuple[str, ...]
    worker: Worker | None
    """The queue worker that the program is, if it is one."""
    init: Init | None
    kill_after: int | None
    offset: int | None
    cure: str
    script_index: int | None
    script_file: str
    sought: tuple[str, ...]

    # Worked out once: an analysis is remembered, and every policy on signals asks.
    verdict: Verdict | None = field(init=False, repr=False)
    """The verdict all candidate shells agree on, None where they differ."""
    losing: tuple[Shell, ...] = field(init=False, repr=False)
    """The candidate shells with which the program is not told."""
    harmful: bool = field(init=False, repr=False)
    """Whether it is not told, whichever candidate shell it is."""
    idle: bool = field(init=False, repr=False)
    """Whether the container only stays alive and ignores SIGTERM, whichever shell it is."""

    def __post_init__(self) -> None:
        verdicts = {outcome.verdict for outcome in self.outcomes.values()}
        losing = [s for s, outcome in self.outcomes.items() if outcome.verdict in HARMFUL]
        agreed = next(iter(verdicts)) if len(verdicts) == 1 else None
        object.__setattr__(self, "verdict", agreed)
        object.__setattr__(self, "losing", tuple(losing))
        object.__setattr__(self, "harmful", len(losing) == len(self.outcomes))
        idle = [o.idle or o.cause is Cause.NO_DEFAULT_HANDLER for o in self.outcomes.values()]
        trapped = any(outcome.detail in TRAPS for outcome in self.outcomes.values())
        swallowed = agreed is Verdict.SWALLOWED and not trapped
        object.__setattr__(self, "idle", swallowed and all(idle))


# The first of these that an outcome has is what is said of the whole.
_RANKED = (
    Cause.INIT_DROPS_SIGNAL,
    Cause.INIT_WRAPS_SHELL,
    Cause.TRAP_ONE_WAIT,
    Cause.PACKAGE_RUNNER,
    Cause.NO_DEFAULT_HANDLER,
)
_WORST = (Verdict.SWALLOWED, Verdict.CUT, Verdict.UNKNOWN, Verdict.DELIVERED)


def badness(outcome: Outcome) -> tuple[bool, int, int]:
    """A key by which the outcome that counts, of those of several shells, is the least."""
    harmful = outcome.verdict in HARMFUL
    rank = _RANKED.index(outcome.cause) if outcome.cause in _RANKED else len(_RANKED)
    return not harmful, rank, _WORST.index(outcome.verdict)
