"""Which way a shell goes at a `case` or a test of its parameters, where that is certain.

After POSIX `test` and Shell Command Language 2.9.4.3 (`case`), with the `[[` and `==` that bash and
its kin understand. What depends on no parameter is left open: where a text alone would decide it,
something else is going to fill it in.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from kguard.shell.parameters import Parameters, fits, is_one, value
from kguard.shell.parse import parse
from kguard.shell.syntax import Case, Clause, Group, Item, List, Simple, Test, Unparsable, Word
from kguard.shell.verdict import Shell

_EXTENDED = frozenset((Shell.BASH, Shell.BUSYBOX, Shell.MKSH, Shell.KSH))
_DIFFERS = re.compile(r"==|\[\[|(?<!\$)\(\(|\$\{[0-9]+:[0-9]")
_COMPARISONS = {
    "-eq": operator.eq,
    "-ne": operator.ne,
    "-lt": operator.lt,
    "-le": operator.le,
    "-gt": operator.gt,
    "-ge": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,8}")
_COUNT = re.compile(r"\s*(\$#|\$\{#\})\s*([=!]=|[<>]=?)\s*([0-9]{1,9})\s*")
_SUBSTRING = re.compile(r"\$\{[0-9]+:[0-9]")
# As the value of an operand, one shell or another takes these for its own.
_GRAMMAR = frozenset(("!", "(", ")", "-a", "-o"))


def differs(text: str) -> bool:
    """Whether a text has tests that not every shell understands."""
    return bool(_DIFFERS.search(text))


def size(command: Case | Simple | Test) -> int:
    """The characters that have to be read to decide it."""
    if isinstance(command, Test):
        return len(command.text)
    words = command.words if isinstance(command, Simple) else (command.subject,)
    clauses = command.clauses if isinstance(command, Case) else ()
    patterns = (pattern for clause in clauses for pattern in clause.patterns)
    return sum(len(word.source) for word in (*words, *patterns))


def is_understood(item: Item, shell: Shell | None) -> bool:
    """Whether a shell reads an item as it is written: in dash a `[[` is no more than a command."""
    commands = [command for pipeline in item.pipelines for command in pipeline.commands]
    return shell in _EXTENDED or not any(isinstance(command, Test) for command in commands)


def taken(command: Case, known: Parameters, shell: Shell | None) -> Sequence[Clause] | None:
    """The clause that a `case` runs, or none of them; None where that is not certain."""
    subject = command.subject.source
    if "$" not in subject or any(clause.end != ";;" for clause in command.clauses):
        return None
    text = _value(command.subject, known, shell, splits=False)
    if text is None:
        return None
    for clause in command.clauses:
        found = _either(_fits(text, pattern, known, shell) for pattern in clause.patterns)
        if found is not False:
            return None if found is None else (clause,)
    return ()


def outcome(command: Simple | Test, known: Parameters, shell: Shell | None) -> bool | None:
    """Whether a test succeeds; None where that is not certain, and for other commands."""
    if isinstance(command, Test):
        return _double(command, known, shell)
    words = command.words
    if not words or command.assignments:
        return None
    if words[0].source == "[" and words[-1].source == "]":
        return _joined(words[1:-1], known, shell)
    return _joined(words[1:], known, shell) if words[0].source == "test" else None


def _joined(words: Sequence[Word], known: Parameters, shell: Shell | None) -> bool | None:
    """`[ ... -a ... -o ... ]`: `-a` binds more tightly, and `!` not alike in all shells."""
    sources = {word.source for word in words}
    operands = (_is_operand(word, known, shell) for word in words)
    if sources & {"-a", "-o"} and ("!" in sources or not all(operands)):
        return None
    return _either(
        _every(_primary(part, known, shell) for part in _split(alternative, "-a"))
        for alternative in _split(words, "-o")
    )


def _is_operand(word: Word, known: Parameters, shell: Shell | None) -> bool:
    """Whether it is one word, and none that changes what the others mean."""
    text = _value(word, known, shell, splits=True)
    return is_one(word) if text is None else word.literal or text not in _GRAMMAR


def _split(words: Sequence[Word], joint: str) -> list[Sequence[Word]]:
    at = [-1, *(n for n, word in enumerate(words) if word.source == joint), len(words)]
    return [words[start + 1 : end] for start, end in pairwise(at)]


def _primary(
    words: Sequence[Word], known: Parameters, shell: Shell | None, *, double: bool = False
) -> bool | None:
    """A test of at most three words, with `!` before it."""
    if len(words) > 1 and words[0].source == "!":
        return _not(_primary(words[1:], known, shell, double=double))
    if not any("$" in word.source for word in words) or not 1 <= len(words) <= 3:
        return None
    left = _value(words[0] if len(words) != 2 else words[1], known, shell, splits=not double)
    if left is None or left in _GRAMMAR:
        return None
    if len(words) == 1:
        return bool(left)
    if len(words) == 2:
        return {"-n": bool(left), "-z": not left}.get(words[0].source)
    sign = words[1].source
    if sign == "==" and not double and shell not in _EXTENDED:
        return None
    if sign in ("=", "==", "!="):
        same = _equal(left, words[2], known, shell, double=double)
        return _not(same) if sign == "!=" else same
    right = _value(words[2], known, shell, splits=not double)
    if sign[:1] != "-" or sign not in _COMPARISONS or right is None:
        return None
    if not _NUMBER.fullmatch(left) or not _NUMBER.fullmatch(right):
        return None
    return bool(_COMPARISONS[sign](int(left), int(right)))


def _equal(
    left: str, word: Word, known: Parameters, shell: Shell | None, *, double: bool
) -> bool | None:
    if double:
        return _fits(left, word, known, shell)
    right = _value(word, known, shell, splits=True)
    return None if right is None or right in _GRAMMAR else left == right


def _double(command: Test, known: Parameters, shell: Shell | None) -> bool | None:
    """`[[ ... ]]` is read as a list of commands: it has the same words and joints."""
    # In busybox `((` are subshells, and `[[` takes quotes and empty words as `[` does.
    if shell not in _EXTENDED or shell is Shell.BUSYBOX:
        return None
    if command.arithmetic:
        count = _COUNT.fullmatch(command.text)
        number = known.expanded("#", "", "") if count else None
        if count is None or number is None:
            return None
        return bool(_COMPARISONS[count[2]](int(number), int(count[3])))
    try:
        program = parse(command.text)
    except Unparsable:
        return None
    return _tests(program, known, shell)


def _tests(program: List, known: Parameters, shell: Shell | None) -> bool | None:
    if len(program.items) != 1 or program.items[0].background:
        return None
    item = program.items[0]
    found: list[list[bool | None]] = [[]]
    for number in range(len(item.pipelines)):
        if number and item.operators[number - 1] == "||":
            found.append([])
        found[-1].append(_test(item, number, known, shell))
    # Other than between commands, `&&` binds more tightly here.
    return _either(_every(each) for each in found)


def _test(item: Item, number: int, known: Parameters, shell: Shell | None) -> bool | None:
    pipeline = item.pipelines[number]
    command = pipeline.commands[0]
    if len(pipeline.commands) > 1 or pipeline.timed:
        return None
    found = None
    if isinstance(command, Group) and command.subshell and not command.redirects:
        found = _tests(command.body, known, shell)
    elif isinstance(command, Simple) and not (command.assignments or command.redirects):
        found = _primary(command.words, known, shell, double=True)
    return _not(found) if pipeline.negated else found


def _value(word: Word, known: Parameters, shell: Shell | None, *, splits: bool) -> str | None:
    return value(word.source, known, splits=splits) if _understood(word, shell) else None


def _fits(text: str, word: Word, known: Parameters, shell: Shell | None) -> bool | None:
    return fits(text, word.source, known) if _understood(word, shell) else None


def _understood(word: Word, shell: Shell | None) -> bool:
    return shell in _EXTENDED or not _SUBSTRING.search(word.source)


def _not(found: bool | None) -> bool | None:
    return None if found is None else not found


def _either(found: Iterable[bool | None]) -> bool | None:
    """Whether any of them is true, where some are not known; no more is asked than is needed."""
    sure = True
    for each in found:
        if each:
            return True
        sure = sure and each is not None
    return False if sure else None


def _every(found: Iterable[bool | None]) -> bool | None:
    """Whether all of them are true, where some are not known."""
    return _not(_either(_not(each) for each in found))
