"""`kguard test`: run the examples of policy pages, yours or the built-in ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kguard.cli import FINDINGS, OK, fail
from kguard.policy.examples import examples
from kguard.policy.page import PageError, Policy
from kguard.policy.registry import builtin, read_folder
from kguard.verify import verify
from kguard.words import counted


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "test", help="run the examples of policy pages", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("folder", nargs="*", metavar="DIR", help="default: the built-in policies")


def run(args: argparse.Namespace) -> int:
    """Run every example; exit 1 where one disagrees, 2 where a page cannot be used."""
    try:
        policies = [p for folder in args.folder for p in _folder(folder)] or builtin()
        total, wrong = 0, 0
        for policy in policies:
            for example in examples(policy):
                total += 1
                mismatches = [mismatch.text for mismatch in verify(policy, example)]
                if mismatches:
                    wrong += 1
                    print(f"{example.page}:{example.line}: {example.heading}")
                    print("".join(f"  {text}\n" for text in mismatches), end="")
            if policy.has_check and not any(example.marks for example in examples(policy)):
                wrong += 1
                print(f"{policy.page}:1: no example in which `{policy.id}` must be found")
    except (PageError, FileNotFoundError) as error:
        return fail(str(error))
    print(f"{counted(len(policies), 'policy')}, {counted(total, 'example')}, {wrong} wrong")
    return FINDINGS if wrong else OK


def _folder(folder: str) -> list[Policy]:
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"no policy folder at {folder}")
    found = read_folder(Path(folder), validate=True)
    if not found:
        raise FileNotFoundError(f"no policy pages in {folder}")
    return found
