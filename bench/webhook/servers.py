"""Which server should stand in front of the application: load, memory and attacks, side by side.

    pip install gunicorn granian
    python bench/webhook/servers.py [--seconds 2] [--rounds 5] [--only load|attacks]

Prints two tables in Markdown. Rates are measured in turns, all servers up at the same time, each
on one CPU and the client on another; the best of all rounds is shown, because what else runs on a
shared machine only ever makes a server slower. What an attack does is measured on a server of its
own. docs/server-choice.md holds what was measured and concluded.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import attacks
from candidates import CANDIDATES, running, versions
from load import Measured, load, review

LOADS = ((2_000, 8), (2_000, 50), (20_000, 8))  # Bytes of a review, connections.

ATTACKS = (
    attacks.handshakes,
    attacks.headers,
    attacks.bodies,
    attacks.more_handshakes,
    attacks.more_headers,
    attacks.more_bodies,
    attacks.large_bodies,
    attacks.deaf,
    attacks.crowd,
    attacks.reuse,
    attacks.rotation,
    attacks.end_in_flight,
    attacks.end_idle,
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare servers for the webhook.")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("load", "attacks"))
    parser.add_argument("--servers", nargs="+", choices=CANDIDATES, default=list(CANDIDATES))
    args = parser.parse_args()
    print(f"{versions()}, {os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.1f}\n")
    if args.only != "attacks":
        table(["", *args.servers], rates(args.servers, args.seconds, args.rounds))
    if args.only != "load":
        table(["", *args.servers], outcomes(args.servers))


def rates(names: list[str], seconds: float, rounds: int) -> list[list[str]]:
    """Rows of the first table."""
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch)
        context, _ = attacks.certificate(folder)
        servers = [stack.enter_context(running(name, folder)) for name in names]
        found: dict[tuple[str, int, int], list[tuple[Measured, float]]] = {}
        last = (os.cpu_count() or 1) - 1
        os.sched_setaffinity(0, {last})
        for _ in range(rounds):
            for server in servers:
                server.pin(0)
                for size, connections in LOADS:
                    before = server.cpu()
                    measured = load(server.port, context, review(size), connections, seconds)
                    cpu = (server.cpu() - before) / max(measured.rate * seconds, 1) * 1e6
                    found.setdefault((server.name, size, connections), []).append((measured, cpu))
        os.sched_setaffinity(0, range(last + 1))
        for size, connections in LOADS:
            what = f"{size // 1000} KB, {connections} connections: requests/s, p50 / p99 ms, CPU µs"
            rows.append([what, *(_shown(found[name, size, connections]) for name in names)])
        rows.append(["memory after that, MiB", *(f"{each.memory():.0f}" for each in servers)])
    return rows


def outcomes(names: list[str]) -> list[list[str]]:
    """Rows of the second table."""
    rows = []
    for attack in ATTACKS:
        row = [(attack.__doc__ or "").strip().rstrip(".")]
        for name in names:
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                context, swap = attacks.certificate(folder)
                with running(name, folder) as server:
                    more = (swap,) if attack is attacks.rotation else ()
                    row.append(attack(server, context, *more))
        rows.append(row)
    return rows


def table(header: list[str], rows: list[list[str]]) -> None:
    """Print a table in Markdown."""
    for row in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def _shown(found: list[tuple[Measured, float]]) -> str:
    rate = max(each.rate for each, _ in found)
    p50, p99 = min(each.p50 for each, _ in found), min(each.p99 for each, _ in found)
    failed = sum(each.failed for each, _ in found)
    said = f"{rate:,.0f}, {p50:.1f} / {p99:.1f}, {min(cpu for _, cpu in found):.0f}"
    return said + (f", **{failed} failed**" if failed else "")


if __name__ == "__main__":
    main()
