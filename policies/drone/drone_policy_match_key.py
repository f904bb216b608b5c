"""See drone_policy_match_key.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.drone.runner import RunnerPolicy
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policies.drone._match import MATCH_KEYS
from kguard.policy.context import Context
from kguard.words import closest


def check(policy: RunnerPolicy, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each key of a policy's match that the runner does not look at."""
    match = policy.get("match")
    if not isinstance(match, Mapping):
        return
    every = not any(match.get(key) for key in MATCH_KEYS)
    for key in match:
        if key in MATCH_KEYS:
            continue
        meant = next(iter(closest(key, MATCH_KEYS)), "")
        yield policy.fault(
            ("match", key),
            f"`{key}` in the match of {policy.called} is not looked at"
            + (", so it matches every pipeline" if every else ""),
            help=f"did you mean `{meant}`?" if meant else f"keys are {', '.join(MATCH_KEYS)}",
            fix=_renamed(policy, key, meant) if meant and meant not in match else None,
            at_key=True,
        )


def _renamed(policy: RunnerPolicy, key: str, meant: str) -> Fix | None:
    """The key the runner knows, for the plural of it: other pipelines then match."""
    if policy.embedded or key not in (f"{meant}s", f"{meant}es"):
        return None
    value = policy.get("match", key)
    edits = (Edit(policy.at("match", key), REMOVE), Edit(policy.at("match", meant), value))
    return Fix(edits, safe=False, title=f"rename it `{meant}`")
