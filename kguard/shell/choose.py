"""Which command of a shell text is the program, and what keeps a shell in front of it."""

from __future__ import annotations

from collections.abc import Sequence

from kguard.record import record
from kguard.shell.lasting import Keepers
from kguard.shell.programs import Handling, Role, handling, role
from kguard.shell.steps import Frame, Step
from kguard.shell.verdict import Cause
from kguard.shell.wrappers import bare

_ASIDE = Frame.PIPE | Frame.PIPE_END | Frame.SUBSHELL | Frame.BACKGROUND | Frame.SUBSTITUTION
_PROGRAM = 3
"""The least weight of what may be a program that serves."""


def detail_of(step: Step, trapped: bool) -> Cause:
    """What keeps the shell in front of a command, the most telling part first."""
    frames = step.frames
    rounds = step.place.rounds
    if rounds and not (rounds[0].outside & _ASIDE or frames & Frame.BACKGROUND):
        # What it stands in there is over with each round.
        return Cause.LOOP
    for frame, cause in (
        (Frame.BACKGROUND, Cause.BACKGROUND),
        (Frame.PIPE | Frame.PIPE_END, Cause.PIPE),
        (Frame.SUBSTITUTION, Cause.SUBSTITUTION),
        (Frame.LOOP, Cause.LOOP),
        (Frame.CONDITION, Cause.CONDITION),
        (Frame.NEGATED, Cause.NEGATED),
        (Frame.TIMED, Cause.TIMED),
        (Frame.EVAL | Frame.SOURCE, Cause.EVAL),
    ):
        if frames & frame:
            return cause
    if not step.place.tail:
        return Cause.FOLLOWED_BY
    if trapped:
        return Cause.TRAP_SET
    if frames & Frame.FUNCTION:
        return Cause.FUNCTION
    if frames & Frame.SUBSHELL:
        return Cause.SUBSHELL
    if frames:
        return Cause.COMPOUND
    return Cause.REDIRECTION if step.command.redirects else Cause.SHELL_FORM


@record
class Choice:
    """The step that is the container's program: the one it lives for, None where all just end.

    `keepers` are the steps at which the shell stays for ever, doing nothing but that.
    """

    program: int | None
    keepers: frozenset[int]


def choose(steps: Sequence[Step]) -> Choice:
    """The program among the steps of a shell text."""
    roles = [_role(step) for step in steps]
    keepers = Keepers(steps, roles)
    idle = (each for each in keepers.found if roles[each] in (Role.KEEPALIVE, Role.UTILITY))
    return Choice(_choose(steps, roles, keepers), frozenset(idle))


def _choose(steps: Sequence[Step], roles: Sequence[Role], keepers: Keepers) -> int | None:
    weights = [_weight(step, kind) for step, kind in zip(steps, roles, strict=True)]
    best = max(weights, default=0)
    if best < _PROGRAM:
        keeper = keepers.first()
        if keeper is not None:
            return keeper
    if not best:
        return None
    found = [index for index, weight in enumerate(weights) if weight == best]
    served = [
        index
        for index in found
        if roles[index] is Role.SERVER
        and steps[index].place.sure
        and not steps[index].frames & Frame.BACKGROUND
    ]
    if served:
        return served[0]
    left = [index for index in found if not keepers.outlast(index)]
    if not left:
        return keepers.first(found[-1])
    behind = [index for index in left if steps[index].frames & Frame.BACKGROUND]
    waits = [
        index
        for index, step in enumerate(steps)
        if step.name == "wait" and not step.frames & (Frame.BACKGROUND | Frame.SUBSTITUTION)
    ]
    if behind and waits and waits[-1] > left[-1] and behind[0] < waits[-1]:
        return behind[0]
    ahead = [index for index in left if index not in behind]
    return _writer(steps, ahead) if ahead else behind[0]


def _writer(steps: Sequence[Step], programs: Sequence[int]) -> int:
    """The last of some programs; of a pipeline the first, as the others read its log.

    A server that is known reads no log.
    """
    found = programs[-1]
    if not steps[found].frames & Frame.PIPE_END:
        return found
    if handling(bare(steps[found].words)) is Handling.HANDLES:
        return found
    before = found
    while before >= 0 and steps[before].frames & Frame.PIPE_END:
        before -= 1
    while before >= 0 and steps[before].frames & Frame.PIPE:
        found = before if before in programs else found
        before -= 1
    return found


def _role(step: Step) -> Role:
    if not step.words or (step.name == "exec" and not step.replaces):
        return Role.UTILITY
    words = bare(step.words)
    return role(words) if words else Role.UTILITY


def _weight(step: Step, kind: Role) -> int:
    if kind is Role.UTILITY:
        return 0
    if step.frames & Frame.SUBSTITUTION:
        return 1
    if kind is Role.KEEPALIVE:
        return 2
    return _PROGRAM if step.frames & Frame.CONDITION else _PROGRAM + 1


def alternatives(steps: Sequence[Step], chosen: int) -> list[int]:
    """Other programs that run instead of the chosen one, in other branches of the same text."""
    if not steps[chosen].frames & Frame.BRANCH or not steps[chosen].place.tail:
        return []
    weight = _weight(steps[chosen], _role(steps[chosen]))
    return [
        index
        for index, step in enumerate(steps)
        if index != chosen
        and step.place.tail
        and step.frames & Frame.BRANCH
        and _weight(step, _role(step)) == weight
    ]
