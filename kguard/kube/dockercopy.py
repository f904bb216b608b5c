"""Which script files an image has, and from where: COPY and ADD from the build context.

Sources: the Dockerfile reference, "COPY" (docs.docker.com/reference/dockerfile): the content of a
source that is a folder goes into the target, a pattern is one of Go's path/filepath.Match, where
nothing stands for a slash; tonistiigi/fsutil copy/copy.go (prepareTargetDir): a file goes into a
target that is a folder, with or without a slash behind its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from posixpath import normpath
from typing import Protocol

from kguard.kube.dockerlines import Instruction
from kguard.kube.dockerwords import is_pattern, words_of
from kguard.record import record

# What the default PATH of container images names (docker/docker daemon: DefaultPathEnv).
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_MOST = 500
"""Files and folders that a pattern may stand for."""


class Context(Protocol):
    """A build context; paths are relative to it and have no `.` and no slash at the end."""

    def is_file(self, path: str) -> bool:
        """Whether there is a file."""

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder; the empty path is the context itself."""

    def names(self, folder: str) -> Sequence[str]:
        """What a folder holds."""

    def text(self, path: str) -> str | None:
        """The text of a script file; None for another file, and for what cannot be read."""


@record
class Step:
    """A COPY, ADD or RUN and the working directory at that point, empty where it is not known.

    `texts` are those of its here-documents with variables put in, None for one that is not known.
    """

    instruction: Instruction
    directory: str
    texts: tuple[str | None, ...] = ()


@record
class _Said:
    """What is known of a file: its text, None where that is unknown."""

    text: str | None = None


@record(eq=False)
class Files:
    """The files that COPY and ADD bring into an image. Only those asked for are looked at."""

    steps: Sequence[Step] = ()
    context: Context | None = None

    def __eq__(self, other: object) -> bool:
        """Whether the same is brought along, wherever the instructions stand in their files."""
        return isinstance(other, Files) and self._words() == other._words()

    def _words(self) -> list[tuple[object, ...]]:
        said = ((step.instruction, step.directory, step.texts) for step in self.steps)
        return [(i.keyword, i.value, i.flags, i.heredocs, *more) for i, *more in said]

    def get(self, path: str) -> str | None:
        """The text of the script file at an absolute path; None where it is not known.

        The last instruction that may have written the file counts.
        """
        from kguard.kube.dockerrun import changes  # Late: few ask, and it reads shell texts.

        later: list[Instruction] = []
        for step in reversed(self.steps):
            if step.instruction.keyword == "RUN":
                later.append(step.instruction)
                continue
            said = self._said(step, path)
            if said is not None:
                lost = said.text is None or any(changes(each, path) for each in later)
                return None if lost else said.text
        return None

    def _said(self, step: Step, path: str) -> _Said | None:
        """What a COPY or ADD makes of a file, None where it leaves it alone."""
        instruction = step.instruction
        sources, target = sources_of(instruction)
        if not target:
            return None
        root = joined(step.directory, target)
        if path != root and not path.startswith(f"{root.rstrip('/')}/"):
            # A variable may stand for any folder.
            fixed, variable, _ = root.partition("$")
            return _Said() if variable and path.startswith(fixed) else None
        inside = path[len(root) :].lstrip("/")
        for heredoc, text in zip(instruction.heredocs, step.texts, strict=True):
            if not inside or inside == heredoc.delimiter:
                return _Said(text)
        foreign = self.context is None or _is_foreign(instruction)
        for source in reversed(sources):
            if source.startswith("<<"):
                continue
            if foreign or _is_open(source):
                said = _unseen(source, inside)
            else:
                said = self._copied(source, inside, instruction.keyword)
            if said is not None:
                return said
        return None

    def _copied(self, source: str, inside: str, keyword: str) -> _Said | None:
        """What a source from the context puts at a path inside of the target, or at the target."""
        context = self.context
        assert context is not None
        if keyword == "ADD" and _ARCHIVE.search(source):
            return _Said()  # It is unpacked.
        if not is_pattern(source):
            found: Sequence[str] | None = [source]
        else:
            found = _matching(context, source)
        if found is None:
            return _unseen(source, inside)
        for path in reversed(found):
            if context.is_folder(path):
                below = f"{path}/{inside}" if path else inside
                if inside and context.is_file(below):
                    return _Said(context.text(below))
            elif not context.is_file(path):
                said = _unseen(path, inside)
                if said is not None:
                    return said
            elif not inside or inside == path.rpartition("/")[2]:
                return _Said(context.text(path))
        return None


# What ADD unpacks, as far as names tell.
_ARCHIVE = re.compile(r"\.(tar(\.\w+)?|t[gbx]z2?)\Z")


def _unseen(source: str, inside: str) -> _Said | None:
    """What a source of which nothing is known may do to a path inside of the target.

    It may be a folder that holds the path, unless its name has an ending, as those of files do.
    """
    name = source.rpartition("/")[2]
    file = "." in name[1:] and "$" not in name
    same = fnmatchcase(inside.partition("/")[0], _for_fnmatch(name))
    return _Said() if not inside or not file or same else None


def _is_open(source: str) -> bool:
    """Whether a source is no path of the context, or none that is known."""
    return "$" in source or "://" in source


def _is_foreign(instruction: Instruction) -> bool:
    """Whether it copies from elsewhere, or in a way that is not followed here."""
    return any(flag.startswith(("--from", "--parents", "--exclude")) for flag in instruction.flags)


def sources_of(instruction: Instruction) -> tuple[list[str], str]:
    """What a COPY or ADD takes, and its target, empty where the instruction is no whole one.

    Sources have no leading `./` or `/` and no slash at the end: both stand for the context.
    """
    words = words_of(instruction.value)
    if len(words) < 2:
        return [], ""
    *found, target = words
    return [_relative(each) for each in found], target


def context_sources(instruction: Instruction) -> list[str]:
    """The sources that a COPY or ADD surely takes from the build context."""
    if instruction.keyword not in ("COPY", "ADD") or instruction.heredocs:
        return []
    if _is_foreign(instruction):
        return []
    return [each for each in sources_of(instruction)[0] if not _is_open(each)]


def _matching(context: Context, pattern: str) -> list[str] | None:
    """The files and folders of a context that fit a pattern; None where there are too many."""
    found = [""]
    for part in pattern.split("/"):
        if not is_pattern(part):
            found = [f"{folder}/{part}" if folder else part for folder in found]
            continue
        wanted = _for_fnmatch(part)
        found = [
            f"{folder}/{name}" if folder else name
            for folder in found
            for name in context.names(folder)
            if fnmatchcase(name, wanted)
        ]
        if len(found) > _MOST:
            return None
    return [path for path in found if context.is_file(path) or context.is_folder(path)]


def _for_fnmatch(pattern: str) -> str:
    """A pattern of Go's filepath.Match for one name in the words of fnmatch."""
    return re.sub(r"\\(.)", r"[\1]", pattern).replace("[^", "[!")


def paths_of(name: str, directory: str) -> Iterator[str]:
    """The absolute paths at which a file may be that is started by this name.

    `directory` is the working directory; `/` is what it is where nothing sets it.
    """
    if "/" in name:
        yield joined(directory, name)
    else:
        yield from (f"{folder}/{name}" for folder in _PATH)


def joined(directory: str, path: str) -> str:
    """A path as seen from the working directory."""
    whole = normpath(path if path.startswith("/") else f"/{directory}/{path}")
    return f"/{whole.lstrip('/')}"


def _relative(path: str) -> str:
    while path.startswith(("./", "/")):
        path = path.removeprefix(".").removeprefix("/")
    return "" if path == "." else path.rstrip("/")
