"""`kguard baseline`: write the findings of today to a file, so that only new ones are reported."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from kguard.baseline import (
    Baseline,
    BaselineError,
    Seen,
    apply,
    pruned,
    read,
    renewed,
    write,
)
from kguard.cli import BUG, OK, UNCHECKED, UsageError, fail
from kguard.cli.common import near, say_unchecked
from kguard.cli.options import add_input_options
from kguard.cli.session import collect
from kguard.record import replace
from kguard.report import Located
from kguard.words import counted

DEFAULT_FILE = ".kguard-baseline.json"


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "baseline",
        help="write the findings of today to a file, so that only new ones are reported",
        description="Write the findings of today to a file; `kguard check --baseline FILE` then "
        "reports only new ones. Findings that this run does not look for are kept in the file.",
        allow_abbrev=False,
    )
    add_input_options(parser)
    output = parser.add_argument_group("output")
    output.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"the baseline (default: the configuration's `baseline`, else {DEFAULT_FILE})",
    )
    output.add_argument(
        "--prune", action="store_true", help="only remove findings that are gone; add none"
    )
    output.add_argument("--no-progress", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Write or prune the baseline and say what changed; exit 3 where not everything was read.

    Raises UsageError for a baseline that cannot be read or written.
    """
    session = collect(args)
    if session.crashes:
        from kguard.cli.crashes import report_crashes

        report_crashes(session.crashes, session.registry)
        return fail("no baseline is written", BUG)
    configured = session.settings.baseline
    path = args.output or near(configured or DEFAULT_FILE)
    new = not os.path.exists(path)
    # The report of a run without a baseline: that is what the new one has to hide.
    session.settings = replace(session.settings, baseline=None)
    session.finish()
    for notice in session.report.notices:
        fail(notice)
    incomplete = say_unchecked(session.report)
    try:
        located = session.report.findings
        said = update(path, located, session.seen(), prune=args.prune, below=session.below)
    except BaselineError as error:
        raise UsageError(str(error)) from None
    print(said)
    if new and located and not incomplete:
        option = f" --baseline {path}" if args.output or not configured else ""
        print(f"next: `kguard check{option}` reports only what is new")
    return UNCHECKED if incomplete else OK


def update(
    path: str,
    located: Sequence[Located],
    seen: Seen,
    *,
    prune: bool,
    below: Sequence[Located] = (),
) -> str:
    """Write the baseline at `path` anew, or only prune it, and return a sentence on what changed.

    Findings `below` the thresholds of this run are not added, and not taken for cured. A file is
    not touched where nothing changes. Raises BaselineError.
    """
    there = prune or os.path.exists(path)
    old = read(path) if there else Baseline({}, path)
    still = [*located, *(item for item in below if item.key in old.entries)]
    new = pruned(old, apply(still, old, seen)[2]) if prune else renewed(old, still, seen)
    if not there or new != old.entries:
        write(path, new.values())
    added = len(new.keys() - old.entries.keys())
    removed = len(old.entries.keys() - new.keys())
    return f"{path}: {counted(len(new), 'finding')}, {added} added, {removed} removed"
