"""Which patches of a kustomization and those below it change an object, and in which order.

Source: kustomize api/internal/target (accumulateTarget, configureBuiltinTransformers) for the
order; api/resmap (GetById, Select) and plugin/builtin/patchtransformer for what is patched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from kguard.inputs.kustomize import Kustomizations, listed, local_paths
from kguard.inputs.patched import Patch
from kguard.model import Route, dig
from kguard.record import field, record
from kguard.source import Document, SourceFile

MOST_WAYS = 16
"""In how many ways a file may be part of a kustomization for its patches to be told apart."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.|")

_Id = tuple[str, str]
"""Name and namespace, as they are or were at some time."""


@record(eq=False)
class _Entry:
    """An entry of a list of patches, with the selector of what it is for."""

    patches: tuple[Patch, ...]
    target: Any = None


@record(eq=False)
class _Level:
    """What one kustomization does: patches, names, and (`late`) patches after that.

    `renames` says that a patch may change names or kinds, so that nothing is known afterwards.
    """

    early: tuple[_Entry, ...]
    late: tuple[_Entry, ...]
    prefix: str
    suffix: str
    namespace: str
    renames: bool


_Way = tuple[_Level, ...]
"""The kustomizations an object goes through, from its own to the one that is built."""


@record(frozen=False, eq=False, repr=False)
class PatchWays:
    """The patches of the objects that one kustomization builds.

    `own` gives the path of the kustomization of a folder, `read` a file by its path.
    """

    known: Kustomizations
    folder: str
    own: Callable[[str], str]
    read: Callable[[str], SourceFile | None]
    _ways: dict[str, list[_Way]] | None = None
    _levels: dict[str, _Level] = field(default_factory=dict)

    def of(
        self, path: str, original: Mapping[str, Any], built: Mapping[str, Any]
    ) -> list[tuple[Patch, bool]]:
        """The patches of an object of a file in the order they are applied, and whether each
        certainly is; none where it is not known what the object went through.
        """
        ways = self._known_ways(path)
        first, last = _id(original), _id(built)
        fitting = [way for way in ways if _renamed(way, first) == last]
        # Namespaces, roles and the like do not get the namespace or prefix of others.
        fitting = fitting or [
            way
            for way in ways
            if last[0] in (first[0], _renamed(way, first)[0])
            and last[1] in (first[1], _renamed(way, first)[1])
        ]
        if len(fitting) != 1 or any(level.renames for level in fitting[0]):
            return []
        return list(_applied(fitting[0], original, built))

    def leads_to(self, path: str, original: Mapping[str, Any], built: Mapping[str, Any]) -> bool:
        """Whether an object of a file gets the name and the namespace of one that was built."""
        first, last = _id(original), _id(built)
        return any(_renamed(way, first) == last for way in self._known_ways(path))

    def _known_ways(self, path: str) -> list[_Way]:
        if self._ways is None:
            self._ways = self._through(self.folder, {}, ())
        ways = self._ways.get(path, [])
        return ways if len(ways) <= MOST_WAYS else []

    def _through(
        self, folder: str, entering: dict[str, list[_Way]], inside: tuple[str, ...]
    ) -> dict[str, list[_Way]]:
        """The ways of each file through a kustomization, which gets those that are `entering`."""
        known = self.known.of(folder)
        if known is None or folder in inside:
            return entering
        found = {path: list(ways) for path, ways in entering.items()}
        for part in known.parts[: len(known.parts) - len(known.components)]:
            if self.known.of(part) is None:
                found.setdefault(part, []).append(())
                continue
            for path, ways in self._through(part, {}, (*inside, folder)).items():
                found.setdefault(path, []).extend(ways)
        for part in known.components:
            found = self._through(part, found, (*inside, folder))
        level = self._level(folder)
        return {
            path: [(*way, level) for way in ways[: MOST_WAYS + 1]] for path, ways in found.items()
        }

    def _level(self, folder: str) -> _Level:
        if folder not in self._levels:
            path = self.own(folder)
            source = self.read(path)
            document = source.documents[0] if source is not None and source.documents else None
            data = document.data if document is not None else None
            early: list[_Entry] = []
            late: list[_Entry] = []
            renames = False
            if document is not None:
                for number, entry in enumerate(listed(data, "patchesStrategicMerge")):
                    text = entry if isinstance(entry, str) and "\n" in entry.strip() else None
                    where = ("patchesStrategicMerge", number)
                    early.append(_Entry(self._patches(folder, document, where, text, entry)))
                for key, entries in (("patches", early), ("patchesJson6902", late)):
                    for number, entry in enumerate(listed(data, key)):
                        text, name = dig(entry, "patch"), dig(entry, "path")
                        patches = self._patches(
                            folder, document, (key, number, "patch"), text, name
                        )
                        entries.append(_Entry(patches, dig(entry, "target")))
                        renames |= bool(dig(entry, "options"))
            texts = (dig(data, key) for key in ("namePrefix", "nameSuffix", "namespace"))
            prefix, suffix, space = (text if isinstance(text, str) else "" for text in texts)
            level = _Level(tuple(early), tuple(late), prefix, suffix, space, renames)
            self._levels[folder] = level
        return self._levels[folder]

    def _patches(
        self, folder: str, document: Document, where: Route, text: Any, name: Any
    ) -> tuple[Patch, ...]:
        """The documents of a patch: of a text in a kustomization, else of a file it names."""
        if isinstance(text, str):
            from kguard.source.embedded import read_embedded

            path = self.own(folder)
            return tuple(
                Patch(path, document, data, (*where, number))
                for number, data in read_embedded(text).data.items()
            )
        found: list[Patch] = []
        for path in local_paths(folder, [name]):
            source = self.read(path)
            if source is not None:
                found += (Patch(path, each, each.data) for each in source.documents)
        return tuple(found)


def _id(data: Any) -> _Id:
    name, namespace = dig(data, "metadata", "name"), dig(data, "metadata", "namespace")
    return (
        name if isinstance(name, str) else "",
        namespace if isinstance(namespace, str) else "",
    )


def _renamed(way: Sequence[_Level], id: _Id) -> _Id:
    name, namespace = id
    for level in way:
        name = f"{level.prefix}{name}{level.suffix}"
        namespace = level.namespace or namespace
    return name, namespace


def _applied(
    way: _Way, original: Mapping[str, Any], built: Mapping[str, Any]
) -> Iterator[tuple[Patch, bool]]:
    ids = [_id(original)]
    for level in way:
        for entries in (level.early, level.late):
            for entry in entries:
                for patch in entry.patches:
                    fits = _selects(entry, patch, original, built, ids)
                    if fits is not False:
                        yield patch, fits is True
            if entries is level.early:
                ids.append(_renamed((level,), ids[-1]))


def _selects(
    entry: _Entry,
    patch: Patch,
    original: Mapping[str, Any],
    built: Mapping[str, Any],
    ids: Sequence[_Id],
) -> bool | None:
    """Whether a patch is for an object that had these names; None where that is not known."""
    if entry.target is None:
        if not isinstance(patch.data, Mapping):
            return False
        name, namespace = _id(patch.data)
        return all(patch.data.get(key) == original.get(key) for key in ("apiVersion", "kind")) and (
            (name, namespace or "default") in [(one, other or "default") for one, other in ids]
        )
    group, _, version = str(original.get("apiVersion")).rpartition("/")
    own = {"group": [group], "version": [version], "kind": [str(original.get("kind"))]}
    names, spaces = zip(ids[0], ids[-1], strict=True)
    own["name"] = list(names)
    own["namespace"] = [text for space in spaces for text in (space, space or "default")]
    answers = [_matches(dig(entry.target, key), texts) for key, texts in own.items()]
    for key, route in (("labelSelector", "labels"), ("annotationSelector", "annotations")):
        ends = [dig(data, "metadata", route) for data in (original, built)]
        answers.append(_have(dig(entry.target, key), ends))
    if False in answers:
        return False
    return None if None in answers else True


def _matches(pattern: Any, texts: Sequence[str]) -> bool | None:
    """Whether an anchored pattern of Go matches one of the texts; None where it is not simple.

    It comes from a file, so no regular expression is made of it.
    """
    if pattern is None or pattern == "":
        return True
    if not isinstance(pattern, str):
        return None
    if not set(pattern.replace(".*", "")) <= _PLAIN:
        return None
    glob = pattern.replace(".*", "*").replace(".", "?")
    if any(fnmatchcase(text, each) for each in glob.split("|") for text in texts):
        return True
    return None if "|" in glob else False


def _have(selector: Any, labels: Sequence[Any]) -> bool | None:
    """Whether all of these labels have what a selector asks for: None where not, as an object may
    be given others on the way from the first to the last.
    """
    if selector is None or selector == "":
        return True
    terms = selector.split(",") if isinstance(selector, str) else [""]
    pairs = [term.strip().partition("=") for term in terms]
    fits = (eq and dig(each, key) == value for key, eq, value in pairs for each in labels)
    return True if all(fits) else None
