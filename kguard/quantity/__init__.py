"""Exact parsers for the small languages inside manifests, one module each.

The names are loaded when they are first used: `fractions` alone costs more than a start can spare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kguard.quantity.cron import CronError, Schedule, parse_cron, parse_cronjob_schedule
    from kguard.quantity.durations import (
        DurationError,
        parse_argo_duration,
        parse_argo_ttl,
        parse_go_duration,
    )
    from kguard.quantity.gounits import SizeError, parse_ram_bytes
    from kguard.quantity.images import Image, ImageError, parse_image
    from kguard.quantity.intorpercent import is_zero, scaled
    from kguard.quantity.quantities import (
        QuantityError,
        format_cpu,
        format_memory,
        is_negative,
        parse_quantity,
        stored_quantity,
        suffix_of,
    )
    from kguard.quantity.selectors import SelectorError, matches, matches_equality

__all__ = [
    "CronError",
    "DurationError",
    "Image",
    "ImageError",
    "QuantityError",
    "Schedule",
    "SelectorError",
    "SizeError",
    "format_cpu",
    "format_memory",
    "is_negative",
    "is_zero",
    "matches",
    "matches_equality",
    "parse_argo_duration",
    "parse_argo_ttl",
    "parse_cron",
    "parse_cronjob_schedule",
    "parse_go_duration",
    "parse_image",
    "parse_quantity",
    "parse_ram_bytes",
    "scaled",
    "stored_quantity",
    "suffix_of",
]

_MODULES = {
    "cron": ("CronError", "Schedule", "parse_cron", "parse_cronjob_schedule"),
    "durations": (
        "DurationError",
        "parse_argo_duration",
        "parse_argo_ttl",
        "parse_go_duration",
    ),
    "gounits": ("SizeError", "parse_ram_bytes"),
    "images": ("Image", "ImageError", "parse_image"),
    "intorpercent": ("is_zero", "scaled"),
    "quantities": (
        "QuantityError",
        "format_cpu",
        "format_memory",
        "is_negative",
        "parse_quantity",
        "stored_quantity",
        "suffix_of",
    ),
    "selectors": ("SelectorError", "matches", "matches_equality"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load the module that defines `name`, once (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
