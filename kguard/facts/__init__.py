"""What follows from the resources of a run: pods, replicas, effective specs, resolved argv.

Policies never dig for these themselves; they ask `Facts`, which works each out once.
"""

from __future__ import annotations

from kguard.facts.run import Assumptions, Expired, Expiry, Facts

__all__ = ["Assumptions", "Expired", "Expiry", "Facts"]
