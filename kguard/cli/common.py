"""Options and steps that several commands share."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator

from kguard import term
from kguard.cli import USAGE, UsageError, fail
from kguard.config import ConfigError, Problem, Settings, load
from kguard.config.options import ROUTES
from kguard.config.variables import unread
from kguard.inputs.git import git_root
from kguard.model import Span
from kguard.policy.page import PageError
from kguard.policy.registry import Registry, load_registry
from kguard.render.frame import frame, gutter
from kguard.report import Report

_LISTED = "kguard config show --help"


def add_policy_folders(parser: argparse._ActionsContainer) -> None:
    """Add `--policies DIR`, the one way besides KGUARD_POLICIES to name code."""
    parser.add_argument(
        "--policies",
        action="append",
        default=[],
        metavar="DIR",
        help="load policies of your own from DIR too (also: KGUARD_POLICIES)",
    )


def registry_of(args: argparse.Namespace) -> Registry:
    """The policies the command line and the environment ask for; raises UsageError."""
    return registry_from_environment(args.policies)


def registry_from_environment(more: Iterable[str] = ()) -> Registry:
    """The policies built in, installed, named by KGUARD_POLICIES, and in more folders of code.

    Raises UsageError.
    """
    folders = [f for f in os.environ.get("KGUARD_POLICIES", "").split(os.pathsep) if f]
    try:
        return load_registry([*folders, *more])
    except (PageError, OSError) as error:
        raise UsageError(str(error)) from None


def load_settings(args: argparse.Namespace, registry: Registry) -> Settings:
    """The settings for a run in the working directory with these arguments.

    `args` has `config`, `isolated` and any of the options of kguard.config.options.ROUTES, None
    where one is not given. Says on standard error which variables of the environment look like
    settings and are none. Raises ConfigError.
    """
    for name, meant in unread(os.environ):
        hint = f"did you mean `{meant}`?" if meant else f"`{_LISTED}` lists those that are"
        fail(f"`{name}` in the environment is not read; {hint}")
    cwd = os.getcwd()
    given = {name: getattr(args, name.replace("-", "_"), None) for name in ROUTES}
    return load(
        registry,
        cwd,
        git_root(cwd),
        options={name: value for name, value in given.items() if value is not None},
        environment=os.environ,
        config=args.config,
        isolated=args.isolated,
    )


def complain(error: ConfigError) -> int:
    """Show every problem of a configuration on standard error; returns the exit code for it."""
    style = term.detect(sys.stderr)
    blocks = ["\n".join(_framed(problem, style)) for problem in error.problems]
    print("\n\n".join(blocks), file=sys.stderr)
    return USAGE


def near(path: str) -> str:
    """A path as seen from the working directory, where that is shorter."""
    try:
        return min(os.path.relpath(path), path, key=len)
    except ValueError:  # Another drive.
        return path


def say_unchecked(report: Report) -> bool:
    """Say on standard error what could not be checked; whether there was anything."""
    from kguard.render.text import place

    for item in report.unchecked:
        fail(f"{place(item.path, item.line, item.column)}: {term.safe(item.reason)}")
    return bool(report.unchecked)


def _framed(problem: Problem, style: term.Style) -> Iterator[str]:
    """A problem with the line it is on, as findings are shown."""
    where = problem.where
    head = style.paint("error", "error")
    if not where.line:
        yield f"{head}: {term.safe(where.path)}: {term.safe(problem.message)}"
        if problem.help:
            yield f"  {style.paint('=', 'gutter')} {style.paint('help', 'help')}: {problem.help}"
        return
    column = max(where.column, 1)
    span = Span(where.line, column, where.line, max(where.end_column, column + 1))
    blank = gutter(span)
    yield f"{head}: {style.paint(term.safe(problem.message), 'strong')}"
    place = f"{term.safe(where.path)}:{where.line}" + (f":{column}" if where.column else "")
    yield f"{blank}{style.paint('-->', 'gutter')} {place}"
    yield from frame(where.text, span, "", style, "error")
    if problem.help:
        remark = f"{style.paint('=', 'gutter')} {style.paint('help', 'help')}"
        yield f"{blank} {remark}: {term.safe(problem.help)}"
