"""The parts of a shell text: words, redirections, commands. What `parse` builds, `analyse` reads.

The names follow the grammar of the POSIX shell (Shell Command Language, section 2.10), with the
additions of bash that people write in manifests. `start` and `end` are offsets into the text that
was parsed, the end exclusive; inside a backquoted substitution they count in its unescaped text.
"""

from __future__ import annotations

from typing import TypeAlias

from kguard.record import record


class Unparsable(Exception):
    """The text is no shell program this parser understands; the message says why."""


@record
class Word:
    """One word. `text` is what is left after quote removal, expansions kept as written.

    `literal` is False where an expansion contributes, so that `text` is not what the shell sees;
    `quoted` is True where any part was quoted, so that it is no reserved word or alias;
    `substitutions` are the programs inside `$(...)`, backquotes and `<(...)`. `source` is the word
    as written, empty for one that is a whole argument. `certain` is False where it was put in for
    an expansion whose value may be another one.
    """

    text: str
    start: int
    end: int
    literal: bool = True
    quoted: bool = False
    substitutions: tuple[List, ...] = ()
    source: str = ""
    certain: bool = True


@record
class Redirect:
    """A redirection. `operator` as written, without the file descriptor."""

    operator: str
    target: Word


@record
class Simple:
    """A simple command: assignments, then words, with redirections anywhere."""

    assignments: tuple[Word, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    start: int
    end: int


@record
class Group:
    """`{ ...; }` or, where `subshell`, `( ... )`."""

    body: List
    subshell: bool
    redirects: tuple[Redirect, ...] = ()


@record
class If:
    """`if` with its `elif`s: conditions with what follows them, and the `else` part."""

    branches: tuple[tuple[List, List], ...]
    otherwise: List | None
    redirects: tuple[Redirect, ...] = ()


@record
class Loop:
    """`while`, `until`, `for` or `select`; only the first two have a condition."""

    keyword: str
    condition: List | None
    body: List
    redirects: tuple[Redirect, ...] = ()


@record
class Clause:
    """A clause of a `case`: its patterns, what it runs, and `;;` or what it ends with instead."""

    patterns: tuple[Word, ...]
    body: List
    end: str


@record
class Case:
    """`case`: the subject and its clauses."""

    subject: Word
    clauses: tuple[Clause, ...]
    redirects: tuple[Redirect, ...] = ()


@record
class Function:
    """A function definition. Runs nothing by itself."""

    name: str
    body: Command


@record
class Test:
    """`[[ ... ]]` or, where `arithmetic`, `(( ... ))`: runs nothing but what it substitutes."""

    text: str
    redirects: tuple[Redirect, ...] = ()
    arithmetic: bool = False


Command: TypeAlias = Simple | Group | If | Loop | Case | Function | Test


@record
class Pipeline:
    """Commands joined by `|`; a single command is a pipeline of one."""

    commands: tuple[Command, ...]
    negated: bool = False
    timed: bool = False


@record
class Item:
    """Pipelines joined by `&&` and `||`, run in the background where `&` follows.

    `operators[i]` stands before `pipelines[i + 1]`; `fresh` is True for the first item on a line.
    """

    pipelines: tuple[Pipeline, ...]
    operators: tuple[str, ...] = ()
    background: bool = False
    fresh: bool = True


@record
class List:
    """A sequence of items, run one after the other; `end` is behind its last token on a line."""

    items: tuple[Item, ...]
    end: int = 0
