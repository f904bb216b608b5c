"""The command line: one module per command, and what every command shares.

Exit codes: 0 nothing to report, 1 findings, 2 wrong option or configuration, 3 not everything was
checked, 4 a bug in kguard or in a policy. Where several apply the highest wins.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import cast

from kguard.cli.parser import Parser, unknown_words
from kguard.cli.streams import abandon_stdout, is_full, prepare
from kguard.term import safe


class UsageError(Exception):
    """A wrong option or configuration: said in one line, exit code 2."""


OK, FINDINGS, USAGE, UNCHECKED, BUG = range(5)

ISSUES = "https://github.com/kguard/kguard/issues"

# Command → module; each has add_parser(subparsers) and run(args) -> exit code. Imported only when
# asked for, because a hook pays for every import on each commit.
COMMANDS = {
    "check": "check",
    "explain": "explain",
    "policies": "policies",
    "forecast": "forecast",
    "fix": "fix",
    "baseline": "baseline",
    "config": "config",
    "init": "init",
    "new": "new",
    "test": "test",
    "completion": "completion",
    "serve": "serve",
    "probe": "probe",
    "drain": "drain",
    "disarm": "disarm",
    "export": "export",
}

_SUMMARY = {
    "check": "check manifests, workflows, pipelines and Dockerfiles",
    "explain": "print the page of a policy",
    "policies": "list the policies",
    "forecast": "tell the nodes, pods and status bytes that runs of workflows come to",
    "fix": "cure findings by changing the files",
    "baseline": "write the findings of today to a file, so that only new ones are reported",
    "config": "show, check or write the configuration",
    "init": "write a first configuration, hook and CI job",
    "new": "write the two files of a new policy",
    "test": "run the examples of policy pages",
    "completion": "print the completion script for a shell",
    "serve": "run the admission webhook",
    "probe": "check a webhook that runs, or a policy directory",
    "drain": "have a webhook that runs here take no new work",
    "disarm": "have the cluster do without the webhook",
    "export": "print manifests for other ways to install the webhook",
}


def _formatter(prog: str) -> argparse.HelpFormatter:
    """The formatter of help, as wide as the terminal.

    argparse makes one per option to check it, and each asks shutil for the width: importing that,
    with the compression modules it needs, takes 2.4 ms. This is what shutil would answer.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return argparse.HelpFormatter(prog, width=int(columns) - 2)
    try:
        width = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        width = 0  # Closed, or no terminal.
    return argparse.HelpFormatter(prog, width=(width or 80) - 2)


def build_parser(commands: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The argument parser with the named commands filled in and the others listed."""
    parser = Parser(
        prog="kguard",
        description="Find what makes Kubernetes workloads and workflows fail at scale.",
        epilog="exit codes: 0 nothing to report, 1 findings, 2 wrong option or configuration, "
        "3 not everything was checked, 4 a bug in kguard or in a policy",
        allow_abbrev=False,
        formatter_class=_formatter,
    )
    parser.add_argument("-V", "--version", action="store_true", help="print the version")
    subparsers = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        title="commands",
        parser_class=cast(
            "type[argparse.ArgumentParser]",
            partial(Parser, formatter_class=_formatter),
        ),
    )
    for command, module in COMMANDS.items():
        if command in commands:
            importlib.import_module(f"kguard.cli.{module}").add_parser(subparsers)
        else:
            subparsers.add_parser(command, help=_SUMMARY[command])
    return parser


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit code and never raises for what users can cause."""
    prepare()
    named = next((word for word in argv if not word.startswith("-")), None)
    if named is not None and named not in COMMANDS:
        return fail(_unknown_command(named))
    parser = build_parser((named,) if named else ())
    try:
        args, unknown = parser.parse_known_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if unknown:
        return fail(unknown_words(parser, unknown))
    if args.version:
        from kguard import __version__

        print(f"kguard {__version__}")
        return OK
    if args.command is None:
        parser.print_help()
        return OK
    try:
        os.getcwd()
    except OSError as error:
        return fail(f"the working directory cannot be used: {error.strerror}")
    try:
        code: int = importlib.import_module(f"kguard.cli.{COMMANDS[args.command]}").run(args)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        abandon_stdout()
        return OK
    except KeyboardInterrupt:
        print("kguard: interrupted", file=sys.stderr)
        return 130
    except UsageError as error:
        return fail(str(error))
    except ValueError as error:
        return _user_error(error)
    except OSError as error:
        if not is_full(error):
            return bug(error)
        abandon_stdout()
        return fail(f"standard output cannot be written: {error.strerror}")
    except Exception as error:
        return bug(error)


def _unknown_command(word: str) -> str:
    """The sentence for a first word that is no command; often it is a path to be checked."""
    if os.path.exists(word):
        return f"no command is called `{word}`; did you mean `kguard check {word}`?"
    from kguard.words import nearest

    hint = nearest(word, COMMANDS) or f" (one of {', '.join(COMMANDS)})"
    return f"no command is called `{word}`{hint}"


def _user_error(error: ValueError) -> int:
    """Report what cannot be used: a configuration, a baseline, a policy of the user's.

    Anything else is a bug of ours.
    """
    from kguard.config import ConfigError

    if isinstance(error, ConfigError):
        from kguard.cli.common import complain

        return complain(error)
    from kguard.baseline import BaselineError
    from kguard.policy.page import PageError

    return fail(str(error)) if isinstance(error, BaselineError | PageError) else bug(error)


def fail(message: str, code: int = USAGE) -> int:
    """Say on standard error what is wrong, and return the exit code for it."""
    lines = "\n".join(safe(line) for line in message.split("\n"))
    print(f"kguard: {lines}", file=sys.stderr)
    return code


def bug(error: BaseException) -> int:
    """Report a bug in kguard in one line, with the details in a log file."""
    from kguard.cli.crashes import described, write_log

    return fail(f"bug in kguard: {described(error)} ({write_log([error])}; report: {ISSUES})", BUG)
