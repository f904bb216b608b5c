"""The program `kguard` as in a pod, but for this: its certificates live for seconds, not days.

A CA lives 36 s and is followed by the next after 24, a certificate lives 12 s and is renewed after
8. Everything else, the order of the steps above all, is kguard's own.
"""

from __future__ import annotations

import sys
from functools import partial
from unittest.mock import patch

from e2e_pod import run

from kguard.webhook.certificates import authority, rotation, self_issued

TIMING = partial(rotation.Timing, ca_life=36, leaf_life=12, grace=1, poll=0.5)

if __name__ == "__main__":
    with (
        patch.object(self_issued, "Timing", TIMING),
        patch.object(self_issued, "_SOON", 0.5),
        patch.object(self_issued, "SHORT", 1.0),
        patch.object(authority, "BACKDATE", 1.0),
        patch.object(rotation, "BACKDATE", 1.0),
    ):
        sys.exit(run())
