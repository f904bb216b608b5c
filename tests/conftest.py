"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from kguard import record

record.guarded = True  # Before any class is made: what changes a frozen record is to fail.

# Hypothesis fails what takes more than 0.2 s. How long anything takes is for bench/ to say: other
# programs on the machine make it vary.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
