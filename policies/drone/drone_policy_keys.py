"""See drone_policy_keys.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.runner import RunnerPolicy
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policy.context import Context


def check(policy: RunnerPolicy, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for `requests` and `limits` of a policy, which are dropped."""
    for plural, singular in (("requests", "request"), ("limits", "limit")):
        amounts = policy.get("resources", plural)
        if amounts is None:
            continue
        edits = (
            Edit(policy.at("resources", plural), REMOVE),
            Edit(policy.at("resources", singular), amounts),
        )
        taken = policy.embedded or policy.get("resources", singular) is not None
        yield policy.fault(
            ("resources", plural),
            f"`resources.{plural}` of {policy.called} is dropped by the runner",
            help=f"a policy has `{singular}`, without an s",
            # A limit that begins to count may kill builds.
            fix=None if taken else Fix(edits, safe=False, title=f"rename it `{singular}`"),
            at_key=True,
        )
