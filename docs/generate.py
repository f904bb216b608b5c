"""Writes docs/policies/ and docs/cli.md from the pages and the argument parsers.

Usage: python docs/generate.py [FOLDER], or `make docs`. CI fails where the result differs from
what is committed. Help texts are laid out here and not by argparse, whose layout changes with the
Python version and the width of the terminal.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from policy_index import by_family, by_kind, by_peer, by_profile, cell

from kguard.cli import build_parser
from kguard.cli.completion import Argument, Command, commands
from kguard.config.options import VARIABLES
from kguard.config.variables import OTHERS
from kguard.policy.registry import builtin

FOLDER = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py: edit the pages or the parsers instead. -->"

EXIT_CODES = """\
| code | |
|---|---|
| 0 | nothing at or above `--fail-on` |
| 1 | findings at or above `--fail-on` |
| 2 | wrong option or configuration |
| 3 | not everything was checked: unreadable, unparsable, not rendered, or nothing found to check |
| 4 | a bug in kguard or in a policy: one line, and a log file |

Where several apply, the highest number wins. The code does not tell severities apart, because
scripts test for zero and `--fail-on` says better what is to fail; it is the same for every output
format, because one contract is easier to keep than two.
"""


def cli_page(found: list[Command]) -> Iterator[str]:
    """The reference of the command line."""
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
    yield from environment()


def environment() -> Iterator[str]:
    """The variables that are read."""
    yield "## Environment"
    settings = ", ".join(f"`{name}`" for name in VARIABLES)
    others = ", ".join(f"`{name}`" for name in OTHERS)
    yield f"Options that are settings have a variable: {settings}. Lists have commas in between."
    yield (
        f"Beside them kguard reads {others}; the last two name the programs that render. It says "
        "of other variables that begin with `KGUARD_` that they are not read, but for those that "
        "Kubernetes sets for a Service of this name, and what pipelines install kguard by: "
        "`KGUARD_VERSION` and `KGUARD_IMAGE`."
    )


def row(argument: Argument) -> str:
    """An argument as a row of its command's table."""
    names = [f"{flag} {argument.value}".strip() for flag in argument.flags] or [argument.value]
    text = argument.help
    if argument.words:
        text = f"{text} ({', '.join(argument.words)})".lstrip()
    if argument.many and argument.flags:
        text += "; may be repeated" if text else "may be repeated"
    return f"| {', '.join(f'`{cell(name)}`' for name in names)} | {cell(text)} |"


def sentence(text: str) -> str:
    """A help text, which has neither capital nor full stop, as prose."""
    return f"{text[:1].upper()}{text[1:]}."


def main(folder: Path = FOLDER) -> None:
    """Write all files into a folder."""
    policies = builtin()
    pages = {
        "cli.md": ("Command line", cli_page(commands(build_parser()))),
        "policies/README.md": ("Policies", by_family(policies)),
        "policies/kinds.md": ("Policies by kind", by_kind(policies)),
        "policies/profiles.md": ("Policies by profile", by_profile(policies)),
        "policies/from-other-tools.md": (
            "Policies by the ids of other tools",
            by_peer(policies),
        ),
    }
    for name, (title, paragraphs) in pages.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        text = "\n\n".join([f"# {title}", NOTE, *paragraphs])
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER")
    main(parser.parse_args().folder)
