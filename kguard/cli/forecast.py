"""`kguard forecast`: what one run of each workflow comes to, and which limit it meets first."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kguard import term
from kguard.cli import FINDINGS, OK, UNCHECKED, fail
from kguard.cli.options import add_config, add_files, add_rendering
from kguard.record import field, record

if TYPE_CHECKING:
    from kguard.facts import Facts
    from kguard.facts.argo.workflow import Workflow
    from kguard.facts.forecast.limits import Outlook
    from kguard.inputs.load import Loaded
    from kguard.model import Resource, Route
    from kguard.report import Skipped, Unchecked

RETRIES = ("none", "worst")
_MOST_ITEMS = 10**9
_LIBRARY = "has no `entrypoint`: others run its templates"
_TOLD = (_LIBRARY, "unrendered Helm template (`--helm` renders it)")


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "forecast",
        help="tell the nodes, pods and status bytes that runs of workflows come to",
        description="Tell what one run of each Argo workflow comes to: nodes, pods at once, "
        "requests, bytes of status, the limit that is met first and what would change it. "
        "Without PATH, the current folder. Exits with 1 where a run does not fit.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders; - is stdin (default: .)"
    )
    parser.add_argument(
        "--items",
        type=_items,
        default=0,
        metavar="N",
        help="length of loops that only a run can tell, where `kguard.dev/expected-items` does not "
        "(default: 100, guesses not multiplied)",
    )
    parser.add_argument(
        "--retries",
        choices=RETRIES,
        default="none",
        help="judge a run without failures, or one that needs every attempt (default: none)",
    )
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")
    parser.add_argument("--color", choices=term.CHOICES, default="auto")
    parser.add_argument(
        "--argo-version", metavar="N.M", help="Argo Workflows that runs them (default: unknown)"
    )
    parser.add_argument(
        "--argo-controller-config",
        metavar="FILE",
        help="the workflow controller's ConfigMap or Helm values",
    )
    _add_inputs(parser)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--context",
        action="append",
        metavar="PATH",
        help="files to look at and not forecast (default: the folders of named files)",
    )
    add_files(parser)
    add_rendering(parser)
    add_config(parser)
    parser.set_defaults(policies=[], force_exclude=False)


def _items(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:12]) <= _MOST_ITEMS):
        raise argparse.ArgumentTypeError(f"cannot be `{text}`: a whole number from 1 on")
    return int(text)


@record(frozen=False)
class Forecasts:
    """What could be forecast, what is not to be, and what could not."""

    loaded: Loaded
    found: list[Outlook] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def place(self, resource: Resource, route: Route) -> tuple[str, int]:
        """The file and the line of a route."""
        path, place = self.loaded.locate(resource, route)
        return path, place.span.line


def run(args: argparse.Namespace) -> int:
    """Forecast, write it, and say by the exit code what came of it."""
    from kguard.render import forecast as render

    forecasts = collect(args)
    worst = args.retries == "worst"
    if args.format == "json":
        report = render.as_json(forecasts.found, forecasts.place, worst=worst)
        report["skipped"] = [{"file": e.path, "reason": e.reason} for e in forecasts.skipped]
        report["unchecked"] = [
            {"file": e.path, "line": e.line, "reason": e.reason} for e in forecasts.unchecked
        ]
        report["notices"] = forecasts.notices
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        style = term.detect(sys.stdout, color=args.color)
        blocks = [
            "\n".join(render.table(outlook, forecasts.place, style, worst=worst))
            for outlook in forecasts.found
        ]
        # Files that are no manifests are nobody's concern here, but in the data.
        told = [each for each in forecasts.skipped if each.reason.endswith(_TOLD)]
        if told:
            blocks.append("\n".join(term.safe(f"{each.path}: {each.reason}") for each in told))
        if blocks:
            print("\n\n".join(blocks))
        sys.stdout.flush()
        for notice in forecasts.notices:
            fail(notice)
        _say(forecasts.unchecked)
    if forecasts.unchecked:
        return UNCHECKED
    reached = (each.worst_limit if worst else each.limit for each in forecasts.found)
    return FINDINGS if any(limit.reached for limit in reached) else OK


def _say(unchecked: list[Unchecked]) -> None:
    from kguard.render.text import place

    for item in unchecked:
        fail(f"{place(item.path, item.line, item.column)}: {term.safe(item.reason)}")


def collect(args: argparse.Namespace) -> Forecasts:
    """Read and forecast. Raises UsageError and ConfigError for what the user got wrong."""
    from kguard.cli.session import prepare
    from kguard.cli.unrendered import without_charts
    from kguard.cli.world import assumptions, render_options
    from kguard.facts import Facts
    from kguard.index import Index
    from kguard.inputs.load import load
    from kguard.report import Unchecked

    _registry, settings, discovered = prepare(args)
    loaded = load(discovered, complete=settings.complete, render=render_options(settings))
    assume, extra = assumptions(settings, discovered, loaded)
    index = Index([*loaded.resources, *extra], complete=loaded.complete, rendered=loaded.partial)
    facts = Facts(index, assume)
    forecasts = Forecasts(
        loaded,
        skipped=list(loaded.skipped),
        unchecked=[*discovered.missing, *loaded.unchecked],
        notices=[*discovered.notices, *without_charts(settings, loaded)],
    )
    workflows = [
        workflow
        for resource in loaded.resources
        if not resource.context and (workflow := facts.argo_workflow(resource)) is not None
    ]
    for workflow in workflows:
        _forecast(forecasts, facts, workflow, args.items)
    if not workflows and not forecasts.unchecked:
        named = ", ".join(args.paths) or "."
        forecasts.unchecked.append(Unchecked(named, 0, 0, "no Argo workflow was found here"))
    return forecasts


def _forecast(forecasts: Forecasts, facts: Facts, workflow: Workflow, items: int) -> None:
    from kguard.facts.forecast.limits import outlook_of
    from kguard.report import Skipped, Unchecked

    path, line = forecasts.place(workflow.resource, workflow.route)
    if workflow.library:
        reason = f"{workflow.resource.label} {_LIBRARY}"
        forecasts.skipped.append(Skipped(path, reason))
        return
    outlook = outlook_of(facts, workflow, items)
    if outlook is not None:
        forecasts.found.append(outlook)
        return
    reason = "; ".join(_reasons(facts, workflow))
    path, line = forecasts.place(workflow.resource, workflow.at("entrypoint"))
    forecasts.unchecked.append(
        Unchecked(path, line, 0, f"{workflow.resource.label} cannot be forecast: {reason}")
    )


def _reasons(facts: Facts, workflow: Workflow) -> Iterator[str]:
    """Why the template that a run begins with is not known."""
    from kguard.facts.argo.workflow import Reference

    if workflow.reference is Reference.UNSEEN:
        name = workflow.get("workflowTemplateRef", "name")
        yield f"WorkflowTemplate `{name}` was not seen (`--context` names more files)"
    elif workflow.reference is Reference.UNKNOWN:
        yield "`workflowTemplateRef` leads to no certain template"
    elif workflow.value("entrypoint") is None:
        yield "it has no `entrypoint`"
    else:
        yield f"there is no template `{workflow.value('entrypoint')}` for its `entrypoint`"
