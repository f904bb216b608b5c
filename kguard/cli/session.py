"""One run of a check: from the command line to a report whose findings have their places."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from kguard import ignore
from kguard.cli import UsageError
from kguard.cli.common import load_settings, near, registry_of
from kguard.cli.hidden import without_rendered_secrets, without_secrets
from kguard.cli.patched import said_of_lowered, with_patches
from kguard.cli.unrendered import said_of, without_charts
from kguard.cli.world import assumptions, render_options, tell_of_unknown_versions
from kguard.config import Settings
from kguard.engine import Crash, Outcome, run
from kguard.facts import Facts
from kguard.fingerprint import said_once, with_keys
from kguard.index import Index
from kguard.inputs.files import Discovery, discover
from kguard.inputs.git import git_root
from kguard.inputs.load import Loaded, load
from kguard.kube.workloads import is_owned
from kguard.model import Finding, Origin, Resource, named_route
from kguard.policy.registry import Registry
from kguard.record import field, record, replace
from kguard.report import Located, Note, Report, Unchecked
from kguard.rules import Rules
from kguard.source import HAVE_LIBYAML, read
from kguard.term import Progress

if TYPE_CHECKING:
    from kguard.inputs.changes import Changes


@record(frozen=False)
class Session:
    """A run up to its findings; `finish` hides what is accepted and makes the report.

    `located` are all findings in report order, before any is hidden.
    """

    settings: Settings
    registry: Registry
    discovery: Discovery
    loaded: Loaded
    outcome: Outcome
    rules: Rules
    located: list[Located]
    report: Report
    use_ignores: bool = True
    strict_baseline: bool = False
    stale_baseline: bool = False
    """Whether a strict baseline holds findings that are gone."""
    resources: list[Resource] = field(default_factory=list)
    changes: Changes | None = None
    """What differs from the commit given by `--diff-base`; all else is not reported."""
    below: list[Located] = field(default_factory=list)
    """Findings that `min-severity` or `min-confidence` keeps out of the report."""

    @property
    def crashes(self) -> list[Crash]:
        """Checks that raised."""
        return self.outcome.crashes

    def finish(self) -> None:
        """Apply ignores and the baseline and fill the report with what is left."""
        kept = self._without_ignored()
        if self.settings.baseline:
            kept = self._without_baselined(kept, self.settings.baseline)
        if self.changes is not None:
            kept = self._with_changes(kept, self.changes)
        self.report.notices += said_of_lowered(kept, self.loaded, self.settings, self.registry)
        shown: list[Located] = []
        for item in kept:
            (shown if self.settings.reports(item.finding) else self.below).append(item)
        shown.sort(key=lambda item: item.order)
        if any(item.fix is not None for item in shown):
            from kguard.fix.foresee import with_refusals

            shown = list(with_refusals(shown, self.loaded.sources.get))
        self.report.findings = shown

    def _without_ignored(self) -> list[Located]:
        if not self.use_ignores:
            return self.located
        ignores = ignore.gather(self.resources, self.loaded, self.registry, self.settings.ignore)
        verdicts = ignore.Verdicts(self.outcome.judged, self.abstained, whole=self.discovery.whole)
        applied = ignore.apply(
            self.located, ignores, verdicts, self.registry, self.loaded, rules=self.rules
        )
        self.report.suppressed = len(applied.hidden)
        for problem in applied.problems:
            self.report.notices.append(self._without_effect(problem))
        if any(item.path == self.settings.file for item in applied.meta):
            self._read_configuration()
        return [*applied.kept, *applied.meta]

    def _without_effect(self, problem: ignore.Problem) -> str:
        """What to say of an ignore that is written wrongly where no finding says it."""
        if problem.written is not None:
            path, span = problem.written.path, problem.written.span
        else:
            path, place = self.loaded.locate(problem.resource, problem.route)
            span = place.span
        return f"{path}:{span.line}:{span.column}: ignore without effect: {problem.message}"

    def _with_changes(self, located: list[Located], changes: Changes) -> list[Located]:
        """The findings about what has changed; the report is made one of that alone."""
        report = self.report
        judged = [resource for resource in self.resources if not resource.context]
        changed = [resource for resource in judged if resource.origin in changes.objects]
        origins = {resource.origin for resource in judged}

        def concerns(item: Located) -> bool:
            finding = item.finding
            if finding.resource.origin not in origins:  # The file as such, or a configuration.
                return item.path in changes.files or item.path not in self.loaded.sources
            resources = (finding.resource, *(related.resource for related in finding.related))
            return any(resource.origin in changes.objects for resource in resources)

        kept = [item for item in located if concerns(item)]
        report.unchanged = len(located) - len(kept)
        as_before = [
            item
            for item in report.unchecked
            if item.path in self.loaded.sources and item.path not in changes.files
        ]
        report.unchecked = [item for item in report.unchecked if item not in as_before]
        report.details += [f"`{item.path}`, unchanged: {item.reason}" for item in as_before]
        labels = {(resource.origin.path, resource.label) for resource in changed}
        report.judged = [row for row in report.judged if row[1:] in labels]
        places = {item.path for item in kept if item.path in self.loaded.sources}
        report.files = len(places.union(resource.origin.path for resource in changed))
        report.documents = len({(r.origin.path, r.origin.document) for r in changed})
        report.resources = len(changed)
        return kept

    def _read_configuration(self) -> None:
        """Have the configuration's lines at hand, to show findings about ignores in it."""
        path = self.settings.file
        try:
            with open(self.discovery.real_path(path), "rb") as file:
                self.loaded.sources.setdefault(path, read(path, file.read()))
        except OSError:
            return  # The finding is shown without its line.

    def _without_baselined(self, located: list[Located], path: str) -> list[Located]:
        from kguard import baseline

        kept, hidden, fixed = baseline.apply(located, baseline.read(near(path)), self.seen())
        self.report.baselined = len(hidden)
        if fixed and self.strict_baseline:
            self.stale_baseline = True
            one = len(fixed) == 1
            gone = "1 finding of it is" if one else f"{len(fixed)} findings of it are"
            self.report.notices.append(
                f"the baseline is out of date: {gone} gone (`kguard baseline --prune`)"
            )
        return kept

    def seen(self) -> Any:
        """What this run looked at, as kguard.baseline needs to know it."""
        from kguard.baseline import Seen

        # One more resource, because a run may have lost its last object of a kind.
        resources = [*self.resources, Resource({}, Origin(""))]
        tables = {id(table): table for table in map(self.rules, resources)}
        selected = {policy for table in tables.values() for policy in table}
        return Seen(
            self.discovery.covers,
            selected,
            self.abstained,
            {item.path for item in self.report.unchecked} | self.loaded.unrendered,
        )

    @property
    def abstained(self) -> Collection[str]:
        """The policies that lacked context somewhere."""
        return {policy for policy, _ in self.outcome.unknown}


def collect(args: argparse.Namespace) -> Session:
    """Read, judge and locate. Raises UsageError and ConfigError for what the user got wrong."""
    return judge(args, *prepare(args))


def prepare(args: argparse.Namespace) -> tuple[Registry, Settings, Discovery]:
    """What a run judges by, and the files it is to read; raises as `collect` does."""
    registry = registry_of(args)
    settings = load_settings(args, registry)
    found = discover(
        args.paths or ["."],
        exclude=settings.exclude,
        use_gitignore=not args.no_gitignore,
        force_exclude=args.force_exclude,
        stdin_name=args.stdin_name,
        context=settings.context,
    )
    return registry, settings, found


def judge(
    args: argparse.Namespace,
    registry: Registry,
    settings: Settings,
    found: Discovery,
    contents: Mapping[str, bytes] | None = None,
    units: Collection[str] | None = None,
) -> Session:
    """Read, judge and locate what was found. `contents` are files, by their shown paths, that are
    taken to hold something else than they do. Of `units`, where given, the objects alone are
    judged, in the light of all: such a session has no report of the rest.
    """
    progress = Progress(sys.stderr, enabled=not args.no_progress)
    with progress:
        loaded = load(
            found,
            complete=settings.complete,
            progress=progress.update,
            contents=contents,
            woodpecker=settings.woodpecker_kubernetes,
            render=render_options(settings),
        )
    assume, extra = assumptions(settings, found, loaded)
    resources = [_as_context(resource) for resource in loaded.resources]
    index = Index([*resources, *extra], complete=loaded.complete, rendered=loaded.partial)
    facts = Facts(index, assume)
    tell_of_unknown_versions(facts, resources)
    rules = with_patches(settings.rules(registry), loaded)
    asked = resources if units is None else [each for each in resources if each.unit in units]
    # What a policy of the user's prints must not end up in the report.
    with progress, redirect_stdout(sys.stderr):
        outcome = run(registry.policies.values(), _counted(asked, progress), facts, rules)
    found_at = [_locate(finding, loaded) for finding in outcome.findings]
    located = with_keys(said_once(without_rendered_secrets(loaded, found_at)))
    report = _report(settings, registry, found, loaded, outcome, facts, resources, rules)
    changes = None
    if diff_base := getattr(args, "diff_base", None):
        changes = _changes(diff_base, found, loaded, resources)
    return Session(
        changes=changes,
        settings=settings,
        registry=registry,
        discovery=found,
        loaded=loaded,
        outcome=outcome,
        rules=rules,
        located=located,
        report=report,
        use_ignores=not getattr(args, "no_ignores", False),
        strict_baseline=getattr(args, "strict_baseline", False),
        resources=resources,
    )


def _changes(ref: str, found: Discovery, loaded: Loaded, resources: list[Resource]) -> Changes:
    """What differs from where this work parted from a commit; raises UsageError."""
    from kguard.inputs.changes import changes_since
    from kguard.inputs.history import HistoryError, base_of

    if git_root(found.base) != found.base:
        message = "`--diff-base` goes with the git repository that kguard is started in"
        roots = sorted({root for path in found.files if (root := git_root(found.real_path(path)))})
        raise UsageError(f"{message}: {f'cd {near(roots[0])}' if roots else 'this is none'}")
    try:
        return changes_since(base_of(found.base, ref), found, loaded, resources)
    except HistoryError as error:
        raise UsageError(f"--diff-base: {error}") from None


def _as_context(resource: Resource) -> Resource:
    """Objects that a controller owns are looked at only: their faults belong to the owner."""
    if resource.context or not is_owned(resource):
        return resource
    return replace(resource, context=True)


def _counted(resources: list[Resource], progress: Progress) -> Iterable[Resource]:
    for done, resource in enumerate(resources):
        progress.update(done, len(resources), resource.origin.path)
        yield resource


def _locate(finding: Finding, loaded: Loaded) -> Located:
    path, place = loaded.locate(
        finding.resource, finding.route, at_key=finding.at_key, line=finding.line
    )
    notes = []
    for related in finding.related:
        where, there = loaded.locate(related.resource, related.route)
        notes.append(Note(where, there.span, related.label, there.rendering))
    return Located(
        finding=finding,
        path=path,
        span=place.span,
        missing=place.missing,
        via=place.via,
        named_route=named_route(finding.resource.data, finding.route),
        notes=tuple(notes),
        rendering=place.rendering,
    )


def _report(
    settings: Settings,
    registry: Registry,
    found: Discovery,
    loaded: Loaded,
    outcome: Outcome,
    facts: Facts,
    resources: list[Resource],
    rules: Rules,
) -> Report:
    unrendered, idle = said_of(found, loaded)
    unchecked = [*found.missing, *loaded.unchecked, *idle]
    if not found.files and not unchecked and not found.refused:
        unchecked.append(Unchecked(".", 0, 0, "nothing to check was found here"))
    by_id: Mapping[int, Resource] = {id(resource): resource for resource in resources}
    notices = [*found.notices, *unrendered, *without_charts(settings, loaded), *facts.notices]
    if not HAVE_LIBYAML:
        notices.append("PyYAML is installed without libyaml: reading takes several times as long")
    abstentions = [
        f"`{policy}` came to no verdict{f' {count} times' if count > 1 else ''}: {reason}"
        for (policy, reason), count in sorted(outcome.unknown.items())
    ]
    return Report(
        unchecked=unchecked,
        skipped=loaded.skipped,
        notices=notices,
        details=[*found.notes, *loaded.notes, *abstentions],
        files=loaded.files,
        documents=loaded.documents,
        resources=sum(1 for resource in resources if not resource.context),
        undecided=sum(outcome.unknown.values()),
        fail_on=settings.fail_on,
        policies=registry.policies,
        judged=sorted(
            (policy, by_id[key].origin.path, by_id[key].label)
            for key, policies in outcome.judged.items()
            if key in by_id
            for policy in policies
        ),
        line=without_secrets(loaded, outcome.findings),
        text=loaded.text,
    )
