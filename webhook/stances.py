"""What a violation of a policy leads to, by policy and namespace: modes and what goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from kguard.ignore.globs import matches_name
from kguard.model import Severity
from kguard.policy.page import Policy
from kguard.policy.registry import Registry
from kguard.record import field, record, replace

Labels = Mapping[str, str]

UNEVALUABLE = "kguard-unevaluable"
"""The policy that objects violate which cannot be judged."""

_MOST_NAMESPACES = 10_000
"""How many namespaces' stances are remembered before they are worked out anew."""

_Held = tuple[bool | None, ...]
"""For every entry whether it holds in a namespace, None where that is not known."""


class Mode(IntEnum):
    """What becomes of a finding, from nothing to a refusal."""

    OFF = 0
    AUDIT = 1
    WARN = 2
    ENFORCE = 3

    @property
    def word(self) -> str:
        """The word users read and write."""
        return self._name_.lower()


@record
class Stance:
    """How a policy is meant somewhere.

    `deny_at` is the least severity that denies in mode enforce. `deny_on_error` is the answer where
    the policy could not be evaluated. With `ratchet` an update may keep what the stored object
    already violates. `annotations` says whether ignore annotations on objects count.
    """

    mode: Mode = Mode.WARN
    deny_at: Severity = Severity.ERROR
    deny_on_error: bool = False
    ratchet: bool = True
    annotations: bool = False
    held: bool = False
    """Whether it would be stricter, had the policy not come after `enforce-through`."""
    guessed: bool = False
    """Whether it could be milder, were the labels of the namespace known."""


@record(eq=False)
class Entry:
    """One entry of `modes:`. An empty condition holds everywhere; None leaves a value as it is.

    `named` are policies the entry calls by their id, which says that somebody means this one.
    """

    policies: frozenset[str] | None = None
    named: frozenset[str] = frozenset()
    namespaces: tuple[str, ...] = ()
    namespace_labels: Labels = field(default_factory=dict)
    mode: Mode | None = None
    deny_at: Severity | None = None
    deny_on_error: bool | None = None
    ratchet: bool | None = None
    annotations: bool | None = None

    def holds(self, namespace: str, labels: Labels | None) -> bool | None:
        """Whether it holds in a namespace, None where only its labels (None: unknown) can tell."""
        if self.namespaces and not matches_name(self.namespaces, namespace):
            return False
        if labels is None:
            return None if self.namespace_labels else True
        return all(labels.get(key) == value for key, value in self.namespace_labels.items())

    def over(self, stance: Stance) -> Stance:
        """A stance with this entry on top."""
        return Stance(
            stance.mode if self.mode is None else self.mode,
            stance.deny_at if self.deny_at is None else self.deny_at,
            stance.deny_on_error if self.deny_on_error is None else self.deny_on_error,
            stance.ratchet if self.ratchet is None else self.ratchet,
            stance.annotations if self.annotations is None else self.annotations,
        )


def _strictest(one: Stance, other: Stance) -> Stance:
    return Stance(
        max(one.mode, other.mode),
        min(one.deny_at, other.deny_at),
        one.deny_on_error or other.deny_on_error,
        one.ratchet and other.ratchet,
        one.annotations and other.annotations,
    )


def _mildest(one: Stance, other: Stance) -> Stance:
    return Stance(
        min(one.mode, other.mode),
        max(one.deny_at, other.deny_at),
        one.deny_on_error and other.deny_on_error,
        one.ratchet or other.ratchet,
        one.annotations or other.annotations,
    )


def _with_mode_of_all(stance: Stance, others: Iterable[Stance]) -> Stance:
    """A stance with the strictest mode there is; guessed where all that are so strict are."""
    others = list(others)
    mode = max(each.mode for each in others)
    guessed = all(each.guessed for each in others if each.mode is mode)
    return replace(stance, mode=mode, guessed=guessed)


class Stances:
    """The stance of every policy in every namespace; of the entries that hold the last decides."""

    def __init__(
        self,
        default: Stance,
        entries: Iterable[Entry],
        registry: Registry,
        enforce_through: tuple[int, ...],
    ) -> None:
        """Policies that came after release `enforce_through` only warn, unless called by id."""
        self._default = default
        self._entries = tuple(entries)
        self._policies = registry.policies
        self._through = enforce_through
        self._needs_labels = any(entry.namespace_labels for entry in self._entries)
        self._tables: dict[tuple[str, tuple[tuple[str, str], ...] | None], dict[str, Stance]] = {}
        self._alike: dict[_Held, dict[str, Stance]] = {}
        """The same tables by what they depend on: most namespaces share one."""

    @property
    def usual(self) -> Mode:
        """The mode where no entry says otherwise."""
        return self._default.mode

    def at(self, namespace: str | None, labels: Labels | None) -> Mapping[str, Stance]:
        """The stances in a namespace by policy; `labels` are None where they are not known.

        Cluster-scoped objects have the namespace None, which only `*` matches. What nobody can
        judge may violate anything: where no entry speaks of that, the strictest mode counts.
        """
        seen = tuple(sorted(labels.items())) if self._needs_labels and labels is not None else None
        key = (namespace or "", seen)
        found = self._tables.get(key)
        if found is None:
            held = tuple(entry.holds(namespace or "", labels) for entry in self._entries)
            found = self._alike.get(held)
            if found is None:
                found = {p.id: self._stance(p, held) for p in self._policies.values()}
                if not self._speaks_of(UNEVALUABLE, held):
                    found[UNEVALUABLE] = _with_mode_of_all(found[UNEVALUABLE], found.values())
            if len(self._tables) >= _MOST_NAMESPACES:
                self._tables.clear()
                self._alike.clear()
            self._tables[key] = self._alike[held] = found
        return found

    def _stance(self, policy: Policy, held: _Held) -> Stance:
        stance, mildest, meant = self._default, self._default, False
        for entry, holds in zip(self._entries, held, strict=True):
            if holds is False or not (entry.policies is None or policy.id in entry.policies):
                continue
            if holds:
                stance, mildest = entry.over(stance), entry.over(mildest)
            else:
                stance = _strictest(stance, entry.over(stance))
                mildest = _mildest(mildest, entry.over(mildest))
            if entry.mode is not None:
                meant = policy.id in entry.named or (meant and holds is None)
        stance = replace(stance, guessed=stance != mildest)
        new = release(policy.since) > self._through
        if new and not meant and stance.mode > Mode.WARN:
            return replace(stance, mode=Mode.WARN, held=True)
        return stance

    def _speaks_of(self, policy: str, held: _Held) -> bool:
        """Whether an entry that may hold gives a policy its mode, and not all policies alike."""
        return any(
            holds is not False
            and entry.mode is not None
            and policy in (entry.policies or ())
            and len(entry.policies or ()) < len(self._policies)
            for entry, holds in zip(self._entries, held, strict=True)
        )


def release(version: str) -> tuple[int, ...]:
    """Major and minor of a release as numbers; empty for text that is none."""
    parts = version.removeprefix("v").split(".")[:2]
    return tuple(int(part) for part in parts) if all(p.isdecimal() for p in parts) else ()
