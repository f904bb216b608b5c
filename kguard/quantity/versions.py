"""Versions as rules compare them: major and minor, since patch releases change no rule."""

from __future__ import annotations


def major_minor(text: str) -> tuple[int, int]:
    """`1.34` or `v1.34.2` as (1, 34); raises ValueError for what has no two numbers."""
    major, minor, *_ = text.removeprefix("v").split(".")
    return int(major), int(minor)
