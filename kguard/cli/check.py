"""`kguard check`: judge files and folders, and report."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from kguard import term
from kguard.cli import BUG, FINDINGS, OK, UNCHECKED, UsageError
from kguard.cli.options import (
    add_ignore_options,
    add_input_options,
    add_output_options,
)
from kguard.cli.session import Session, collect
from kguard.cli.streams import abandon_stdout
from kguard.render import FORMATS, write
from kguard.report import Report


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "check",
        help="check manifests, workflows, pipelines and Dockerfiles",
        description="Check files and folders. Without PATH, the current folder.",
        allow_abbrev=False,
    )
    add_input_options(parser)
    parser.add_argument_group("changes").add_argument(
        "--diff-base",
        metavar="REF",
        help="report only on objects that have changed since this work parted from REF",
    )
    add_output_options(parser)
    add_ignore_options(parser)


def run(args: argparse.Namespace) -> int:
    """Check, write every report asked for, and say by the exit code what came of it."""
    outputs = _outputs(args.format or ["full"])
    if args.until is not None and args.add_ignore is None:
        raise UsageError("`--until` goes with `--add-ignore`")
    session = collect(args)
    if args.strict_baseline and not session.settings.baseline:
        raise UsageError("`--strict-baseline` goes with `--baseline`, and none is given")
    if args.add_ignore is not None:
        from kguard.cli.add_ignore import add_ignores

        return add_ignores(session, args.add_ignore, args.until)
    session.finish()
    for name, target in outputs:
        _write(name, target, session.report, args)
    if not args.format and os.environ.get("GITHUB_ACTIONS") == "true":
        # The log keeps the frames; these lines are drawn beside the code, and not said twice.
        args.quiet = True
        _write("github", "", session.report, args)
    return exit_code(session)


def exit_code(session: Session) -> int:
    """The highest of what applies: a crashed check, things unchecked, findings."""
    report = session.report
    if session.crashes:
        from kguard.cli.crashes import report_crashes

        report_crashes(session.crashes, session.registry)
        return BUG
    if report.unchecked:
        return UNCHECKED
    if report.failed or session.stale_baseline:
        return FINDINGS
    return OK


def _outputs(formats: list[str]) -> list[tuple[str, str]]:
    """Format and file of each `-f`; the file is empty for standard output."""
    outputs = []
    for text in formats:
        name, equals, target = text.partition("=")
        if name not in FORMATS:
            from kguard.words import nearest

            hint = f"{nearest(name, FORMATS)} (one of {', '.join(FORMATS)})"
            raise UsageError(f"no format is called `{name}`{hint}")
        if equals and not target:
            raise UsageError(f"`-f {text}` names no file")
        outputs.append((name, target))
    targets = [target for _, target in outputs]
    if targets.count("") > 1:
        raise UsageError(
            "two formats for standard output: give all but one a file (-f sarif=out.sarif)"
        )
    for target in targets:
        if targets.count(target) > 1:
            raise UsageError(f"two formats for the file {target}")
    return outputs


def _write(name: str, target: str, report: Report, args: argparse.Namespace) -> None:
    if not target:
        try:
            write(name, report, sys.stdout, _style(sys.stdout, args))
            sys.stdout.flush()
        except BrokenPipeError:
            abandon_stdout()  # Other reports are still to be written, and the exit code stays.
        return
    import io

    from kguard.atomic import stray_link, write_atomically

    if elsewhere := stray_link(target):
        raise UsageError(f"{target}: is a link to {elsewhere}; remove it, or name that file")
    buffer = io.StringIO()
    plain = term.Style(verbose=args.verbose, quiet=args.quiet, statistics=args.statistics)
    write(name, report, buffer, plain)
    try:
        write_atomically(target, buffer.getvalue().encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from None


def _style(stream: Any, args: argparse.Namespace) -> term.Style:
    return term.detect(
        stream,
        color=args.color,
        links=args.links,
        quiet=args.quiet,
        verbose=args.verbose,
        statistics=args.statistics,
    )
