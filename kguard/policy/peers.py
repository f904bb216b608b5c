"""What other linters call the faults that kguard finds: `peers:` in the front matter of pages.

An id with a `~` before it names a check that reports only some of the same faults, or more than
them. The ids were read in the sources and documentation of each tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from kguard.policy.page import Policy
from kguard.record import record

TOOLS: Mapping[str, str] = {
    "kube-linter": "https://docs.kubelinter.io/#/generated/checks",
    "kube-score": "https://github.com/zegl/kube-score/blob/master/README_CHECKS.md",
    "polaris": "https://polaris.docs.fairwinds.com/checks/reliability/",
    "kyverno": "https://kyverno.io/policies/",
    "gatekeeper": "https://open-policy-agent.github.io/gatekeeper-library/website/",
    "checkov": "https://www.checkov.io/5.Policy%20Index/kubernetes.html",
    "kubescape": "https://kubescape.io/docs/controls/",
    "hadolint": "https://github.com/hadolint/hadolint#rules",
    "kubeconform": "https://github.com/yannh/kubeconform",
    "yamllint": "https://yamllint.readthedocs.io/en/stable/rules.html",
}
"""The tools that pages may name, and where each lists its checks."""


@record
class Counterpart:
    """A check of another tool and a policy of kguard that finds the same, or `partial`ly so."""

    check: str
    policy: Policy
    partial: bool


def checks_of(policy: Policy, peer: str) -> list[tuple[str, bool]]:
    """What a tool calls a policy's fault: its ids, and whether they mean the same only in part."""
    return [(name.lstrip("~"), name.startswith("~")) for name in policy.peers.get(peer, ())]


def counterparts(policies: Iterable[Policy], peer: str) -> list[Counterpart]:
    """The map from a tool's checks to policies: by check, whole matches before partial ones."""
    found = [
        Counterpart(check, policy, partial)
        for policy in policies
        for check, partial in checks_of(policy, peer)
    ]
    return sorted(found, key=lambda each: (_numbered(each.check), each.partial, each.policy.id))


def peer_hint(name: str, policies: Iterable[Policy]) -> str:
    """`; kube-linter's latest-tag is image-latest here` for the name of another tool's check.

    Empty where no tool has such a check, or none that a page names. Whole matches go before partial
    ones, and at most two policies are named.
    """
    known = list(policies)
    for tool in TOOLS:
        found = [each for each in counterparts(known, tool) if each.check == name]
        if found:
            ids = " and ".join(f"`{each.policy.id}`" for each in found[:2])
            return f"; {tool}'s check of that name is {ids} here"
    return ""


def _numbered(check: str) -> list[tuple[str, int]]:
    """A key that sorts `CKV_K8S_9` before `CKV_K8S_10`."""
    parts = re.findall(r"(\D*)(\d*)", check)
    return [(text, int(number or 0)) for text, number in parts]
