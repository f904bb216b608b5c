"""What ignores do to findings, and what is to be said about the ignores themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kguard.fingerprint import with_keys
from kguard.ignore.find import Ignores, Problem
from kguard.ignore.model import Ignore, IgnoreEntry, Lines, Object
from kguard.model import Finding, Origin, Resource, named_route
from kguard.policy.registry import Registry
from kguard.record import field, record
from kguard.report import Located
from kguard.rules import Rules, as_written, judges

if TYPE_CHECKING:
    import datetime

    from kguard.ignore.world import World

_Match = tuple[Ignore, list[str]]
"""An ignore, and the names in it that cover a finding."""

UNUSED, EXPIRED, UNEXPLAINED = "unused-ignore", "expired-ignore", "unexplained-ignore"


@record(eq=False)
class Hidden:
    """A finding that is not reported, and the first ignore that hides it."""

    located: Located
    ignore: Ignore


@record(frozen=False, eq=False)
class Applied:
    """Findings sorted into kept and hidden, what ignores themselves are reported for, problems.

    `meta` are ordinary findings, about ignores without effect because they are written wrongly,
    too; `problems` are those of the latter where nobody asked for findings about unused ignores.
    """

    kept: list[Located] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    meta: list[Located] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@record(eq=False)
class Verdicts:
    """Where policies came to a verdict, so that an ignore that hid nothing can be judged.

    `judged` holds the ids of policies by the id() of the resource, `abstained` the policies that
    lacked context somewhere. `whole` says that the run saw all that the configuration speaks of; an
    entry of the configuration is never called unused without that.
    """

    judged: Mapping[int, Collection[str]] = field(default_factory=dict)
    abstained: Collection[str] = frozenset()
    whole: bool = False


def utc_today() -> datetime.date:
    """The current day in UTC, the day by which `until` is meant."""
    import datetime

    return datetime.datetime.now(datetime.UTC).date()


def apply(
    located: Iterable[Located],
    ignores: Ignores,
    verdicts: Verdicts,
    registry: Registry,
    world: World,
    *,
    today: datetime.date | None = None,
    rules: Rules | None = None,
) -> Applied:
    """Hide what is ignored and report ignores that are unused, expired or unexplained.

    `today` is the UTC day by which dates are judged. `rules` decides whether the findings about
    ignores are wanted, and their severity, like that of any policy.
    """
    rules = rules or as_written(registry.policies.values())
    return _Run(ignores, verdicts, registry, world, today or utc_today(), rules).apply(located)


@record(frozen=False, eq=False)
class _Run:
    ignores: Ignores
    verdicts: Verdicts
    registry: Registry
    world: World
    today: datetime.date
    rules: Rules
    used: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """id() of an ignore → the names in it that hid something."""
    missed: dict[int, dict[str, Resource]] = field(default_factory=lambda: defaultdict(dict))
    """id() of an expired ignore → the names in it that would have hidden something, and where."""

    def apply(self, located: Iterable[Located]) -> Applied:
        applied = Applied()
        self._hide(located, applied.kept, applied.hidden)
        wrong: list[Located] = []
        for problem in self.ignores.problems:
            said = list(self._problem(problem))
            wrong += said
            if not said:
                applied.problems.append(problem)
        self._hide(with_keys([*self._meta(), *wrong]), applied.meta, applied.hidden)
        return applied

    def _hide(self, located: Iterable[Located], kept: list[Located], hidden: list[Hidden]) -> None:
        for item in located:
            hiding, expired = self._covering(item)
            if hiding:
                # All of them count as used: which one to remove is for people to say.
                for ignore, names in hiding:
                    self.used[id(ignore)].update(names)
                hidden.append(Hidden(item, hiding[0][0]))
                continue
            if not item.certain:
                self._spare(item)
            for ignore, names in expired:
                for name in names:
                    self.missed[id(ignore)].setdefault(name, item.finding.resource)
            kept.append(item)

    def _spare(self, item: Located) -> None:
        """Call no comment unused that may be meant for a finding whose line is not certain."""
        for ignore in self.ignores.by_path.get(item.path, ()):
            names = [n for n, policies in ignore.names.items() if item.finding.policy in policies]
            self.used[id(ignore)].update(names)

    def _covering(self, item: Located) -> tuple[list[_Match], list[_Match]]:
        """The ignores in force that cover a finding, and those that have expired."""
        # Line 0 is covered by what is said for a whole file, and by no other comment.
        lines = (item.span.line, *(span.line for span in item.via)) if item.certain else (0,)
        hiding: list[_Match] = []
        expired: list[_Match] = []
        for ignore in self.ignores.for_place(item.path, lines, item.finding.resource):
            if names := ignore.hides(item.finding, item.path, lines):
                (expired if ignore.expired(self.today) else hiding).append((ignore, names))
        return hiding, expired

    def _meta(self) -> Iterator[Located]:
        for ignore in self.ignores.all():
            missed = self.missed.get(id(ignore), {})
            unused = self._unused(ignore)
            if missed:
                yield from self._finding(
                    EXPIRED,
                    ignore,
                    next(iter(missed.values())),
                    f"the ignore of {_listed(missed)} expired on {ignore.why.until}",
                    "what it hid is reported again: cure it, or give a new date",
                )
            for name, (resource, why) in unused.items():
                over = " and has expired" if ignore.expired(self.today) else ""
                yield from self._finding(
                    UNUSED,
                    ignore,
                    resource,
                    f"the ignore of `{name}` hides nothing{over}{why}",
                    "what it is meant for is reported: name that policy, or remove it"
                    if why
                    else "the fault is cured or moved: remove it, or it hides the next one unseen",
                )
            unexplained = not ignore.why.reason and len(unused) < len(ignore.names) and not missed
            if unexplained and (speaks_of := self._spoken_of(ignore)) is not None:
                yield from self._finding(
                    UNEXPLAINED,
                    ignore,
                    speaks_of,
                    f"the ignore of {_listed(ignore.names)} gives no reason",
                    "it works; whoever reads it next cannot tell whether it is still needed",
                )

    def _unused(self, ignore: Ignore) -> dict[str, tuple[Resource, str]]:
        """The names in an ignore that hid nothing although there was a verdict, and where.

        Or although there can be none, with what to say of that.
        """
        if isinstance(ignore.extent, IgnoreEntry) and not self.verdicts.whole:
            return {}
        silent = {}
        for name, policies in ignore.names.items():
            if name in self.used[id(ignore)] or name in self.missed[id(ignore)]:
                continue
            # A family is unused only if none of its policies might have found something.
            if len(policies) > 1 and not policies.isdisjoint(self.verdicts.abstained):
                continue
            candidates = list(self._candidates(ignore))
            for resource in candidates:
                if not policies.isdisjoint(self.verdicts.judged.get(id(resource), ())):
                    silent[name] = resource, ""
                    break
            else:
                if why := self._for_others(ignore, policies, candidates):
                    silent[name] = candidates[0], why
            if not candidates and ignore.written and _names_a_place(ignore):
                # A folder that has moved, an object long gone.
                gone = Resource({}, Origin(ignore.written.path), kind="Configuration")
                silent[name] = gone, ""
        return silent

    def _for_others(
        self, ignore: Ignore, policies: Collection[str], candidates: Sequence[Resource]
    ) -> str:
        """What to say where policies never look at what a comment or annotation covers, else "".

        Nothing in doubt: where none of them is in force, or something in the file could not be
        read, or is a template, which may give other objects at another time.
        """
        source = self.world.sources.get(ignore.written.path) if ignore.written else None
        if isinstance(ignore.extent, IgnoreEntry) or (source is not None and source.errors):
            return ""
        kinds = {(each.group, each.kind): each for each in candidates}
        checked = [self.registry.policies[each] for each in policies]
        checked = [policy for policy in checked if policy.has_check]
        if any(judges(policy, *kind) for policy in checked for kind in kinds):
            return ""
        in_force = any(policy.id in self.rules(each) for each in candidates for policy in checked)
        if not in_force or any(each.origin.rendered for each in candidates):
            return ""
        what = "what it covers"
        if len(kinds) == 1:
            (one,) = kinds.values()
            what = f"`{one.api_version} {one.kind}`".replace("` ", "`")
        return f": {'that policy' if len(policies) == 1 else 'that family'} is not for {what}"

    def _candidates(self, ignore: Ignore) -> Iterator[Resource]:
        """The resources that an ignore speaks of and that are reported on."""
        extent, known = ignore.extent, self.ignores.resources
        if isinstance(extent, Lines):
            return iter(extent.resources)
        if isinstance(extent, Object):
            near: Iterable[Resource] = [extent.resource]
        else:
            near = (resource for members in known.values() for resource in members)
        return (resource for resource in near if extent.applies_to(resource))

    def _spoken_of(self, ignore: Ignore) -> Resource | None:
        if ignore.resource is not None:
            return ignore.resource
        return next(self._candidates(ignore), None)

    def _problem(self, problem: Problem) -> Iterator[Located]:
        yield from self._finding(
            UNUSED,
            problem,
            problem.resource,
            f"ignore without effect: {problem.message}",
            "what it is meant for is reported as if it were not there: correct it, or remove it",
        )

    def _finding(
        self,
        policy_id: str,
        ignore: Ignore | Problem,
        resource: Resource,
        message: str,
        help: str,
    ) -> Iterator[Located]:
        policy = self.registry.policies.get(policy_id)
        rule = self.rules(resource).get(policy_id)
        if policy is None or rule is None:
            return
        if ignore.resource is not None:
            resource = ignore.resource
        finding = Finding(
            policy=policy_id,
            severity=rule.severity or policy.severity,
            confidence=policy.confidence,
            message=message,
            resource=resource,
            route=ignore.route,
            help=help,
        )
        if ignore.written is not None:
            yield Located(finding, ignore.written.path, ignore.written.span)
        else:
            path, place = self.world.locate(resource, ignore.route)
            route = named_route(resource.data, ignore.route)
            yield Located(finding, path, place.span, place.missing, place.via, route)


def _names_a_place(ignore: Ignore) -> bool:
    """Whether an ignore is an entry of the configuration for certain files or objects."""
    return isinstance(ignore.extent, IgnoreEntry) and bool(
        ignore.extent.paths or ignore.extent.names
    )


def _listed(names: Collection[str] | Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
