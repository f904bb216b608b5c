"""Make fixes until none is left that helps; every one is judged before anything is written.

A fix stands only where its finding is gone and no other finding has come. What is tried lives in
memory: `Session.judge` reads the changed text in place of the file.

Trials judge the units in which something has changed. That an object of another one minds is rare,
and cannot be told beforehand: what was kept is judged again with all units at the end. Where that
tells of harm, all of it is given up and tried once more, with all units judged at every step.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from kguard.cli.harm import Found, Name, found_by, harm, name_of
from kguard.cli.session import Session, judge
from kguard.fix.apply import FixedFile, Refusal, fix_file
from kguard.inputs.load import read_source
from kguard.model import Finding
from kguard.record import field, record, replace
from kguard.report import Located
from kguard.source import Comment

_Made = tuple[dict[str, bytes], list[Located], list[tuple[str, Comment]], dict[Name, Refusal]]


@record(frozen=False)
class Repair:
    """Files with their fixes made, in memory.

    `contents` are the new texts by shown path, `originals` what the files held; `fixed` are the
    findings that are gone, `refused` those with a fix that was not made. `session` has judged the
    result, once `run` has come to its end, and its report is finished.
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
    refused: dict[Name, Refusal] = field(default_factory=dict)
    stale: set[Name] = field(default_factory=set)
    """Those in whose units something was fixed since: they may work by now."""
    at_once: dict[str, int] = field(default_factory=dict)
    """How many fixes to try together in a file in which more of them did not work."""
    found: Found = field(init=False)
    left: list[Located] = field(init=False)
    """What is reported of that, as far as it is known."""
    unconfirmed: dict[str, FixedFile] = field(init=False)
    """What was kept since all units were judged."""
    whole: bool = True
    """Whether all units are judged at every step: that is least work while nothing goes wrong."""
    gave_up: bool = False
    """Whether what was kept has done harm in other units."""
    _confirmed: _Made = field(init=False)
    """What was made and refused by then."""

    def __post_init__(self) -> None:
        self._confirm(self.session)

    def run(self) -> None:
        """Make every fix that can be made."""
        while True:
            if todo := self._todo():
                tried = {path: self._apply(path, items) for path, items in todo.items()}
                tried = {path: result for path, result in tried.items() if result.fixed}
                if tried:
                    self._accept(tried)
            elif self.stale:
                for name in self.stale:
                    self.refused.pop(name, None)
                self.stale.clear()
            elif self.unconfirmed:
                self._judge_all()
            else:
                return

    def _todo(self) -> dict[str, list[Located]]:
        """The findings with a fix to be tried next, by file."""
        todo: dict[str, list[Located]] = defaultdict(list)
        for item in self.left:
            if self.wanted(item.finding) and name_of(item) not in self.refused:
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
        while tried:
            texts = {path: result.data for path, result in tried.items()}
            units = self._units(tried)
            after = self._judged({**self.contents, **texts}, units)
            bad = harm(self.found.inside(units), found_by(after), tried, self.left)
            if not bad:
                self._keep(tried, after, units)
                return
            self.whole = self.gave_up
            for path, reason in bad.items():
                items = tried.pop(path).fixed
                if len(items) > 1:
                    self.at_once[path] = len(items) // 2
                else:
                    self._refuse(Refusal(item, reason) for item in items)
                    self.at_once.pop(path, None)

    def _units(self, tried: Mapping[str, FixedFile]) -> Collection[str] | None:
        """The units to judge after a change of these files; None for all of them."""
        units = _units_of(tried)
        resources = self.session.resources
        most = 2 * sum(each.unit in units for each in resources) > len(resources)
        return None if self.whole or (most and not self.unconfirmed) else units

    def _judged(self, contents: Mapping[str, bytes], units: Collection[str] | None) -> Session:
        now = self.session
        texts = {**self.given, **contents}
        return judge(self.args, now.registry, now.settings, now.discovery, texts, units)

    def _keep(
        self, tried: Mapping[str, FixedFile], after: Session, units: Collection[str] | None
    ) -> None:
        for path, result in tried.items():
            self.contents[path] = result.data
            self.fixed += result.fixed
            self.lost += ((path, comment) for comment in result.lost)
        changed = _units_of(tried)
        self.stale.update(
            name
            for name, refusal in self.refused.items()
            if refusal.located.finding.resource.unit in changed
        )
        if units is None:
            after.finish()
            self._confirm(after)
            return
        for path, result in tried.items():
            before = self.unconfirmed.get(path, FixedFile(b""))
            self.unconfirmed[path] = replace(result, fixed=before.fixed + result.fixed)
        now = {name_of(item): item for item in after.located}
        keys = {item.key: item for item in after.located}
        left: list[Located] = []
        for item in self.left:
            if item.finding.resource.unit not in units:
                left.append(item)
            elif same := now.get(name_of(item)) or keys.get(item.key):
                left.append(same)
        self.left = sorted(left, key=lambda item: item.order)
        self.found = self.found.updated(found_by(after), units)

    def _judge_all(self) -> None:
        """Confirm what was kept, or give it up."""
        after = self._judged(self.contents, None)
        before = self.session
        if harm(found_by(before), found_by(after), self.unconfirmed, before.report.findings):
            self.contents, self.fixed, self.lost, self.refused = self._confirmed
            self.at_once.clear()
            self.whole = self.gave_up = True
            after = self.session
        else:
            after.finish()
        self._confirm(after)

    def _confirm(self, session: Session) -> None:
        """Go on from a session that has judged all units."""
        self.session = session
        self.found = found_by(session)
        self.left = session.report.findings
        self.unconfirmed = {}
        self._confirmed = (
            self.contents.copy(),
            self.fixed.copy(),
            self.lost.copy(),
            self.refused.copy(),
        )

    def _refuse(self, refused: Iterable[Refusal]) -> None:
        self.refused.update((name_of(each.located), each) for each in refused)


def _units_of(tried: Mapping[str, FixedFile]) -> set[str]:
    return {item.finding.resource.unit for result in tried.values() for item in result.fixed}
