"""What is said of checks that raised: one line per policy, and a log with the tracebacks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from kguard.cli import ISSUES, fail
from kguard.engine import Crash
from kguard.policy.registry import Registry
from kguard.term import safe


def report_crashes(crashes: Sequence[Crash], registry: Registry) -> None:
    """Say on standard error which policies crashed, where first, and where the details are."""
    by_policy: dict[str, list[Crash]] = {}
    for crash in crashes:
        by_policy.setdefault(crash.policy, []).append(crash)
    details = write_log(first.error for first, *_ in by_policy.values())
    for policy, (crash, *more) in by_policy.items():
        place = f"{safe(crash.resource.origin.path)}, {safe(crash.resource.label)}"
        if more:
            place += f", and {len(more)} more"
        said = f"{place}: {described(crash.error)} ({details}"
        if theirs := _theirs(policy, registry):
            fail(f"the policy `{policy}` in {safe(theirs)} failed at {said})")
        else:
            fail(f"bug in `{policy}` at {said}; report: {ISSUES})")


def described(error: BaseException) -> str:
    """An exception on one line."""
    return f"{type(error).__name__}: {safe(str(error))}"


def write_log(errors: Iterable[BaseException]) -> str:
    """Write tracebacks into a new file in the folder for temporary ones; says where they are."""
    import tempfile
    import traceback

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="kguard-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
        ) as log:
            for error in errors:
                traceback.print_exception(error, file=log)
    except OSError as error:
        return f"no details, because no log can be written: {error.strerror}"
    return f"details: {log.name}"


def _theirs(policy: str, registry: Registry) -> str:
    """The page of a policy that comes from the user or another package; empty for one of ours."""
    import kguard.policies

    found = registry.policies.get(policy)
    ours = [Path(folder).resolve() for folder in kguard.policies.__path__]
    if found is None or any(Path(found.page).resolve().is_relative_to(each) for each in ours):
        return ""
    return os.path.dirname(found.page)
