"""The settings of a run: what file, environment and command line say together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.config.selection import Choice, Override, PolicySettings, build_rules
from kguard.facts.run import NEWEST_KUBERNETES
from kguard.ignore import IgnoreEntry
from kguard.model import Confidence, Finding, Severity
from kguard.policy.registry import Registry
from kguard.record import field, record
from kguard.rules import Rules

DEFAULT = "default"
"""The origin of what nobody set."""


@record
class Image:
    """What the user says about an image: a Dockerfile (absolute path), or facts; None is unknown.

    `shell` is a name such as `dash`, or `none` for an image without one.
    """

    dockerfile: str | None = None
    shell: str | None = None
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None


@record
class HelmCharts:
    """How charts are rendered; `paths` are absolute globs for their folders, empty for all.

    Each of `values` is a run with these files (absolute paths) together. An empty release stands
    for the chart's name, an empty namespace for the default one.
    """

    paths: tuple[str, ...] = ()
    values: tuple[tuple[str, ...], ...] = ()
    sets: tuple[str, ...] = ()
    release: str = ""
    namespace: str = ""
    api_versions: tuple[str, ...] = ()


@record(eq=False)
class Settings:
    """Everything a run is told, merged: defaults < file < environment < command line.

    Single files are absolute paths; `exclude` holds globs from the root and `context` absolute
    paths. `fail_on` is None for `never`, `argo` None where the version is not known. `file` is
    the configuration file as messages show it, empty where there is none. `origin` names where
    each value was written, by dotted key; a key that is not in there has its default.
    """

    file: str = ""
    fail_on: Severity | None = Severity.WARNING
    min_severity: Severity = Severity.NOTE
    min_confidence: Confidence = Confidence.LOW
    kube: tuple[int, int] = NEWEST_KUBERNETES
    exclude: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    complete: bool = False
    baseline: str | None = None
    images: Mapping[str, Image] = field(default_factory=dict)
    argo: tuple[int, int] | None = None
    argo_assume_none: bool = False
    argo_controller_config: str | None = None
    drone_requests_given: bool = False
    drone_limits_given: bool = False
    woodpecker_kubernetes: bool = False
    helm: bool = False
    """Whether charts are rendered."""
    helm_charts: tuple[HelmCharts, ...] = (HelmCharts(),)
    """How; the first that fits a chart counts, and the last fits all."""
    kustomize: bool = False
    """Whether kustomizations are rendered."""
    policies: Mapping[str, PolicySettings] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    ignore: tuple[IgnoreEntry, ...] = ()
    weak: tuple[Choice, ...] = ()
    """What the file selects; overrides come after it."""
    strong: tuple[Choice, ...] = ()
    """What environment and command line select; they come after the overrides."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What was set, as written, by dotted key."""
    origin: Mapping[str, str] = field(default_factory=dict)

    def rules(self, registry: Registry) -> Rules:
        """The rules for a resource; see build_rules."""
        return build_rules(self.weak, self.strong, self.policies, self.overrides, registry)

    def reports(self, finding: Finding) -> bool:
        """Whether a finding reaches `min-severity` and `min-confidence`."""
        return finding.severity >= self.min_severity and finding.confidence >= self.min_confidence

    def origin_of(self, key: str) -> str:
        """Where the value of a dotted key was written; `default` where nowhere."""
        return self.origin.get(key, DEFAULT)
