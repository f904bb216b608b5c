"""`kguard policies`: what is checked, as a table."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from kguard.cli import OK, fail
from kguard.cli.common import add_policy_folders, registry_of
from kguard.cli.explain import unknown_policy
from kguard.config.selection import in_profile
from kguard.policy.page import PROFILES, Policy
from kguard.policy.peers import TOOLS, Counterpart, counterparts


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "policies", help="list the policies", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("selector", nargs="*", metavar="ID|FAMILY", help="default: all")
    parser.add_argument("--profile", choices=(*PROFILES, "all"), help="only those of a profile")
    parser.add_argument(
        "--peer", choices=tuple(TOOLS), metavar="TOOL", help="what another linter's checks are here"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_policy_folders(parser)


def run(args: argparse.Namespace) -> int:
    """Print one line per policy, or per check of another linter; exit 2 for an unknown name."""
    registry = registry_of(args)
    chosen: dict[str, Policy] = {}
    for selector in args.selector or ["ALL"]:
        ids = registry.expand(selector)
        if not ids:
            return fail(unknown_policy(selector, registry))
        chosen.update((policy, registry.policies[policy]) for policy in ids)
    shown = [
        policy
        for policy in sorted(chosen.values(), key=lambda p: (p.family, p.id))
        if args.profile is None or in_profile(policy, args.profile)
    ]
    if args.peer:
        rows = [as_counterpart(each) for each in counterparts(shown, args.peer)]
        head: tuple[str, ...] = ("CHECK", "POLICY", "MATCH", "PROFILE", "TITLE")
    else:
        rows = [as_row(policy) for policy in shown]
        head = ("POLICY", "FAMILY", "SEVERITY", "CONFIDENCE", "PROFILE", "FIX", "TITLE")
    if args.format == "json":
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        print_table([head, *(tuple(row.values()) for row in rows)])
    return OK


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns; the last column is as wide as it likes."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[-1]]))


def as_counterpart(counterpart: Counterpart) -> dict[str, str]:
    """A check of another linter as one row: what it is called here, and how far it is the same."""
    return {
        "check": counterpart.check,
        "policy": counterpart.policy.id,
        "match": "partial" if counterpart.partial else "same",
        "profile": counterpart.policy.profile,
        "title": counterpart.policy.title,
    }


def as_row(policy: Policy) -> dict[str, str]:
    """A policy as one row of the table."""
    return {
        "id": policy.id,
        "family": policy.family,
        "severity": policy.severity.word,
        "confidence": policy.confidence.word,
        "profile": policy.profile,
        "fix": policy.fix,
        "title": policy.title,
    }
