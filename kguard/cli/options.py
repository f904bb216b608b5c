"""The options of `check` and of the commands that run a check."""

from __future__ import annotations

import argparse

from kguard.cli.common import add_policy_folders
from kguard.policy.page import PROFILES
from kguard.render import FORMATS
from kguard.term import CHOICES

SEVERITIES = ("error", "warning", "note")
FORMAT = "NAME[=FILE]"
"""What `--format` takes; shell completion offers the names."""
CONFIDENCES = ("high", "medium", "low")


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides which files are read and which policies judge them."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders; - is stdin (default: .)"
    )
    selection = parser.add_argument_group("selection")
    selection.add_argument(
        "--select",
        action="append",
        metavar="POLICY|FAMILY|ALL",
        help="only these policies or families",
    )
    selection.add_argument(
        "--extend-select", action="append", metavar="POLICY|FAMILY|ALL", help="also these"
    )
    selection.add_argument(
        "--ignore", action="append", metavar="POLICY|FAMILY|ALL", help="not these"
    )
    selection.add_argument("--profile", choices=(*PROFILES, "all"), help="default: default")
    selection.add_argument(
        "--min-severity", choices=SEVERITIES, help="report nothing below (default: note)"
    )
    selection.add_argument(
        "--min-confidence", choices=CONFIDENCES, help="report nothing below (default: low)"
    )
    selection.add_argument(
        "--kube-version",
        metavar="1.N",
        help="Kubernetes the manifests are for (default: newest known)",
    )
    selection.add_argument(
        "--argo-version", metavar="N.M", help="Argo Workflows that runs them (default: unknown)"
    )
    add_policy_folders(selection)
    inputs = parser.add_argument_group("inputs")
    add_files(inputs)
    inputs.add_argument(
        "--force-exclude", action="store_true", help="exclude named files too (for hooks)"
    )
    inputs.add_argument(
        "--context",
        action="append",
        metavar="PATH",
        help="files to look at and never report on (default: the folders of named files)",
    )
    inputs.add_argument(
        "--complete",
        action="store_true",
        default=None,
        help="the paths are the whole world: what is not there does not exist",
    )
    inputs.add_argument(
        "--image-map", metavar="FILE", help="image name → Dockerfile or known entrypoint and shell"
    )
    add_rendering(inputs)
    inputs.add_argument(
        "--argo-controller-config",
        metavar="FILE",
        help="the workflow controller's ConfigMap or Helm values",
    )
    config = parser.add_argument_group("configuration")
    add_config(config)


def add_files(parser: argparse._ActionsContainer) -> None:
    """Add what decides which of the files are read."""
    parser.add_argument(
        "--stdin-name", default="", metavar="FILE", help="what to call standard input"
    )
    parser.add_argument(
        "--exclude",
        action="append",
        metavar="GLOB",
        help="leave out what matches, as .gitignore does",
    )
    parser.add_argument(
        "--no-gitignore", action="store_true", help="also read files that git ignores"
    )


def add_rendering(parser: argparse._ActionsContainer) -> None:
    """Add what decides which charts and kustomizations are rendered."""
    parser.add_argument(
        "--helm",
        action="store_true",
        default=None,
        help="render Helm charts with `helm template` (also: KGUARD_HELM names the program)",
    )
    parser.add_argument(
        "--helm-values",
        action="append",
        metavar="FILE[,FILE]",
        help="render charts with these values; again for a rendering with other values",
    )
    parser.add_argument(
        "--helm-set", action="append", metavar="K=V", help="render charts with this value, too"
    )
    parser.add_argument(
        "--kustomize",
        action="store_true",
        default=None,
        help="build kustomizations (also: KGUARD_KUSTOMIZE names the program)",
    )


def add_config(parser: argparse._ActionsContainer) -> None:
    """Add where settings come from."""
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE|KEY=VALUE",
        help="use this file, or set one key",
    )
    parser.add_argument("--isolated", action="store_true", help="read no configuration file")


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides how the report looks and what the run comes to."""
    output = parser.add_argument_group("output")
    output.add_argument(
        "-f",
        "--format",
        action="append",
        metavar=FORMAT,
        help=f"{', '.join(FORMATS)} (default: full); repeat for several",
    )
    output.add_argument("-q", "--quiet", action="store_true", help="findings only, no summary")
    output.add_argument(
        "-v", "--verbose", action="store_true", help="also what was skipped and why"
    )
    output.add_argument("--statistics", action="store_true", help="count findings by policy")
    output.add_argument("--color", choices=CHOICES, default="auto")
    output.add_argument(
        "--links", choices=CHOICES, default="auto", help="link policies to their pages"
    )
    output.add_argument("--no-progress", action="store_true")
    output.add_argument(
        "--fail-on",
        choices=(*SEVERITIES, "never"),
        help="exit 1 from this severity on (default: warning)",
    )


def add_ignore_options(parser: argparse.ArgumentParser) -> None:
    """Add what hides findings and writes down that they are accepted."""
    group = parser.add_argument_group("accepted findings")
    group.add_argument("--no-ignores", action="store_true", help="report what ignores hide, too")
    group.add_argument(
        "--add-ignore", metavar="REASON", help="write a comment that ignores each finding"
    )
    group.add_argument(
        "--until", metavar="YYYY-MM-DD", help="the last day of the ignores that are added"
    )
    group.add_argument("--baseline", metavar="FILE", help="hide the findings listed there")
    group.add_argument(
        "--strict-baseline", action="store_true", help="fail when a finding of the baseline is gone"
    )
