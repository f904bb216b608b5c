"""What a policy of Drone's runner matches builds by: `drone/runner-go` manifest/cond.go."""

from __future__ import annotations

MATCH_KEYS = ("action", "cron", "ref", "repo", "instance", "target", "event", "branch")
