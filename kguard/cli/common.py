"""Options and steps that several commands share."""

from __future__ import annotations

import argparse
import os

from kguard.cli import UsageError
from kguard.policy.page import PageError
from kguard.policy.registry import Registry, load_registry


def add_policy_folders(parser: argparse.ArgumentParser) -> None:
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
    folders = [f for f in os.environ.get("KGUARD_POLICIES", "").split(os.pathsep) if f]
    try:
        return load_registry([*folders, *args.policies])
    except (PageError, OSError) as error:
        raise UsageError(str(error)) from None
