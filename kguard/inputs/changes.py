"""Which objects of a run are not as they were in a commit.

An object is unchanged where the lines it is written on were an object's lines in that commit: in
the same file, or, for objects that moved, in a file that has changed or is gone. So a change
counts for the object it is in and not for its neighbours, and moving one counts for none.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping

from kguard.inputs.files import Discovery
from kguard.inputs.history import Commit
from kguard.inputs.load import Loaded, load
from kguard.inputs.names import is_candidate, is_kustomization
from kguard.model import Origin, Resource
from kguard.record import record

_Texts = Counter[str]
"""The texts of a file's objects and how often each is there."""


@record
class Changes:
    """What differs from a commit: whole files by shown path, and objects by where they stand."""

    files: frozenset[str]
    objects: frozenset[Origin]


def changes_since(
    commit: Commit, found: Discovery, loaded: Loaded, resources: Iterable[Resource]
) -> Changes:
    """The files and objects of a run that are not as in the commit; raises HistoryError.

    Files outside of the repository count as changed. `resources` are those of the run.
    """
    judged = [resource for resource in resources if not resource.context]
    paths = {resource.origin.path for resource in judged}
    paths |= {item.path for item in loaded.unchecked if item.path in loaded.sources}
    names = {path: found.undecodable.get(path, path) for path in paths}
    before = commit.read(names.values())
    old = {path: before[name] for path, name in names.items() if name in before}
    files = {
        path
        for path in paths
        if path not in old or _lines(loaded.text(path)) != _lines(_decoded(old[path]))
    }
    texts = _texts(found.base, {path: old[path] for path in files & old.keys()})
    remade = _remade(commit, found, loaded, judged)
    changed = {resource.origin for resource in judged if resource.unit in remade}
    pending: list[tuple[Resource, str]] = []
    for resource in judged:
        path = resource.origin.path
        if path in files and resource.origin not in changed:
            text = _text(loaded, resource)
            if not _take(texts.get(path), text):
                pending.append((resource, text))
    if pending:
        gone = _gone(commit, found.base, {text for _, text in pending})
        elsewhere = [*texts.values(), *_texts(found.base, gone).values()]
        pending = [
            (resource, text)
            for resource, text in pending
            if not any(_take(there, text) for there in elsewhere)
        ]
    changed |= {resource.origin for resource, _ in pending}
    return Changes(frozenset(files), frozenset(changed))


def _remade(
    commit: Commit, found: Discovery, loaded: Loaded, judged: Iterable[Resource]
) -> set[str]:
    """The units that a tool may render otherwise than before, because values, patches or the like
    are not as in the commit. Files that only their own objects are made of do not count.
    """
    own = {(resource.unit, resource.origin.path) for resource in judged}
    shared = {
        unit: {path for path in paths if (unit, path) not in own or is_kustomization(path)}
        for unit, paths in loaded.inputs.items()
    }
    paths = sorted({path for inputs in shared.values() for path in inputs})
    before = commit.read(found.undecodable.get(path, path) for path in paths)
    changed = set()
    for path in paths:
        try:
            with open(found.real_path(path), "rb") as file:
                now = file.read()
        except OSError:
            now = None
        old = before.get(found.undecodable.get(path, path))
        if old != now and (
            old is None or now is None or _lines(_decoded(old)) != _lines(_decoded(now))
        ):
            changed.add(path)
    return {unit for unit, inputs in shared.items() if not inputs.isdisjoint(changed)}


def _gone(commit: Commit, base: str, wanted: set[str]) -> dict[str, bytes]:
    """The files that were there, are not any more, and hold one of the wanted texts."""
    names = [
        name
        for name in commit.blobs
        if is_candidate(name) and not os.path.lexists(os.path.join(base, name))
    ]
    contents = commit.read(names)
    return {
        os.fsencode(name).decode("utf-8", "backslashreplace"): data
        for name, data in contents.items()
        if any(text in "\n".join(_lines(_decoded(data))) for text in wanted)
    }


def _texts(base: str, contents: Mapping[str, bytes]) -> dict[str, _Texts]:
    """The texts of all objects in files with these contents."""
    if not contents:
        return {}
    # `whole` keeps it from looking around in a work tree that is not as it was.
    loaded = load(Discovery(base, files=sorted(contents), whole=True), contents=contents)
    texts: dict[str, _Texts] = {}
    for resource in loaded.resources:
        texts.setdefault(resource.origin.path, Counter())[_text(loaded, resource)] += 1
    return texts


def _text(loaded: Loaded, resource: Resource) -> str:
    """The lines an object is written on."""
    first, last = loaded.extent(resource, ())
    lines = (loaded.line(resource.origin.path, number) for number in range(first, last + 1))
    return "\n".join(lines)


def _take(texts: _Texts | None, text: str) -> bool:
    """Take one such text away; whether there was one. A copy of an object is a new object."""
    if texts is None or texts[text] <= 0:
        return False
    texts[text] -= 1
    return True


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _lines(text: str) -> list[str]:
    """The lines of a file, whatever ends them: git may have changed that on checkout."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
