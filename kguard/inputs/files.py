"""From the paths a user gives to the files a run reads, by the names it shows them under.

Nothing is read here but the first bytes of JSON files and, without git, .gitignore files. Named
files never start git; folders do, once each.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kguard.gitignore import LONGEST, NOTHING, Ignores, parse_patterns
from kguard.inputs import links
from kguard.inputs.git import GitUnavailableError, git_root, list_files
from kguard.inputs.names import JSON_HEAD, is_candidate, is_json, looks_like_object
from kguard.inputs.walk import ignores_in, walk
from kguard.record import field, record
from kguard.report import Skipped, Unchecked

if TYPE_CHECKING:
    from kguard.inputs.rendered import Rendered

STDIN = "-"
"""What stands for standard input among the paths."""
STDIN_NAME = "<stdin>"
"""The name standard input is shown under where the user gives none."""
MOST_SIBLINGS = 500
"""How many files beside named ones are looked at as context, per folder: a hook must stay quick."""


@record(frozen=False, eq=False, repr=False)
class Discovery:
    """What a run will read. Paths are shown relative to `base`, with forward slashes.

    `files` are to be reported on, `context` is only looked at; both are sorted and share nothing.
    `missing` are given paths that match nothing, `skipped` links in folders that lead to no file;
    `notes` say what else was left out and why, for a user who asks, `notices` what every user has
    to know. `widened` says that the context was given, so
    that all of it is one world.
    """

    base: str
    """The folder shown paths are relative to: the git root, else the working directory."""
    files: list[str] = field(default_factory=list)
    context: list[str] = field(default_factory=list)
    missing: list[Unchecked] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    stdin: str | None = None
    """The name in `files` whose text comes from standard input."""
    widened: bool = False
    whole: bool = False
    """Whether everything below `base` was listed."""
    excluded: Ignores = NOTHING
    refused: int = 0
    """How many named files are left out because they are excluded (`force_exclude`)."""
    given: set[str] = field(default_factory=set)
    """The given paths as they are shown; folders end in a slash, the base itself is empty."""
    undecodable: dict[str, str] = field(default_factory=dict)
    """Real names of files whose names are not UTF-8, by the names they are shown under."""
    rendered: list[Rendered] | None = None
    """What tools made of the files, once they have run."""

    def real_path(self, path: str) -> str:
        """The file behind a shown path."""
        return os.path.join(self.base, self.undecodable.get(path, path))

    def shown(self, path: str) -> str:
        """The name under which messages show the file at an absolute path."""
        return _relative(path, self.base) if _inside(path, self.base) else path

    def covers(self, path: str) -> bool:
        """Whether this run would have read a path, also one that no longer exists."""
        at = bisect_left(self.files, path)
        if path in self.given or self.files[at : at + 1] == [path]:
            return True
        inside = any(
            path.startswith(folder) if folder else not path.startswith("../")
            for folder in self.given
            if not folder or folder.endswith("/")
        )
        return inside and not self.excluded.ignored_with_parents(path)


def discover(
    paths: Sequence[str],
    *,
    exclude: Sequence[str] = (),
    use_gitignore: bool = True,
    force_exclude: bool = False,
    stdin_name: str = "",
    context: Sequence[str] = (),
) -> Discovery:
    """Find the files below or at `paths`, and those beside them that a check may look at.

    `exclude` are gitignore patterns relative to the base. A named file is read whatever it is
    called and whatever excludes it, unless `force_exclude`. In folders, files count by name.
    `context` replaces the default context of named files, which is the rest of their folders.
    """
    here = os.path.realpath(os.getcwd())
    root = git_root(here)
    base = root or here
    excluded = Ignores("", parse_patterns(exclude))
    found = Discovery(base, widened=bool(context), excluded=excluded)
    finder = _Finder(found, excluded, use_gitignore, force_exclude)
    named: set[str] = set()
    files: set[str] = set()
    for path in paths:
        if path == STDIN:
            found.stdin = finder.shown(os.path.join(here, stdin_name)) if stdin_name else STDIN_NAME
            named.add(found.stdin)
        else:
            found.given.add(finder.shown_as_given(path))
            finder.add(path, files, named)
    beside: set[str] = set()
    skipped = list(found.skipped)
    if context:
        for path in context:
            finder.add(path, beside, beside)
    else:
        beside.update(finder.beside(named))
    files |= named
    found.skipped = skipped  # Not of what is only looked at.
    found.files = sorted(files)
    found.context = sorted(beside - files)
    return found


@record(frozen=False, eq=False, repr=False)
class _Finder:
    """One run of `discover`."""

    found: Discovery
    excluded: Ignores
    use_gitignore: bool
    force_exclude: bool

    def add(self, given: str, below: set[str], named: set[str]) -> None:
        """Put what a given path stands for into `below` (a folder's files) or `named`."""
        try:
            kind = os.stat(given).st_mode
        except (OSError, ValueError) as error:
            self._miss(given, links.fault_of_named(given) or _reason(error))
            return
        if stat.S_ISDIR(kind):
            self._add_folder(given, below)
            return
        path = self.shown(given)
        if self.force_exclude and self.excluded.ignored_with_parents(path):
            self.found.refused += 1
            self.found.notes.append(f"`{path}` is excluded")
        else:
            named.add(path)

    def shown(self, path: str) -> str:
        """The name a file is shown under, so that one file has one name however it was reached.

        Links are followed where they lead to a place inside the base; a file outside keeps the
        name it was given, because the link is what the user knows. A device such as /dev/fd/63
        (`kguard check <(kustomize build .)`) is a link into the process, whose number changes.
        """
        if path.startswith("/dev/"):
            return self.printable(path)
        real = os.path.realpath(path)
        if not _inside(real, self.found.base):
            folder, name = os.path.split(os.path.abspath(path))
            real = os.path.join(os.path.realpath(folder), name)
        return self.printable(_relative(real, self.found.base))

    def shown_as_given(self, path: str) -> str:
        """The name of a given path, which need not exist; that of a folder ends in a slash."""
        if os.path.isdir(path):
            return self.printable(_prefix(os.path.realpath(path), self.found.base))
        return self.shown(path)

    def beside(self, named: Iterable[str]) -> Iterable[str]:
        """The other candidates in the folders of named files, without asking git."""
        folders = {path.rpartition("/")[0] for path in named if path != STDIN_NAME}
        for folder in sorted(folders):
            prefix = f"{folder}/" if folder else ""
            real = os.path.join(self.found.base, folder)
            inside = not os.path.isabs(folder) and not prefix.startswith("../")
            rules = ignores_in(self.found.base, prefix) if inside and self.use_gitignore else None
            try:
                with os.scandir(real) as entries:
                    names = sorted(entry.name for entry in entries if entry.is_file())
            except OSError:
                continue
            candidates = [
                prefix + name
                for name in names
                if is_candidate(name)
                and not (rules and rules.ignored(prefix + name, is_folder=False))
                and not self.excluded.ignored_with_parents(prefix + name)
            ]
            if len(candidates) > MOST_SIBLINGS:
                text = f"`{folder or '.'}` holds {len(candidates)} files"
                self.found.notes.append(f"{text}: only {MOST_SIBLINGS} are looked at as context")
            for path in candidates[:MOST_SIBLINGS]:
                file = os.path.join(self.found.base, path)
                if os.path.islink(file) and not _inside(os.path.realpath(file), self.found.base):
                    continue
                if not is_json(path) or _has_object(file):
                    # A link to a named file is that file, not a second object of the same name.
                    yield self.shown(file) if os.path.islink(file) else self.printable(path)

    def _add_folder(self, given: str, into: set[str]) -> None:
        folder = os.path.realpath(given)
        root = git_root(folder)
        try:
            names = self._names(folder, root)
        except OSError as error:
            self._miss(given, _reason(error))
            return
        self.found.whole |= folder == self.found.base
        listing = _Listing(self, folder, root or folder, _prefix(folder, self.found.base))
        accepted = [path for name in names if (path := listing.accept(name)) is not None]
        if not accepted:
            reason = (
                "everything in it is excluded" if listing.excluded else "nothing to check in it"
            )
            self._miss(given, reason)
        into.update(accepted)

    def _names(self, folder: str, root: str | None) -> list[str]:
        """Names of the files below a folder, relative to it.

        A folder that is ignored as a whole was named on purpose, so everything in it counts.
        """
        names = self._list(folder, root, ignoring=self.use_gitignore)
        if names or not self.use_gitignore:
            return names
        names = self._list(folder, root, ignoring=False)
        if names:
            shown = _relative(folder, self.found.base)
            self.found.notes.append(f"`{shown}` is ignored by git, and read because it was given")
        return names

    def _list(self, folder: str, root: str | None, *, ignoring: bool) -> list[str]:
        if root is None:
            why = "it is in no git repository"
        else:
            try:
                return list_files(
                    folder,
                    ignored=not ignoring,
                    miss=lambda path, why: self._unlisted(
                        os.path.join(root, path), OSError(0, why)
                    ),
                )
            except GitUnavailableError as error:
                why = str(error)
        note = f"`{_relative(folder, self.found.base)}` is searched without git: {why}"
        if note not in self.found.notes:
            self.found.notes.append(note)
        top = root or folder
        prefix = _prefix(folder, top)
        found = walk(top, prefix, use_gitignore=ignoring, tell=self._too_long, miss=self._unlisted)
        return [name[len(prefix) :] for name in found]

    def _unlisted(self, path: str, error: OSError) -> None:
        where = self.printable(_relative(path, self.found.base))
        if self.excluded.ignored_with_parents(f"{where}/any"):
            return
        if all(each.path != where for each in self.found.missing):
            self._miss(where, _reason(error))

    def _too_long(self, path: str, line: int) -> None:
        where = self.printable(_relative(path, self.found.base))
        notice = f"`{where}:{line}` ignores nothing: a pattern has at most {LONGEST} characters"
        if notice not in self.found.notices:
            self.found.notices.append(notice)

    def printable(self, path: str) -> str:
        """`path` as text that can be printed; remembers the real name where the two differ."""
        try:
            path.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            self.found.undecodable[shown] = path
            return shown
        return path

    def _miss(self, given: str, reason: str) -> None:
        shown = self.printable(self.found.shown(given))
        self.found.missing.append(Unchecked(shown, 0, 0, reason))


@record(frozen=False, eq=False, repr=False)
class _Listing:
    """The files of one folder, judged one by one: by name, by patterns, by what they are."""

    finder: _Finder
    folder: str
    tree: str
    prefix: str
    excluded: int = 0
    has_submodules: bool = field(init=False)
    real: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.has_submodules = os.path.exists(os.path.join(self.tree, ".gitmodules"))

    def accept(self, name: str) -> str | None:
        """The path a listed file is shown under, None where it is not for this run."""
        found = self.finder.found
        real = os.path.join(self.folder, name)
        if name.endswith("/"):
            found.notes.append(f"`{self.prefix}{name}` is another git repository")
            return None
        if not is_candidate(name):
            if self.has_submodules and os.path.isdir(real):  # git lists it like a file.
                found.notes.append(f"`{self.prefix}{name}` is a submodule")
            elif "." not in os.path.basename(name) and links.is_to_folder(real):  # Rarely asked.
                found.notes.append(f"`{self.prefix}{name}` is {links.FOLDER}")
            return None
        if self._is_excluded(name):
            self.excluded += 1
            return None
        try:
            kind = os.lstat(real).st_mode
        except OSError:  # Deleted in the work tree, still in git's index.
            return None
        path = self.prefix + name
        if stat.S_ISLNK(kind):
            target = os.path.realpath(real)
            why = links.fault(real) or ("" if _inside(target, self.tree) else links.OUT)
            if why:
                found.skipped.append(Skipped(self.finder.printable(path), why))
                return None
            path = _relative(target, found.base)
        elif not stat.S_ISREG(kind) or not self._is_real(os.path.dirname(name)):
            return None
        if is_json(path) and not _has_object(real):
            return None
        return self.finder.printable(path)

    def _is_excluded(self, name: str) -> bool:
        """Whether patterns exclude a file below the folder; its own name does not count."""
        rules = self.finder.excluded
        if not rules.patterns:
            return False
        parts = name.split("/")
        path = self.prefix
        for part in parts[:-1]:
            if rules.ignored(path + part, is_folder=True):
                return True
            path += part + "/"
        return rules.ignored(path + parts[-1], is_folder=False)

    def _is_real(self, folder: str) -> bool:
        """Whether no part of a folder's path is a link: git lists files behind a new one, too."""
        if not folder:
            return True
        if folder not in self.real:
            parent = os.path.dirname(folder)
            link = os.path.islink(os.path.join(self.folder, folder))
            self.real[folder] = not link and self._is_real(parent)
        return self.real[folder]


def _relative(path: str, base: str) -> str:
    """`path` as seen from `base`, with forward slashes; absolute where it is on another drive."""
    try:
        relative = os.path.relpath(path, base)
    except ValueError:
        relative = path
    return relative.replace("\\", "/") if os.sep == "\\" else relative


def _prefix(folder: str, base: str) -> str:
    """What stands before the names of files in `folder` when they are shown from `base`."""
    shown = _relative(folder, base)
    return "" if shown == "." else f"{shown}/"


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


def _has_object(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return looks_like_object(file.read(JSON_HEAD))
    except OSError:
        return True  # Reading it will say why.


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
