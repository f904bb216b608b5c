"""`kguard drain`: have the webhook in this pod take no new work, and wait."""

from __future__ import annotations

import argparse
import time
from typing import Any

from kguard.cli import OK, USAGE, fail
from kguard.cli.cluster import port, seconds


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "drain",
        help="have a webhook that runs here take no new work",
        description=__doc__,
        allow_abbrev=False,
    )
    parser.add_argument("--health-port", type=port, default=8080, help="default: 8080")
    parser.add_argument(
        "--wait",
        type=seconds,
        default=10.0,
        metavar="SECONDS",
        help="until no API server comes here any more (default: 10)",
    )


def run(args: argparse.Namespace) -> int:
    """Set the flag, wait; exit 2 where no webhook answers."""
    from http.client import HTTPConnection, HTTPException

    begun = time.monotonic()
    connection = HTTPConnection("127.0.0.1", args.health_port, timeout=5)
    try:
        connection.request("POST", "/drain")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        # The pod ends all the same; what still comes is answered until SIGTERM.
        return fail(f"no webhook answers on port {args.health_port}: {error}", USAGE)
    finally:
        connection.close()
    if status != 200:
        return fail(f"port {args.health_port} refused with status {status}", USAGE)
    time.sleep(max(0.0, args.wait - (time.monotonic() - begun)))
    return OK
