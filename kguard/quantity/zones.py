"""Names of time zones, and what a misspelt one was meant to be.

zones.json lists those of the IANA time zone database (2026), links to older names included; it is
made by tools/zones.py. Kubernetes and Argo ask Go's time.LoadLocation, which minds case.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache

from kguard.words import closest

_ALIKE = 0.85
"""Below, `America/San_Francisco` is like `America/Rosario`."""

_DIGITS = re.compile(r"[0-9]")


@cache
def _zones() -> frozenset[str]:
    path = os.path.join(os.path.dirname(__file__), "zones.json")
    with open(path, encoding="utf-8") as file:
        return frozenset(json.load(file))


def meant_zone(name: str) -> str:
    """The zone that a name which is none was certainly meant to be; empty for a zone.

    Empty too for a name that is not much like another: the database gets new ones. So it is for one
    with other digits (`Etc/GMT+15`: which hours are meant?), and for the two folders in which some
    systems have all zones once more.
    """
    known = _zones()
    if name in known or name.startswith(("posix/", "right/")):
        return ""
    meant = next(iter(closest(name, sorted(known), cutoff=_ALIKE)), "")
    return meant if _DIGITS.findall(meant) == _DIGITS.findall(name) else ""
