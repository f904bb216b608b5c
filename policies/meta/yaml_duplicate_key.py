"""See yaml_duplicate_key.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.model import Fault, Scope
from kguard.policy.context import Context


def check(scope: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each key that is written again in one mapping."""
    for duplicate in scope.resource.duplicates:
        key = duplicate.route[-1]
        yield scope.fault(
            duplicate.route,
            f"key `{key}` is written twice; what stands at line {duplicate.lost_line} is lost",
            help="`kubectl apply -f` takes the last value in silence, Kustomize refuses the file",
            at_key=True,
        )
