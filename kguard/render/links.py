"""Where a policy's page can be read."""

from __future__ import annotations

from kguard.policy.page import Policy

REPOSITORY = "https://github.com/kguard/kguard"


def page_url(policy: Policy | None) -> str:
    """The address of a built-in policy's page in the repository; empty for anybody else's."""
    if policy is None or not policy.module.startswith("kguard.policies."):
        return ""
    page = policy.module.removeprefix("kguard.policies.").replace(".", "/")
    return f"{REPOSITORY}/blob/main/policies/{page}.md"


def terminal_url(policy: Policy | None) -> str:
    """As page_url, and for a user's own policy the file itself."""
    if policy is None:
        return ""
    if url := page_url(policy):
        return url
    from pathlib import Path  # Late: 3 ms.

    return Path(policy.page).absolute().as_uri()
