"""Write ignores into a file for the findings in it: `--add-ignore REASON [--until DATE]`.

Text is only added: line ends, the byte order mark, a missing last line end and every column of
what was there stay. Each comment is tried by reading the result, so that one that would change
what Kubernetes sees, or would not hide its finding, is never written.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kguard.atomic import write_atomically
from kguard.ignore import grammar
from kguard.ignore.find import covered_lines
from kguard.ignore.grammar import Directive, Explained, GrammarError
from kguard.ignore.hide import EXPIRED, UNEXPLAINED, UNUSED
from kguard.model import dig
from kguard.record import field, record
from kguard.report import Located

if TYPE_CHECKING:
    import datetime

    from kguard.ignore.world import SourceLike

    Read = Callable[[str, bytes], SourceLike]

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_CONTROL = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")


@record
class Impossible:
    """A finding that no comment can hide, and why."""

    located: Located
    reason: str


@record
class Addition:
    """The new content of a file, the findings it hides, and those that no comment can."""

    data: bytes
    added: tuple[Located, ...] = ()
    impossible: tuple[Impossible, ...] = ()


def explanation(reason: str, until: datetime.date | None) -> Explained:
    """Reason and date as given on the command line, fit for a comment.

    Raises GrammarError for a reason that is empty, or that a reader would take for something else.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise GrammarError("a reason is needed: say why these findings are accepted")
    if _CONTROL.search(reason):
        raise GrammarError("the reason holds a control character")
    why = Explained(reason, until)
    read = list(grammar.directives(grammar.compose(("x",), why)))
    if len(read) != 1 or not isinstance(read[0], Directive) or read[0].why != why:
        raise GrammarError(f"the reason `{reason}` would be read as something else in a comment")
    return why


def add_ignores(
    path: str,
    data: bytes,
    located: Iterable[Located],
    why: Explained,
    *,
    read: Read,
    today: datetime.date,
) -> Addition:
    """Add comments to the content of a file so that its findings are ignored.

    A comment goes to the end of the line the finding is shown at, joined to one of kguard's that
    stands there; where text follows on the next line (block scalars, Dockerfiles) it goes above.
    For what is inside of a text, a manifest of Argo's for instance, it goes above the text's key.
    JSON has no comments, and findings about ignores get none. `read` reads such a file; `why`
    comes from `explanation`.
    """
    by_line: dict[int, list[Located]] = defaultdict(list)
    refused: list[Impossible] = []
    for item in located:
        if item.finding.policy in (UNUSED, UNEXPLAINED):
            refused.append(Impossible(item, "remove that ignore, or give it a reason"))
        elif item.finding.policy != EXPIRED:  # What it hid is here too, and gets a new comment.
            by_line[item.span.line].append(item)
    source = read(path, data)
    why_not = _refusal(path, data, source)
    if why_not:
        refused += [Impossible(item, why_not) for line in by_line for item in by_line[line]]
        return Addition(data, impossible=tuple(refused))
    trial = _Trial(path, data, source, read, why, today, _names(by_line))
    at_end = trial.possible(sorted(by_line), above=False)
    rest = [line for line in sorted(by_line) if line not in at_end]
    above = trial.possible(rest, above=True, beside=at_end)
    added = [item for line in sorted({*at_end, *above}) for item in by_line[line]]
    left = [item for line in rest if line not in above for item in by_line[line]]
    inside: dict[int, list[Located]] = defaultdict(list)
    for item in left:
        if key := _line_of_text(source, item):
            inside[key + sum(1 for line in above if line <= key)].append(item)
    data = trial.text(at_end, above)
    if inside:
        # The comment covers other lines than its own, so it is apart from those above.
        reach = {line: max(item.span.line for item in inside[line]) for line in inside}
        reach = {
            line: last + sum(1 for each in above if each <= last) for line, last in reach.items()
        }
        trial = _Trial(path, data, read(path, data), read, why, today, _names(inside), reach)
        over = trial.possible(sorted(inside), above=True)
        data = trial.text((), over)
        hidden = [item for line in sorted(over) for item in inside[line]]
        added += hidden
        done = set(map(id, hidden))
        left = [item for item in left if id(item) not in done]
    refused += [Impossible(item, "no comment can stand at this line or above it") for item in left]
    return Addition(data, tuple(added), tuple(refused))


def write_file(path: str, addition: Addition) -> None:
    """Replace a file by its new content, keeping its mode; raises OSError and leaves the old."""
    write_atomically(path, addition.data)


def _names(by_line: Mapping[int, Sequence[Located]]) -> dict[int, tuple[str, ...]]:
    return {
        line: tuple(dict.fromkeys(sorted(item.finding.policy for item in items)))
        for line, items in by_line.items()
    }


def _line_of_text(source: SourceLike, item: Located) -> int:
    """The line of the key or dash at which the text begins that a finding is shown in; 0: none."""
    line = item.span.line
    origin = item.finding.resource.origin
    route = (*origin.prefix, *item.finding.route)
    documents = [document for document in source.documents if document.line <= line]
    if not documents or item.rendering is not None:
        return 0
    for depth in range(1, len(route) + 1):
        if isinstance(dig(documents[-1].data, *route[:depth]), str):
            first, last = documents[-1].extent(route[:depth])
            return first if first < line <= last else 0
    return 0


def _refusal(path: str, data: bytes, source: SourceLike) -> str:
    """Why nothing can be written into a file, empty where it can."""
    if source.errors:
        return "the file could not be read in full"
    text = data.decode("utf-8-sig", "replace")
    if path.lower().endswith(".json"):
        return "JSON has no comments"
    if text.lstrip()[:1] in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return ""
        return "JSON has no comments"
    return ""


@record
class _Trial:
    """A file, and what happens to it when comments are added to some of its lines."""

    path: str
    data: bytes
    source: SourceLike
    read: Read
    why: Explained
    today: datetime.date
    names: Mapping[int, tuple[str, ...]]
    reach: Mapping[int, int] = field(default_factory=dict)
    """The last line that a comment above a line has to cover, where it is not that line."""

    def possible(
        self, lines: Sequence[int], *, above: bool, beside: Collection[int] = ()
    ) -> set[int]:
        """Those of `lines` at which a comment works: all at once, else by halves.

        So n comments of which k do not work cost about k·log n readings instead of n.
        """
        if not lines:
            return set()
        at_end, on_top = (beside, lines) if above else (lines, ())
        if self._works(at_end, on_top, lines):
            return set(lines)
        if len(lines) == 1:
            return set()
        half = len(lines) // 2
        return self.possible(lines[:half], above=above, beside=beside) | self.possible(
            lines[half:], above=above, beside=beside
        )

    def _works(self, at_end: Collection[int], above: Collection[int], asked: Sequence[int]) -> bool:
        """Whether the data stays what it is and every comment covers the line it is meant for."""
        result = self.read(self.path, self.text(at_end, above))
        if result.errors or not _same_data(self.source, result):
            return False
        comments = {comment.line: comment for comment in result.comments}
        shift, moved = 0, {}
        for line in sorted({*at_end, *above}):
            shift += line in above
            moved[line] = line + shift
        for line in asked:
            now = moved[line]
            comment = comments.get(now - 1 if line in above else now)
            if comment is None or comment.own_line is not (line in above):
                return False
            if comment.own_line:
                covered = covered_lines(result, comment.line)
                last = now + self.reach.get(line, line) - line
                if covered is None or not covered[0] <= now <= last <= covered[1]:
                    return False
        return True

    def text(self, at_end: Collection[int], above: Collection[int]) -> bytes:
        """The file with comments at the end of some lines and above others."""
        if not at_end and not above:
            return self.data
        text = self.data.decode("utf-8", "surrogateescape")
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        out = [mark]
        for number, (body, end) in enumerate(_LINE.findall(text[len(mark) :]), start=1):
            if number in above:
                indent = body[: len(body) - len(body.lstrip(" \t"))]
                comment = grammar.compose(self.names[number], self.why)
                out.append(f"{indent}{comment}{end or self._line_end(text)}")
            out.append((self._commented(number, body) if number in at_end else body) + end)
        return "".join(out).encode("utf-8", "surrogateescape")

    def _commented(self, number: int, body: str) -> str:
        """A line with the comment at its end, in place of a worn-out one of kguard's."""
        names = self.names[number]
        comment = next((c for c in self.source.comments if c.line == number), None)
        if comment is None:
            gap = " " * max(0, 2 - (len(body) - len(body.rstrip())))
            return f"{body}{gap}{grammar.compose(names, self.why)}"
        code, old = body[: comment.column - 1], body[comment.column - 1 :]
        return code + _merged(old, names, self.why, self.today)

    def _line_end(self, text: str) -> str:
        return "\r\n" if "\r\n" in text else "\n"


def _merged(comment: str, names: tuple[str, ...], why: Explained, today: datetime.date) -> str:
    """A comment with `names` ignored in it as well.

    They join a directive with the same reason and date, else one of their own is appended. A
    directive that has expired gives up those names: with the new one it would hide nothing.
    """
    out, done, joined = [], 0, False
    for item in grammar.directives(comment):
        if not isinstance(item, Directive):
            continue
        out.append(comment[done : item.start])
        done = item.end
        text = comment[item.start : item.end]
        if item.why == why and not item.whole_file and not joined:
            text = grammar.compose(tuple(dict.fromkeys([*item.names, *names])), why)
            joined = True
        elif item.why.until is not None and item.why.until < today and not item.whole_file:
            left = tuple(name for name in item.names if name not in names)
            if left != item.names:
                text = grammar.compose(left, item.why) if left else ""
        out.append(text)
    out.append(comment[done:])
    kept = "".join(out).rstrip()
    if joined:
        return kept
    return f"{kept} {grammar.compose(names, why)}" if kept else grammar.compose(names, why)


def _same_data(before: SourceLike, after: SourceLike) -> bool:
    return [document.data for document in before.documents] == [
        document.data for document in after.documents
    ]
