"""Finding policies: the built-in pages, the user's own, and their index.

Reading some two hundred front matters costs more than checking a file, so a wheel carries them as
one `index.json`, and a checkout keeps the same thing in the user's cache until a page changes.
Python from a policy is loaded only from the three places decided for it: this package, installed
entry points, and folders named on the command line or in KGUARD_POLICIES.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kguard import cache
from kguard.policy.page import PageError, Policy, from_front_matter, read_page, split_page
from kguard.record import record

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "index.json"
ENTRY_POINTS = "kguard.policies"


@record
class Registry:
    """All policies of a run, by id; aliases lead to the policy that replaced them."""

    policies: Mapping[str, Policy]
    aliases: Mapping[str, str]

    def resolve(self, name: str) -> str | None:
        """The id a name or alias stands for, None for neither."""
        return name if name in self.policies else self.aliases.get(name)

    def expand(self, selector: str) -> list[str]:
        """The ids an id, alias, family or `ALL` selects; empty where it selects nothing."""
        if selector in ("ALL", "all"):
            return list(self.policies)
        if (single := self.resolve(selector)) is not None:
            return [single]
        return [p.id for p in self.policies.values() if p.family == selector]

    def families(self) -> list[str]:
        """The names of all families, sorted."""
        return sorted({policy.family for policy in self.policies.values()})


def build_registry(policies: Iterable[Policy]) -> Registry:
    """A registry of those policies; raises PageError where two claim one id or alias."""
    by_id: dict[str, Policy] = {}
    aliases: dict[str, str] = {}
    for policy in policies:
        if (earlier := by_id.get(policy.id)) is not None:
            raise PageError(policy.page, 2, f"`{policy.id}` is already defined by {earlier.page}")
        by_id[policy.id] = policy
        aliases.update(dict.fromkeys(policy.aliases, policy.id))
    for alias, target in aliases.items():
        if alias in by_id:
            raise PageError(by_id[target].page, 2, f"the alias `{alias}` is a policy's id")
    return Registry(dict(sorted(by_id.items())), aliases)


def load_registry(folders: Iterable[str] = (), *, entry_points: bool = True) -> Registry:
    """The built-in policies, those of installed packages, and those in the named folders.

    Raises PageError for a page that cannot be used and FileNotFoundError for a missing folder.
    """
    policies = list(builtin())
    if entry_points:
        policies += installed()
    for folder in folders:
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"no policy folder at {folder}")
        from pathlib import Path  # Late: 3 ms, and few have policies of their own.

        policies += read_folder(Path(folder), validate=True)
    return build_registry(policies)


def builtin() -> list[Policy]:
    """The policies kguard ships."""
    import kguard.policies

    root = next(iter(kguard.policies.__path__))
    entries = _installed_index(root)
    if entries is None:
        entries = _cached_index(root)
    return [
        from_front_matter(
            entry["meta"],
            page=os.path.join(root, *entry["page"].split("/")),
            family=entry["family"],
            module=_builtin_module(entry["page"]),
        )
        for entry in entries
    ]


def installed() -> Iterator[Policy]:
    """Policies of packages that declare an entry point `kguard.policies` naming their package.

    Raises PageError for a page that cannot be used and FileNotFoundError for a missing package.
    """
    if not _any_entry_points():
        return
    import importlib.metadata
    import importlib.util
    from pathlib import Path

    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            spec = importlib.util.find_spec(point.value)
        except (ImportError, ValueError):
            spec = None
        if spec is None or not spec.submodule_search_locations:
            named = f"entry point `{point.name}` names `{point.value}`"
            raise FileNotFoundError(f"{named}, which is no installed package")
        for location in spec.submodule_search_locations:
            yield from read_folder(Path(location), validate=True)


def read_folder(root: Path, *, validate: bool = False) -> list[Policy]:
    """The policies of a folder: pages in it or one level below, where the folder is the family.

    Raises PageError for a page that cannot be used.
    """
    return [
        from_front_matter(
            entry["meta"],
            page=str(root / entry["page"]),
            family=entry["family"],
            module=str((root / entry["page"]).with_suffix(".py")),
        )
        for entry in read_entries(root, validate=validate)
    ]


def page_names(root: str) -> list[str]:
    """The pages below a policy folder, relative to it with forward slashes, in a stable order.

    Cases and READMEs are none.
    """
    found = []
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.is_dir():
                found += [[entry.name, name] for name in os.listdir(entry.path)]
            else:
                found.append([entry.name])
    return ["/".join(parts) for parts in sorted(found) if _is_page(parts[-1])]


def _is_page(name: str) -> bool:
    return name.endswith(".md") and not name.endswith(".cases.md") and name != "README.md"


def read_entries(root: Path, *, validate: bool = False) -> list[dict[str, Any]]:
    """Front matter and place of every page below `root`, ready for the index."""
    entries = []
    for name in page_names(str(root)):
        path = root / name
        meta = read_front_matter(path, validate=validate)
        if path.stem != meta["id"].replace("-", "_"):
            cause = f"the page of `{meta['id']}` is not called {path.stem}.md"
            raise PageError(str(path), 2, cause)
        if validate and meta["each"] != "none" and not path.with_suffix(".py").is_file():
            cause = f"no {path.stem}.py with its check beside the page"
            raise PageError(str(path), 1, cause)
        relative = path.relative_to(root)
        family = relative.parent.name or root.absolute().name
        entries.append({"page": relative.as_posix(), "family": family, "meta": meta})
    return entries


def read_front_matter(path: Path, *, validate: bool = False) -> dict[str, Any]:
    """The front matter of one page; raises PageError with its line where it is not usable."""
    from kguard.source import read

    head, _ = split_page(str(path), read_page(str(path)))
    source = read(str(path), head.encode())
    for error in source.errors:
        raise PageError(str(path), error.line + 1, error.message)
    if not source.documents or not isinstance(source.documents[0].data, dict):
        raise PageError(str(path), 2, "the front matter is no mapping")
    meta: dict[str, Any] = source.documents[0].data
    if validate:
        from kguard.policy.front_matter import validate as check  # Late: it needs jsonschema.

        check(str(path), meta, source.documents[0])
    return meta


def _builtin_module(page: str) -> str:
    return "kguard.policies." + page.removesuffix(".md").replace("/", ".")


def _installed_index(root: str) -> list[dict[str, Any]] | None:
    try:
        with open(os.path.join(root, INDEX), encoding="utf-8") as file:
            loaded: list[dict[str, Any]] = json.load(file)
    except (OSError, ValueError):
        return None
    return loaded


def _cached_index(root: str) -> list[dict[str, Any]]:
    """The index of a checkout: from the cache when no page changed, else read and stored."""
    from kguard import __version__
    from kguard.digest import blake2b

    digest = blake2b(os.fsencode(f"{__version__} {os.path.abspath(root)}"), digest_size=16)
    for name in page_names(root):
        page = os.stat(os.path.join(root, name))
        # Whoever changes a file changes its ctime; reading 266 pages takes 5 ms.
        about = f"{name} {page.st_ino} {page.st_size} {page.st_ctime_ns}\n"
        digest.update(os.fsencode(about))
    stored = f"pages-{digest.hexdigest()}.json"
    try:
        cached: list[dict[str, Any]] = json.loads(cache.load(stored) or b"")
        return cached
    except ValueError:
        from pathlib import Path

        entries = read_entries(Path(root))
    cache.store(stored, json.dumps(entries).encode())
    return entries


def _any_entry_points() -> bool:
    """Whether some installed distribution mentions our entry points.

    importlib.metadata costs 40 ms to import; a look into the entry_points.txt files beside the
    installed packages costs one, and nearly always says no.
    """
    import sys

    for folder in sys.path:
        if not folder.endswith(("site-packages", "dist-packages")):
            continue
        for name in _names_in(folder):
            if name.endswith(".dist-info") and _mentions_us(os.path.join(folder, name)):
                return True
    return False


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _mentions_us(distribution: str) -> bool:
    try:
        with open(os.path.join(distribution, "entry_points.txt"), "rb") as file:
            return ENTRY_POINTS.encode() in file.read()
    except OSError:
        return False  # Most have none.
