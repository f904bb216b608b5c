"""Writes docs/policies.md and docs/cli.md from the pages and the argument parsers.

Usage: python docs/generate.py [FOLDER], or `make docs`. CI fails where the result differs from
what is committed. Help texts are laid out here and not by argparse, whose layout changes with the
Python version and the width of the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from kguard.cli import build_parser
from kguard.cli.completion import Argument, Command, commands
from kguard.policy.page import Policy
from kguard.policy.registry import builtin

FOLDER = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py: edit the pages or the parsers instead. -->"

EXIT_CODES = """\
| code | |
|---|---|
| 0 | nothing at or above `--fail-on` |
| 1 | findings at or above `--fail-on` |
| 2 | wrong option or configuration |
| 3 | not everything was checked: unreadable, unparsable, or nothing found to check |
| 4 | a bug in kguard: one line, and a log file |

Where several apply, the highest number wins. The code does not tell severities apart, because
scripts test for zero and `--fail-on` says better what is to fail; it is the same for every output
format, because one contract is easier to keep than two.
"""


def policies_page(policies: list[Policy]) -> Iterator[str]:
    """The table of all policies, a section per family."""
    yield "# Policies"
    yield NOTE
    yield f"{len(policies)} policies. Each name leads to its page; `kguard explain NAME` prints it."
    yield "The severity is the highest that a policy gives; its page says where it gives less."
    yield (
        "`kguard fix` makes safe fixes: what they change can delete, stop or reschedule nothing "
        "when it is applied. The others it makes with `--unsafe`."
    )
    by_family = sorted(policies, key=lambda policy: (policy.family, policy.id))
    for family, members in groupby(by_family, key=lambda policy: policy.family):
        rows = ["| policy | severity | profile | fix | |", "|---|---|---|---|---|"]
        for policy in members:
            link = f"[{policy.id}](../policies/{family}/{Path(policy.page).name})"
            severity = policy.severity.word
            if policy.confidence.word != "high":
                severity += f" ({policy.confidence.word} confidence)"
            cells = (link, severity, policy.profile, fix(policy), cell(policy.title))
            rows.append(f"| {' | '.join(cells)} |")
        yield f"## {family}"
        yield "\n".join(rows)


def fix(policy: Policy) -> str:
    """What `kguard fix` does about a policy's findings, empty for nothing."""
    return policy.fix if policy.fix in ("safe", "unsafe") else ""


def cli_page(found: list[Command]) -> Iterator[str]:
    """The reference of the command line."""
    yield "# Command line"
    yield NOTE
    yield "## Exit codes"
    yield EXIT_CODES.strip()
    for command in found:
        if command.name:
            yield f"## kguard {command.name}"
            yield sentence(command.help)
        arguments = [argument for argument in command.arguments if "--help" not in argument.flags]
        if arguments:
            rows = ["| argument | |", "|---|---|", *(row(argument) for argument in arguments)]
            yield "\n".join(rows)


def row(argument: Argument) -> str:
    """An argument as a row of its command's table."""
    names = [f"{flag} {argument.value}".strip() for flag in argument.flags] or [argument.value]
    text = argument.help
    if argument.words:
        text = f"{text} ({', '.join(argument.words)})".lstrip()
    if argument.many and argument.flags:
        text += "; may be repeated"
    return f"| {', '.join(f'`{cell(name)}`' for name in names)} | {cell(text)} |"


def sentence(text: str) -> str:
    """A help text, which has neither capital nor full stop, as prose."""
    return f"{text[:1].upper()}{text[1:]}."


def cell(text: str) -> str:
    """Text that cannot end its cell of a table."""
    return text.replace("|", "\\|")


def main(folder: Path = FOLDER) -> None:
    """Write both files into a folder."""
    pages = {
        "policies.md": policies_page(builtin()),
        "cli.md": cli_page(commands(build_parser())),
    }
    for name, paragraphs in pages.items():
        (folder / name).write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
