"""The baseline: findings that were there when it was written, and are not reported again.

A JSON file with one finding per line, sorted, so that diffs and merges can be read. Only `key`
decides; the rest is for people.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Collection, Iterable
from typing import Any

from kguard.atomic import stray_link, write_atomically
from kguard.record import record
from kguard.report import Located

VERSION = 1


class BaselineError(ValueError):
    """A baseline that cannot be used: the file, the line (0 where unknown) and the cause."""

    def __init__(self, path: str, line: int, cause: str) -> None:
        super().__init__(f"{path}:{line}: {cause}" if line else f"{path}: {cause}")
        self.path, self.line, self.cause = path, line, cause


@record
class Entry:
    """One finding of a baseline: its fingerprint, and what it was, for people."""

    key: str
    policy: str
    path: str
    resource: str
    route: str
    message: str

    @property
    def order(self) -> tuple[str, ...]:
        """The order of entries in the file."""
        return (self.path, self.resource, self.policy, self.route, self.key)


@record
class Baseline:
    """The entries of a baseline by key, and the file they were read from."""

    entries: dict[str, Entry]
    path: str = ""


@record
class Seen:
    """What a run looked at, so that a finding that is gone can be told from one not looked for.

    `covers` says whether the run would have read a path, also one that is deleted by now;
    `policies` are those that ran, `abstained` those that lacked context somewhere and `unchecked`
    the paths that could not be read in full: what is not reported there may still be true.
    """

    covers: Callable[[str], bool]
    policies: Collection[str]
    abstained: Collection[str] = frozenset()
    unchecked: Collection[str] = frozenset()

    def would_show(self, entry: Entry) -> bool:
        """Whether the run would have reported this entry if it were still true."""
        return (
            entry.policy in self.policies
            and entry.policy not in self.abstained
            and entry.path not in self.unchecked
            and self.covers(entry.path)
        )


def entries_of(located: Iterable[Located]) -> dict[str, Entry]:
    """Findings that have their keys (see `with_keys`) as entries by key."""
    found = {}
    for item in located:
        finding = item.finding
        found[item.key] = Entry(
            key=item.key,
            policy=finding.policy,
            path=item.path,
            resource=finding.resource.label,
            route=item.named_route,
            message=finding.message,
        )
    return found


def apply(
    located: Iterable[Located], baseline: Baseline, seen: Seen
) -> tuple[list[Located], list[Located], list[Entry]]:
    """Findings to report, findings the baseline hides, and its entries that are cured."""
    kept: list[Located] = []
    hidden: list[Located] = []
    for item in located:
        (hidden if item.key in baseline.entries else kept).append(item)
    there = {item.key for item in hidden}
    fixed = [
        entry
        for key, entry in baseline.entries.items()
        if key not in there and seen.would_show(entry)
    ]
    return kept, hidden, sorted(fixed, key=lambda entry: entry.order)


def pruned(baseline: Baseline, fixed: Iterable[Entry]) -> dict[str, Entry]:
    """The entries that remain when the cured ones are removed; nothing is added."""
    gone = {entry.key for entry in fixed}
    return {key: entry for key, entry in baseline.entries.items() if key not in gone}


def renewed(baseline: Baseline, located: Iterable[Located], seen: Seen) -> dict[str, Entry]:
    """The findings of today, with the entries of a baseline that this run did not look for."""
    unseen = {k: entry for k, entry in baseline.entries.items() if not seen.would_show(entry)}
    return {**unseen, **entries_of(located)}


def dump(entries: Iterable[Entry]) -> str:
    """The text of a baseline file."""
    lines = [
        json.dumps({key: getattr(entry, key) for key in Entry.__match_args__}, ensure_ascii=False)
        for entry in sorted(entries, key=lambda entry: entry.order)
    ]
    body = "\n{}\n  ".format(",\n".join(f"    {line}" for line in lines)) if lines else ""
    return f'{{\n  "version": {VERSION},\n  "findings": [{body}]\n}}\n'


def write(path: str, entries: Iterable[Entry]) -> None:
    """Write a baseline file whole or not at all; raises BaselineError where that is impossible."""
    # A lone surrogate can reach a message from a JSON manifest, and UTF-8 cannot hold it.
    data = dump(entries).encode("utf-8", "backslashreplace")
    if elsewhere := stray_link(path):
        raise BaselineError(path, 0, f"is a link to {elsewhere}; remove it, or name that file")
    try:
        write_atomically(path, data)
    except OSError as error:
        raise BaselineError(path, 0, f"cannot be written: {error.strerror}") from None


def read(path: str) -> Baseline:
    """The baseline in a file; raises BaselineError for anything that is none."""
    try:
        # A pipe would be waited for, unless it comes from a shell's `<(...)`.
        if stat.S_ISFIFO(os.stat(path).st_mode) and not path.startswith("/dev/"):
            raise BaselineError(path, 0, "not a regular file")
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        cause = f"no such file; `kguard baseline -o {path}` writes it"
        raise BaselineError(path, 0, cause) from None
    except OSError as error:
        raise BaselineError(path, 0, f"cannot be read: {error.strerror}") from None
    return Baseline(parse(path, data), path)


def parse(path: str, data: bytes) -> dict[str, Entry]:
    """The entries of a baseline file by key; raises BaselineError with the line at fault."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BaselineError(path, line, "the file is not UTF-8") from None
    try:
        loaded = json.loads(text)
    except json.JSONDecodeError as error:
        raise _broken(path, text, error) from None
    except (ValueError, RecursionError):
        raise BaselineError(path, 1, "not the JSON of a baseline") from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("findings"), list):
        raise BaselineError(path, 1, "no `findings` list: not a baseline of kguard")
    version = loaded.get("version")
    if version != VERSION or isinstance(version, bool):
        cause = f"version {json.dumps(version)}, and this kguard reads version {VERSION}"
        raise BaselineError(path, _line_of(text, '"version"'), cause)
    entries = {}
    for number, item in enumerate(loaded["findings"]):
        entry = _entry(path, data, number, item)
        entries[entry.key] = entry
    return entries


def _broken(path: str, text: str, error: json.JSONDecodeError) -> BaselineError:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")) or line == "=======":
            cause = "a merge conflict: keep the lines of both sides, then `kguard baseline --prune`"
            return BaselineError(path, number, cause)
    return BaselineError(path, error.lineno, f"broken JSON: {error.msg}, column {error.colno}")


def _entry(path: str, data: bytes, number: int, item: Any) -> Entry:
    if isinstance(item, dict) and isinstance(item.get("key"), str) and item["key"]:
        texts = {name: item.get(name, "") for name in Entry.__match_args__}
        wrong = next((name for name, value in texts.items() if not isinstance(value, str)), None)
        if wrong is None:
            return Entry(**texts)
    else:
        wrong = "key"
    from kguard.source import read as read_source  # Only a wrong file needs its lines.

    documents = read_source(path, data).documents
    line = documents[0].locate(("findings", number)).span.line if documents else 0
    raise BaselineError(path, line, f"finding {number + 1} has no text as its `{wrong}`")


def _line_of(text: str, word: str) -> int:
    at = text.find(word)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1
