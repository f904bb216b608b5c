"""`kguard fix`: cure findings by changing the lines they are about, and no other."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from kguard.cli import BUG, FINDINGS, OK, UNCHECKED, UsageError, fail
from kguard.cli.check import exit_code
from kguard.cli.common import say_unchecked
from kguard.cli.options import SEVERITIES, add_input_options
from kguard.cli.repair import Repair
from kguard.cli.session import judge, prepare
from kguard.inputs.files import Discovery
from kguard.report import Located
from kguard.source import Limits
from kguard.term import safe
from kguard.words import counted, within_limits


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "fix",
        help="cure findings by changing the files",
        description="Change files so that findings go, and nothing else: comments and layout "
        "stay. What is fixed is what `kguard check` reports with the same options. Without "
        "--unsafe, only by fixes that cannot delete, stop or reschedule anything when they are "
        "applied. The text of standard input goes to standard output.",
        allow_abbrev=False,
    )
    group = parser.add_argument_group("fixes")
    group.add_argument(
        "--diff",
        action="store_true",
        help="print what would change and change nothing; exit 1 if there is something",
    )
    group.add_argument(
        "--unsafe",
        action="store_true",
        help="also fixes that can delete, stop or reschedule something when they are applied",
    )
    add_input_options(parser)
    group = parser.add_argument_group("accepted findings")
    group.add_argument("--no-ignores", action="store_true", help="fix what ignores hide, too")
    group.add_argument("--baseline", metavar="FILE", help="leave the findings listed there")
    output = parser.add_argument_group("output")
    output.add_argument("-q", "--quiet", action="store_true", help="the summary only")
    output.add_argument("--no-progress", action="store_true")
    output.add_argument(
        "--fail-on",
        choices=(*SEVERITIES, "never"),
        help="exit 1 from this severity on, of what is left (default: warning)",
    )


def run(args: argparse.Namespace) -> int:
    """Fix, say what was fixed and what was not, and say by the exit code what is left.

    Raises UsageError and ConfigError.
    """
    registry, settings, found = prepare(args)
    given = _standard_input(found)
    session = judge(args, registry, settings, found, given)
    session.finish()
    for notice in () if args.quiet else session.report.notices:
        fail(notice)
    repair = Repair(args, session, given)
    repair.run()
    failed = say_unchecked(repair.session.report)
    for refusal in sorted(repair.refused.values(), key=lambda each: each.located.order):
        fail(f"{_place(refusal.located)}: not fixed: {refusal.reason}")
    piped = found.stdin is not None
    if args.diff:
        for path, data in sorted(repair.contents.items()):
            _print_bytes(_diff(path, repair.originals[path], data))
    else:
        failed |= not _write(repair)
        if found.stdin is not None:
            _print_bytes(repair.contents.get(found.stdin, given[found.stdin]))
    _report(args, repair, sys.stderr if piped or args.diff else sys.stdout)
    return _exit_code(args, repair, failed)


def _standard_input(found: Discovery) -> dict[str, bytes]:
    """What stands on standard input, by its shown name; it can be read once only."""
    if found.stdin is None:
        return {}
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return {found.stdin: sys.stdin.buffer.read(Limits().max_bytes + 1)}


def _write(repair: Repair) -> bool:
    """Replace the files that have changed; whether all could be."""
    from kguard.atomic import write_atomically

    complete = True
    for path, data in sorted(repair.contents.items()):
        if path in repair.given:
            continue
        real = repair.session.discovery.real_path(path)
        try:
            with open(real, "rb") as file:
                if file.read() != repair.originals[path]:
                    raise OSError(0, "it has changed while it was fixed")
            write_atomically(real, data)
        except OSError as error:
            fail(f"{path}: cannot be changed: {error.strerror}")
            repair.fixed = [item for item in repair.fixed if item.path != path]
            repair.lost = [item for item in repair.lost if item[0] != path]
            complete = False
    return complete


def _report(args: argparse.Namespace, repair: Repair, out: Any) -> None:
    """A line for every fix and every comment that went with it, then in words what was done."""
    if not args.quiet:
        for *_, text in sorted(_rows(repair)):
            print(safe(text), file=out)
    print(", ".join(_summary(args, repair)), file=out)


def _rows(repair: Repair) -> Iterator[tuple[str, int, int, str]]:
    """Path, line and column of each fix and each comment, and what is said of it."""
    for item in repair.fixed:
        title = item.finding.fix.title if item.finding.fix else ""
        yield item.path, item.span.line, item.span.column, f"{_place(item)}: {title}"
    for path, comment in repair.lost:
        said = within_limits(f"the comment `# {comment.text}` goes with it")
        yield path, comment.line, comment.column, f"{path}:{comment.line}: {said}"


def _summary(args: argparse.Namespace, repair: Repair) -> Iterator[str]:
    fixed, files = len(repair.fixed), len({item.path for item in repair.fixed})
    if fixed:
        verb = "would fix" if args.diff else "fixed"
        yield f"{verb} {counted(fixed, 'finding')} in {counted(files, 'file')}"
    else:
        yield "nothing to fix"
    if repair.lost:
        yield f"{counted(len(repair.lost), 'comment')} lost"
    left = repair.session.report.findings
    if left:
        yield f"{len(left)} left"
    unsafe = sum(1 for item in left if item.fix and not item.fix.safe)
    if unsafe and not args.unsafe:
        yield f"{unsafe} of them to try with --unsafe"
    if repair.refused:
        yield f"{len(repair.refused)} not fixed for the reasons given"


def _exit_code(args: argparse.Namespace, repair: Repair, failed: bool) -> int:
    code = exit_code(repair.session)
    if code == BUG:
        return BUG
    if failed:
        return UNCHECKED
    if args.diff:
        return FINDINGS if repair.contents else OK
    return code


def _place(item: Located) -> str:
    return f"{item.path}:{item.span.line}: {item.finding.policy}"


def _diff(path: str, old: bytes, new: bytes) -> bytes:
    """The change of a file as a unified diff that `patch -p1` and `git apply` take."""
    import difflib

    before, after = (data.decode("utf-8", "surrogateescape").split("\n") for data in (old, new))
    lines = difflib.unified_diff(
        _ended(before), _ended(after), f"a/{safe(path)}", f"b/{safe(path)}", lineterm="\n"
    )
    text = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return text.encode("utf-8", "surrogateescape")


def _ended(lines: list[str]) -> list[str]:
    """Lines with their line ends; the last has none, and is none where it is empty."""
    ended = [f"{line}\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def _print_bytes(data: bytes) -> None:
    """Write to standard output what no encoding and no line end of the platform may change."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
