"""See drone_policy_no_default.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.runner import RunnerPolicy
from kguard.model import Fault, dig
from kguard.policies.drone._match import MATCH_KEYS
from kguard.policy.context import Context


def check(policy: RunnerPolicy, ctx: Context) -> Iterator[Fault]:
    """Yield a fault at the last policy of a file of which none takes what others leave."""
    if policy.data is not policy.file[-1]:
        return
    for each in policy.file:
        if each.get("name") == "default" or not any(dig(each, "match", key) for key in MATCH_KEYS):
            return
    yield policy.fault(
        ("name",),
        "none of the policies is named `default` or matches every pipeline",
        help="pipelines that match none get no limits, no namespace and no node selector",
    )
