"""What fixes did beside what they were made for: findings that stayed or came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from kguard.cli.session import Session
from kguard.engine import Crash
from kguard.fix.apply import FixedFile
from kguard.record import record
from kguard.report import Located

Name = tuple[object, ...]


@record
class Found:
    """All that is found in the texts as they are by now, hidden or not, and the checks that raised.

    Of a session that has judged some units alone there is what it found in these.
    """

    located: Sequence[Located]
    crashes: Sequence[Crash]

    def inside(self, units: Collection[str] | None) -> Found:
        """What was found in these units; None stands for all."""
        if units is None:
            return self
        return Found(
            [item for item in self.located if item.finding.resource.unit in units],
            [crash for crash in self.crashes if crash.resource.unit in units],
        )

    def updated(self, after: Found, units: Collection[str] | None) -> Found:
        """The same with what has been found in these units since."""
        if units is None:
            return after
        return Found(
            [
                *(item for item in self.located if item.finding.resource.unit not in units),
                *after.located,
            ],
            [
                *(crash for crash in self.crashes if crash.resource.unit not in units),
                *after.crashes,
            ],
        )


def found_by(session: Session) -> Found:
    """What a session has found."""
    return Found(session.located, session.crashes)


def name_of(item: Located) -> Name:
    """What a finding is known by while files change: policy, object and route."""
    finding = item.finding
    origin = finding.resource.origin
    return finding.policy, origin.path, origin.document, origin.prefix, finding.route


def harm(
    before: Found, after: Found, tried: Mapping[str, FixedFile], reported: Iterable[Located]
) -> dict[str, str]:
    """The files whose fixes did not do what they are for, and a reason each.

    A finding that was there has not come: it may stand behind other items of its list now, or at
    another place of its object, where a fix has moved what it is about. That counts for those that
    were `reported`: what hid others, an ignore or a baseline, may not hide them there.
    """
    if len(after.crashes) > len(before.crashes):
        return dict.fromkeys(tried, "a policy failed on the result")
    bad = {}
    now = {name_of(item) for item in after.located}
    fixed = {name_of(item) for result in tried.values() for item in result.fixed}
    for path, result in tried.items():
        if any(name_of(item) in now for item in result.fixed):
            bad[path] = "the finding would stay"
    known: dict[Name | str, int] = {}  # A place may have several findings of a policy.
    for item in before.located:
        for name in (name_of(item), item.key):
            known[name] = max(known.get(name, 0), item.finding.severity)
    now_keys = {item.key for item in after.located}
    accounted = now | fixed
    moved = Counter(
        _said(item)
        for item in reported
        if name_of(item) not in accounted and item.key not in now_keys
    )
    for item in after.located:
        was = max(known.get(name_of(item), 0), known.get(item.key, 0))
        if item.finding.severity <= was:
            continue
        if moved[_said(item)]:
            moved[_said(item)] -= 1
            continue
        reason = f"`{item.finding.policy}` would be found instead ({item.finding.message})"
        for path in _causes(item, tried):
            bad.setdefault(path, reason)
    return bad


def _said(item: Located) -> Name:
    """What a finding says of an object, wherever in it."""
    finding = item.finding
    origin = finding.resource.origin
    place = origin.path, origin.document, origin.prefix
    return finding.policy, *place, finding.severity, finding.message


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
