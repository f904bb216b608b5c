"""What was loaded, skipped and left unchecked."""

from __future__ import annotations

from collections.abc import Sequence

from kguard.inputs.files import discover
from kguard.inputs.load import Loaded, load

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
BROKEN = "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: web\n"


def check(*paths: str, complete: bool = False, context: Sequence[str] = ()) -> Loaded:
    return load(discover(paths or ["."], context=context), complete=complete)


def named(loaded: Loaded) -> list[str]:
    return [f"{r.origin.path}: {r.label}" for r in loaded.resources if not r.context]


def skipped(loaded: Loaded) -> list[tuple[str, str]]:
    return [(item.path, item.reason) for item in loaded.skipped]


def unchecked(loaded: Loaded) -> list[tuple[str, int, int]]:
    return [(item.path, item.line, item.column) for item in loaded.unchecked]
