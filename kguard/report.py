"""What a run has to say, with every finding given its place: the one input of all renderers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kguard.model import Finding, Fix, Rendering, Route, Severity, Span
from kguard.policy.page import Policy
from kguard.record import field, record


@record
class Note:
    """A labelled place that explains a finding."""

    path: str
    span: Span
    label: str
    rendering: Rendering | None = None


@record
class Located:
    """A finding with its place in a file.

    `missing` are the keys that do not exist at the place; `via` the aliases that lead to it;
    `named_route` the route as people write it; `key` the fingerprint (see kguard.baseline).
    `rendering` is the place in what a tool made of the file, None where none did; `no_fix` is why
    the fix of the finding will not be made, empty where nothing is known to be against it.
    """

    finding: Finding
    path: str
    span: Span
    missing: Route = ()
    via: tuple[Span, ...] = ()
    named_route: str = ""
    key: str = ""
    notes: tuple[Note, ...] = ()
    rendering: Rendering | None = None
    no_fix: str = ""

    @property
    def order(self) -> tuple[str, int, int, str]:
        """The order of every report: path, line, column, policy."""
        return (self.path, self.span.line, self.span.column, self.finding.policy)

    @property
    def fix(self) -> Fix | None:
        """The fix that can be made; none for what is rendered, where nobody knows how."""
        return self.finding.fix if self.rendering is None and not self.no_fix else None

    @property
    def certain(self) -> bool:
        """Whether the place is the one in the file, and not just near to it."""
        return self.rendering is None or self.rendering.certain


@record
class Unchecked:
    """Something that was to be checked and could not be; line and column are 1-based, 0 unknown."""

    path: str
    line: int
    column: int
    reason: str


@record
class Skipped:
    """Something that is not for kguard, and what it was taken for."""

    path: str
    reason: str


@record(frozen=False)
class Report:
    """One run, ready to be rendered. Findings are sorted and nothing is left to be decided."""

    findings: list[Located] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """Sentences for the user about the run as a whole, each said once."""
    details: list[str] = field(default_factory=list)
    """Sentences only for a user who asks (`-v`): what was left out, what came to no verdict."""
    files: int = 0
    documents: int = 0
    resources: int = 0
    suppressed: int = 0
    undecided: int = 0
    """How often a policy came to no verdict for want of context."""
    baselined: int = 0
    unchanged: int = 0
    """How many findings are not shown because what they are about has not changed."""
    fail_on: Severity | None = Severity.WARNING
    policies: Mapping[str, Policy] = field(default_factory=dict)
    """The policies of the run by id, whether they found anything or not."""
    judged: Sequence[tuple[str, str, str]] = ()
    """(policy, path, resource label) of every verdict; JUnit shows what passed."""
    line: Callable[[str, int], str] = lambda path, number: ""
    """The text of a line (1-based) of a file that was read, without its line end."""
    text: Callable[[str], str] = lambda path: ""
    """The whole text of a file that was read, with its byte order mark; empty where it is no file.
    SARIF fingerprints are computed from it.
    """

    def count(self, severity: Severity) -> int:
        """How many findings have exactly this severity."""
        return sum(1 for item in self.findings if item.finding.severity is severity)

    @property
    def failed(self) -> bool:
        """Whether a finding reaches the severity at which the run fails."""
        return self.fail_on is not None and any(
            item.finding.severity >= self.fail_on for item in self.findings
        )
