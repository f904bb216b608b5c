"""`kguard test`: run the examples of policy pages, yours or the built-in ones."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kguard.cli import FINDINGS, OK, fail
from kguard.policy.examples import examples
from kguard.policy.page import PageError, Policy
from kguard.policy.registry import builtin, installed, read_folder
from kguard.verify import verify
from kguard.words import counted


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "test", help="run the examples of policy pages", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("folder", nargs="*", metavar="DIR", help="default: the built-in policies")


def run(args: argparse.Namespace) -> int:
    """Run every example; exit 1 where one disagrees or an id is taken, 2 for an unusable page."""
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
        for text in _taken(policies) if args.folder else ():
            wrong += 1
            print(text)
    except (PageError, FileNotFoundError) as error:
        return fail(str(error))
    print(f"{counted(len(policies), 'policy')}, {counted(total, 'example')}, {wrong} wrong")
    return FINDINGS if wrong else OK


def _taken(policies: list[Policy]) -> Iterator[str]:
    """What is wrong with names: a run that loads these policies beside all others would refuse."""
    tested = {os.path.realpath(policy.page) for policy in policies}
    others = [p for p in [*builtin(), *installed()] if os.path.realpath(p.page) not in tested]
    names: dict[str, Policy] = {}
    for policy in [*others, *policies]:
        for name in (policy.id, *policy.aliases):
            if (earlier := names.setdefault(name, policy)) is not policy:
                yield f"{policy.page}:2: `{name}` is already defined by {earlier.page}"


def _folder(folder: str) -> list[Policy]:
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"no policy folder at {folder}")
    found = read_folder(Path(folder), validate=True)
    if not found:
        raise FileNotFoundError(f"no policy pages in {folder}")
    return found
