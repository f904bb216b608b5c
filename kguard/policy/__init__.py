"""Policies: pages of documentation, metadata and examples, each with one check beside it."""

from __future__ import annotations

from kguard.policy.context import Context
from kguard.policy.page import PageError, Policy

__all__ = ["Context", "PageError", "Policy"]
