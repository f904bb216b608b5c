"""Fixes put into files: edits by position, every one tried by reading the result."""

from __future__ import annotations

from kguard.fix.apply import FixedFile, Refusal, fix_file
from kguard.fix.refuse import RefusedError

__all__ = ["FixedFile", "Refusal", "RefusedError", "fix_file"]
