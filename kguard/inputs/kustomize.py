"""What kustomizations say about the files around them: which are patches, which are patched.

Nothing is built here. A patch is no object, and what an overlay adds to a base is not known, so a
base that is patched somewhere cannot be accused of what it lacks.
"""

from __future__ import annotations

import os
import posixpath
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from kguard.inputs.names import KUSTOMIZATIONS, is_candidate
from kguard.model import dig
from kguard.record import field, record

MOST_FOLDERS = 2000
"""How many folders are searched for overlays of one base; 40 µs each."""
_LARGEST = 1024 * 1024
_OTHERS = frozenset({"node_modules", "vendor", "__pycache__"})


@record
class Kustomization:
    """One kustomization or component, with all paths as they are shown.

    `patches` are the patch files it lists, `inline` whether it holds patches itself, `parts` the
    folders and files it builds on, `components` those of them that may patch the others. `images`
    are the names it gives another tag, name or digest. A component is used by others only.
    `settings` are its files that hold neither objects nor patches but say how to build, `contents`
    those whose text goes into what it generates.
    """

    patches: frozenset[str]
    inline: bool
    parts: tuple[str, ...]
    components: tuple[str, ...]
    images: frozenset[str]
    component: bool = False
    settings: frozenset[str] = frozenset()
    contents: frozenset[str] = frozenset()


def parse(folder: str, data: Any) -> Kustomization:
    """The kustomization of `folder`; fields of an unexpected shape count as absent.

    Fields: kustomize api/types/kustomization.go and patch.go; `bases`, `patchesStrategicMerge` and
    `patchesJson6902` are deprecated there, and still read.
    """
    patches: set[str] = set()
    inline = False
    for patch in (*listed(data, "patches"), *listed(data, "patchesJson6902")):
        inline |= isinstance(dig(patch, "patch"), str)
        patches.update(local_paths(folder, [dig(patch, "path")]))
    for entry in listed(data, "patchesStrategicMerge"):
        # A file, or the patch itself as text.
        if isinstance(entry, str) and "\n" in entry.strip():
            inline = True
        else:
            patches.update(local_paths(folder, [entry]))
    components = tuple(local_paths(folder, listed(data, "components")))
    parts = (
        *local_paths(folder, [*listed(data, "resources"), *listed(data, "bases")]),
        *components,
    )
    images = (dig(image, "name") for image in listed(data, "images"))
    named = frozenset(name for name in images if isinstance(name, str))
    component = dig(data, "kind") == "Component"
    settings = frozenset(local_paths(folder, _settings(data)))
    contents = frozenset(local_paths(folder, _contents(data)))
    return Kustomization(
        frozenset(patches), inline, parts, components, named, component, settings, contents
    )


def _settings(data: Any) -> Iterator[Any]:
    """The entries that name files with plugins, or with what kustomize has to know of fields."""
    for key in ("configurations", "generators", "transformers", "validators"):
        yield from listed(data, key)
    yield from (dig(entry, "path") for entry in listed(data, "replacements"))
    yield dig(data, "openapi", "path")


def _contents(data: Any) -> Iterator[Any]:
    """The entries that name files a ConfigMap or Secret is generated from, or a chart's values.

    A file may have a key before it: `files: [app.conf=conf/app.conf]`.
    """
    for generator in (*listed(data, "configMapGenerator"), *listed(data, "secretGenerator")):
        for entry in (*listed(generator, "files"), *listed(generator, "envs")):
            yield entry.rpartition("=")[2] if isinstance(entry, str) else None
        yield dig(generator, "env")
    for chart in listed(data, "helmCharts"):
        yield from (dig(chart, "valuesFile"), *listed(chart, "additionalValuesFiles"))


def listed(data: Any, key: str) -> list[Any]:
    """The list at a key of a kustomization; empty where there is none."""
    value = dig(data, key)
    return value if isinstance(value, list) else []


def local_paths(folder: str, entries: Iterable[Any]) -> Iterator[str]:
    """The local paths among entries; remote ones name no file here and so do no harm."""
    for entry in entries:
        if isinstance(entry, str) and entry and "://" not in entry:
            path = posixpath.normpath(posixpath.join(folder, entry))
            yield "" if path == "." else path


@record(frozen=False, eq=False, repr=False)
class Kustomizations:
    """The kustomizations around the files of a run, read when they are asked for.

    Paths are relative to `base`; nothing above it is read.
    """

    base: str
    _known: dict[str, Kustomization | None] = field(default_factory=dict)
    _searched: set[str] = field(default_factory=set)

    def of(self, folder: str) -> Kustomization | None:
        """The kustomization of a folder, None where it has none that can be read."""
        if folder not in self._known:
            unreadable = _outside(folder) or is_candidate(folder)
            self._known[folder] = None if unreadable else self._read(folder)
        return self._known[folder]

    def nearest(self, folder: str) -> str | None:
        """The nearest folder at or above this one that has a kustomization."""
        while self.of(folder) is None:
            if not folder or _outside(folder):
                return None
            folder = folder.rpartition("/")[0]
        return folder

    def look_around(self, folders: Iterable[str], most: int = MOST_FOLDERS) -> None:
        """Find overlays that patch these folders: beside them first, then ever further up."""
        rings = {folder: folder.rpartition("/")[0] for folder in folders}
        while rings:
            patched = self.patched()
            rings = {folder: ring for folder, ring in rings.items() if folder not in patched}
            pending = deque(sorted(set(rings.values())))
            while pending and len(self._searched) < most:
                ring = pending.popleft()
                if ring not in self._searched:
                    self._searched.add(ring)
                    pending.extend(self._search(ring))
            rings = {folder: ring.rpartition("/")[0] for folder, ring in rings.items() if ring}

    def look_above(self, paths: Iterable[str]) -> None:
        """Find the kustomizations that may name these files: kustomize reads no file above one."""
        folders = {path.rpartition("/")[0] for path in paths}
        while folders:
            for folder in folders:
                self.of(folder)
            folders = {folder.rpartition("/")[0] for folder in folders if folder}

    def users(self, path: str) -> set[str]:
        """The folders of the known kustomizations that name a file, or that are made by it."""
        return {
            folder
            for folder, known in self._known.items()
            if known is not None
            and (
                path in known.parts
                or path in known.patches
                or path in known.settings
                or path in known.contents
                or path in _own_files(folder)
            )
        }

    def only_for_components(self, path: str) -> bool:
        """Whether a file is nothing but the file, a patch or the like of components."""
        users = self.users(path)
        return bool(users) and all(
            known.component and path not in known.parts
            for folder in users
            if (known := self.of(folder)) is not None
        )

    def stood_for(self, path: str) -> set[str]:
        """The folders of the known kustomizations that a file stands for, as it makes no sense by
        itself: it is theirs, a patch, a plugin, or a text for what they generate.

        A component stands for all that use it. A file with objects stands for itself.
        """
        found: set[str] = set()
        pending = [
            folder
            for folder in self.users(path)
            if (known := self.of(folder)) is not None and path not in known.parts
        ]
        while pending:
            folder = pending.pop()
            if folder in found:
                continue
            found.add(folder)
            if self.is_component(folder):
                pending.extend(
                    user
                    for user, known in self._known.items()
                    if known is not None and folder in known.components
                )
        return {folder for folder in found if not self.is_component(folder)}

    def patch_files(self) -> set[str]:
        """The files that the known kustomizations list as patches."""
        return {path for known in self._known.values() if known for path in known.patches}

    def images(self, built: Collection[str] = ()) -> set[str]:
        """The images to which the known kustomizations give another tag, name or digest.

        Those of kustomizations among the files `built` have it already.
        """
        return {
            name
            for folder, known in self._known.items()
            if known and not any(path in built for path in _own_files(folder))
            for name in known.images
        }

    def folders(self) -> set[str]:
        """The folders that are known to have a kustomization or component."""
        return {folder for folder, known in self._known.items() if known is not None}

    def is_beyond(self, path: str) -> bool:
        """Whether a file is outside of `base`, where no kustomization is read."""
        return _outside(path)

    def is_component(self, folder: str) -> bool:
        """Whether a folder holds a component, which builds to nothing by itself."""
        known = self.of(folder)
        return known is not None and known.component

    def reachable(self, folder: str) -> set[str]:
        """The folders and files that a kustomization builds on, directly or further down."""
        return self._reachable(folder)

    def files_of(self, folder: str) -> frozenset[str]:
        """The local files a kustomization is made of: its own, resources, patches, those below."""
        found: set[str] = set()
        for part in (folder, *self._reachable(folder)):
            known = self.of(part)
            if known is None:
                found.add(part)
                continue
            found |= known.patches | known.settings
            found.update(_own_files(part))
        return frozenset(found)

    def contents_of(self, folder: str) -> frozenset[str]:
        """The local files whose text goes into what a kustomization, or one below it, generates.

        Whatever is in them, they may be objects in their own right as well.
        """
        parts = (self.of(part) for part in (folder, *self._reachable(folder)))
        return frozenset(path for known in parts if known is not None for path in known.contents)

    def patched(self) -> dict[str, str]:
        """The folders whose objects a known kustomization patches, directly or further down.

        Each with the folder of a kustomization that does.
        """
        found: dict[str, str] = {}
        for folder in sorted(self._known):
            if self._patches(folder):
                for part in self._reachable(folder):
                    unit = part.rpartition("/")[0] if is_candidate(part) else part
                    found.setdefault(unit, folder)
        return found

    def _patches(self, folder: str) -> bool:
        """Whether a kustomization patches what it builds on, itself or through its components."""
        known = self.of(folder)
        if known is None:
            return False
        if known.patches or known.inline:
            return True
        inside = (self.of(part) for part in self._reachable(folder, components=True))
        return any(part is not None and (part.patches or part.inline) for part in inside)

    def _reachable(self, folder: str, *, components: bool = False) -> set[str]:
        """All folders and files a kustomization builds on, or all its components."""
        found: set[str] = set()
        pending = [folder]
        while pending:
            known = self.of(pending.pop())
            parts = () if known is None else known.components if components else known.parts
            for part in parts:
                if part not in found:
                    found.add(part)
                    pending.append(part)
        return found

    def _search(self, folder: str) -> Iterator[str]:
        """Look at one folder: remember its kustomization if it patches, name the folders in it."""
        try:
            with os.scandir(os.path.join(self.base, folder)) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return
        for entry in found:
            if entry.name in KUSTOMIZATIONS and folder not in self._known:
                text = _head(entry.path)
                # Only what changes others matters here; what it builds on is read on the way.
                if b"patch" in text or b"components" in text or b"images" in text:
                    self.of(folder)
            elif (
                entry.is_dir(follow_symlinks=False)
                and not entry.name.startswith(".")
                and entry.name not in _OTHERS
            ):
                yield f"{folder}/{entry.name}" if folder else entry.name

    def _read(self, folder: str) -> Kustomization | None:
        from kguard.source import read

        for name in KUSTOMIZATIONS:
            path = os.path.join(self.base, folder, name)
            if os.path.isfile(path):
                documents = read(path, _head(path)).documents
                return parse(folder, documents[0].data) if documents else None
        return None


def _own_files(folder: str) -> list[str]:
    """The files that may be the kustomization of a folder."""
    return [f"{folder}/{name}" if folder else name for name in KUSTOMIZATIONS]


def _outside(folder: str) -> bool:
    return folder == ".." or folder.startswith("../") or os.path.isabs(folder)


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""
