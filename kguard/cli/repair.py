"""Make fixes until none is left that helps; every one is judged before anything is written.

A fix stands only where its finding is gone and no other finding has come. What is tried lives in
memory: `Session.judge` reads the changed text in place of the file.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping

from kguard.cli.session import Session, judge
from kguard.fix.apply import FixedFile, Refusal, fix_file
from kguard.inputs.load import read_source
from kguard.model import Finding
from kguard.record import field, record
from kguard.report import Located
from kguard.source import Comment

_Key = tuple[object, ...]


@record(frozen=False)
class Repair:
    """Files with their fixes made, in memory.

    `contents` are the new texts by shown path, `originals` what the files held; `fixed` are the
    findings that are gone, `refused` those with a fix that was not made. `session` has judged the
    result and its report is finished.
    """

    args: argparse.Namespace
    session: Session
    given: Mapping[str, bytes] = field(default_factory=dict)
    """Texts that come from no file: standard input by its shown name."""
    contents: dict[str, bytes] = field(default_factory=dict)
    originals: dict[str, bytes] = field(default_factory=dict)
    fixed: list[Located] = field(default_factory=list)
    lost: list[tuple[str, Comment]] = field(default_factory=list)
    """The comments that went with what was removed, by path."""
    refused: dict[_Key, Refusal] = field(default_factory=dict)
    at_once: dict[str, int] = field(default_factory=dict)
    """How many fixes to try together in a file in which more of them did not work."""

    def run(self) -> None:
        """Make every fix that can be made."""
        while todo := self._todo():
            tried = {path: self._apply(path, items) for path, items in todo.items()}
            tried = {path: result for path, result in tried.items() if result.fixed}
            if tried:
                self._accept(tried)

    def _todo(self) -> dict[str, list[Located]]:
        """The findings with a fix to be tried next, by file."""
        todo: dict[str, list[Located]] = defaultdict(list)
        for item in self.session.report.findings:
            if self.wanted(item.finding) and _key(item) not in self.refused:
                todo[item.finding.resource.origin.path].append(item)
        return {path: items[: self.at_once.get(path)] for path, items in todo.items()}

    def wanted(self, finding: Finding) -> bool:
        """Whether a finding has a fix of the kind that was asked for."""
        return finding.fix is not None and (finding.fix.safe or self.args.unsafe)

    def _apply(self, path: str, items: list[Located]) -> FixedFile:
        rendered = [item for item in items if item.rendering is not None]
        if rendered:
            reason = "it is about what a tool renders: change what that is made of"
            self._refuse(Refusal(item, reason) for item in rendered)
            items = [item for item in items if item.rendering is None]
            if not items:
                return FixedFile(b"")
        try:
            data = self._content(path)
        except OSError as error:
            reason = f"the file cannot be read: {error.strerror}"
            self._refuse(Refusal(item, reason) for item in items)
            return FixedFile(b"")
        result = fix_file(path, data, items, reader=read_source)
        self._refuse(result.refused)
        if result.data == data:
            self._refuse(Refusal(item, "it changes nothing") for item in result.fixed)
            return FixedFile(data)
        return result

    def _content(self, path: str) -> bytes:
        """The text of a file as it is by now; raises OSError."""
        if path in self.contents:
            return self.contents[path]
        if path not in self.originals:
            if path in self.given:
                self.originals[path] = self.given[path]
            else:
                with open(self.session.discovery.real_path(path), "rb") as file:
                    self.originals[path] = file.read()
        return self.originals[path]

    def _accept(self, tried: dict[str, FixedFile]) -> None:
        """Keep what makes its findings go and no other come; the rest is tried in smaller parts."""
        before = self.session
        while tried:
            texts = {path: result.data for path, result in tried.items()}
            after = judge(
                self.args,
                before.registry,
                before.settings,
                before.discovery,
                {**self.given, **self.contents, **texts},
            )
            bad = _bad(before, after, tried)
            if not bad:
                after.finish()
                self.session = after
                self.contents.update(texts)
                for path, result in tried.items():
                    self.fixed += result.fixed
                    self.lost += ((path, comment) for comment in result.lost)
                return
            for path, reason in bad.items():
                items = tried.pop(path).fixed
                if len(items) > 1:
                    self.at_once[path] = len(items) // 2
                else:
                    self._refuse(Refusal(item, reason) for item in items)
                    self.at_once.pop(path, None)

    def _refuse(self, refused: Iterable[Refusal]) -> None:
        self.refused.update((_key(each.located), each) for each in refused)


def _key(item: Located) -> _Key:
    finding = item.finding
    origin = finding.resource.origin
    return finding.policy, origin.path, origin.document, origin.prefix, finding.route


def _bad(before: Session, after: Session, tried: Mapping[str, FixedFile]) -> dict[str, str]:
    """The files whose fixes did not do what they are for, and a reason each."""
    if len(after.crashes) > len(before.crashes):
        return dict.fromkeys(tried, "a policy failed on the result")
    bad = {}
    now = {_key(item) for item in after.located}
    for path, result in tried.items():
        if any(_key(item) in now for item in result.fixed):
            bad[path] = "the finding would stay"
    known = {_key(item) for item in before.located}
    named = {item.key for item in before.located}
    for item in after.located:
        if _key(item) in known or item.key in named:
            continue
        reason = f"`{item.finding.policy}` would be found instead ({item.finding.message})"
        for path in _causes(item, tried):
            bad.setdefault(path, reason)
    return bad


def _causes(item: Located, tried: Mapping[str, FixedFile]) -> list[str]:
    """The changed files that may have brought a finding: its own, else those it can see."""
    resource = item.finding.resource
    if resource.origin.path in tried:
        return [resource.origin.path]
    beside = [
        path
        for path, result in tried.items()
        if any(fixed.finding.resource.unit == resource.unit for fixed in result.fixed)
    ]
    return beside or list(tried)
