"""Apply the fixes of one file's findings to its text.

Line ends, the byte order mark, comments and every line without a change stay as they are. What is
written is read again: a document that does not hold exactly what was intended, or lost a comment,
is not changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kguard.fix.draft import Change
from kguard.fix.edit import changes
from kguard.fix.intend import Taken, same, with_edits
from kguard.fix.refuse import SHARED, RefusedError, document_refusal, file_refusal
from kguard.model import Edit, dig
from kguard.record import field, record
from kguard.report import Located
from kguard.source import Comment, Document, SourceFile, read


@record
class Refusal:
    """A finding whose fix is not made, and why."""

    located: Located
    reason: str


@record
class FixedFile:
    """The new content of a file, the findings fixed in it, and those that are not.

    `later` are findings whose fix touches what another one has changed, or cannot be made beside
    the others: they are to be looked for in the new content. `lost` are the comments of the old
    content that stood with what is removed.
    """

    data: bytes
    fixed: tuple[Located, ...] = ()
    refused: tuple[Refusal, ...] = ()
    later: tuple[Located, ...] = ()
    lost: tuple[Comment, ...] = ()


Reader = Callable[[str, bytes], Any]


def fix_file(
    path: str, data: bytes, located: Iterable[Located], *, reader: Reader = read
) -> FixedFile:
    """Make the fixes of findings in a file with this content; findings without one are left out.

    Of fixes that contradict each other the first in the order of the report is made. `reader`
    reads a file of this name.
    """
    items = sorted((item for item in located if item.finding.fix), key=lambda item: item.order)
    if not items:
        return FixedFile(data)
    source = reader(path, data)
    reason = "it is in a file of another kind" if not isinstance(source, SourceFile) else ""
    reason = reason or file_refusal(source)
    if reason:
        return FixedFile(data, refused=tuple(Refusal(item, reason) for item in items))
    trial = _Trial(path, data, source)
    candidates = [item for item in items if trial.admits(item)]
    fixed = trial.possible(candidates, [])
    later = [item for item in candidates if id(item) in trial.later]
    if fixed:
        data = trial.result(fixed)
    return FixedFile(data, tuple(fixed), tuple(trial.refused), tuple(later), trial.lost)


@record(frozen=False)
class _Trial:
    """A file, and what comes of making fixes in it."""

    path: str
    data: bytes
    source: SourceFile
    text: str = field(init=False)
    breaks: list[int] = field(init=False)
    """Where in the text with `\\n` line ends a `\\n` stands for `\\r\\n`."""
    documents: Mapping[int, Document] = field(init=False)
    taken: dict[int, Taken] = field(default_factory=dict)
    templates: dict[int, str] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    later: set[int] = field(default_factory=set)
    lost: tuple[Comment, ...] = ()
    """The comments that the last result has no more."""
    last: tuple[list[int], bytes] = ([], b"")
    """The fixes made last, by id(), and the content of the file with them."""

    def __post_init__(self) -> None:
        self.text = self.data.decode("utf-8-sig")
        self.documents = {document.index: document for document in self.source.documents}
        self.breaks = []
        if "\r\n" in self.text:
            found = self.text.find("\r\n")
            while found >= 0:
                self.breaks.append(found - len(self.breaks))
                found = self.text.find("\r\n", found + 2)

    def admits(self, item: Located) -> bool:
        """Whether a fix can be tried, beside those admitted before it."""
        origin = item.finding.resource.origin
        document = self.documents.get(origin.document)
        if document is None or not _is_written(document, item):
            reason = "the object is not written in the file like that"
        else:
            if origin.document not in self.templates:
                self.templates[origin.document] = document_refusal(document.locator.text)
            reason = self.templates[origin.document]
        if reason:
            self.refused.append(Refusal(item, reason))
            return False
        taken = self.taken.setdefault(origin.document, Taken())
        mine = [((*origin.prefix, *edit.route), edit.value) for edit in _edits(item)]
        if any(taken.conflicts(*one) for one in mine):
            self.later.add(id(item))
        else:
            for one in mine:
                taken.add(*one)
        return True

    def possible(self, items: Sequence[Located], given: Sequence[Located]) -> list[Located]:
        """Those of `items` that can be made beside those given: all at once, else by halves."""
        items = [item for item in items if id(item) not in self.later]
        if not items:
            return []
        try:
            self.result([*given, *items])
        except RefusedError as refused:
            if len(items) == 1:
                if given and self.possible(items, []):
                    self.later.add(id(items[0]))  # It is the others that stand in its way.
                elif not given:
                    self.refused.append(Refusal(items[0], str(refused)))
                return []
        else:
            return list(items)
        half = len(items) // 2
        first = self.possible(items[:half], given)
        return first + self.possible(items[half:], [*given, *first])

    def result(self, items: Sequence[Located]) -> bytes:
        """The content of the file with these fixes made; raises RefusedError."""
        if [id(item) for item in items] == self.last[0]:
            return self.last[1]
        intended = {index: document.data for index, document in self.documents.items()}
        for item in items:
            origin = item.finding.resource.origin
            index = origin.document
            intended[index] = with_edits(intended[index], _edits(item), origin.prefix)
        made: list[Change] = []
        for index, document in self.documents.items():
            if intended[index] is document.data:
                continue
            locator, offset = document.locator, document.locator.offset
            made += (
                Change(offset + each.start, offset + each.end, each.text)
                for each in changes(locator, document.data, intended[index], json=document.is_json)
            )
        data = self._written(made)
        kept, lost = self._comments(made)
        self._verify(data, intended, kept)
        self.lost = tuple(comment for comment in lost if comment.text)
        self.last = [id(item) for item in items], data
        return data

    def _written(self, made: Sequence[Change]) -> bytes:
        out: list[str] = []
        done = 0
        for change in made:
            start = self._raw(change.start)
            out += self.text[done:start], change.text.replace("\n", self._line_end(start))
            done = self._raw(change.end)
        text = "".join([*out, self.text[done:]])
        return (b"\xef\xbb\xbf" if self.source.bom else b"") + text.encode("utf-8")

    def _raw(self, offset: int) -> int:
        """The offset in the text as it is in the file."""
        return offset + bisect_left(self.breaks, offset)

    def _line_end(self, at: int) -> str:
        """The line end used around an offset of the raw text: the next one, else the last."""
        if "\r" not in self.text:
            return "\n"
        found = min((i for i in (self.text.find(c, at) for c in "\r\n") if i >= 0), default=-1)
        if found < 0:
            found = max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at))
            if found > 0 and self.text[found - 1 : found + 1] == "\r\n":
                found -= 1
        if found < 0 or self.text[found] == "\n":
            return "\n"
        return "\r\n" if self.text[found : found + 2] == "\r\n" else "\r"

    def _verify(
        self, data: bytes, intended: Mapping[int, Any], comments: Sequence[Comment]
    ) -> None:
        """Raise RefusedError unless the new content holds what is intended, and these comments."""
        after = read(self.path, data)
        if after.errors:
            lost = after.errors[0].message.startswith("unknown anchor")
            raise RefusedError(SHARED if lost else "the result could not be read")
        now = {document.index: document.data for document in after.documents}
        if now.keys() != intended.keys() or any(
            not same(now[index], intended[index]) for index in now
        ):
            raise RefusedError("the result would not hold what is intended, and nothing else")
        if [comment.text for comment in after.comments] != [each.text for each in comments]:
            raise RefusedError("a comment would be lost")

    def _comments(self, made: Sequence[Change]) -> tuple[list[Comment], list[Comment]]:
        """The comments outside of the text that is replaced, and those within."""
        starts = [0]
        for line in self.source.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        begins = [change.start for change in made]
        kept: list[Comment] = []
        lost: list[Comment] = []
        for comment in self.source.comments:
            at = starts[comment.line - 1] + comment.column - 1
            # Insertions may begin where a replacement does: the change that covers it is the last.
            number = bisect_right(begins, at) - 1
            outside = number < 0 or at >= made[number].end
            (kept if outside else lost).append(comment)
        return kept, lost


def _edits(item: Located) -> tuple[Edit, ...]:
    fix = item.finding.fix
    return fix.edits if fix is not None else ()


def _is_written(document: Document, item: Located) -> bool:
    """Whether the document holds the object as the policy saw it; items of a list of one kind
    need not repeat that kind.
    """
    resource = item.finding.resource
    written = dig(document.data, *resource.origin.prefix)
    if not isinstance(written, dict):
        return False
    seen = {key: value for key, value in resource.data.items() if key in written}
    return same(seen, written) and resource.data.keys() - written.keys() <= {"apiVersion", "kind"}
