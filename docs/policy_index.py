"""The pages of docs/policies/: policies by family, by kind, by profile, by other tools' ids.

Each function yields the paragraphs of one page; docs/generate.py writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from kguard.facts.scopes import EACH
from kguard.model import Severity
from kguard.policy.page import PROFILES, Policy, matches_kind
from kguard.policy.peers import TOOLS, checks_of, counterparts

PEERS_SHOWN = ("kube-linter", "kube-score", "polaris", "checkov", "hadolint")
"""The tools whose ids stand beside ours; the others have their section in from-other-tools.md."""

PROFILE_TEXTS = {
    "default": "What nearly every team wants; on unless a configuration says otherwise.",
    "strict": "Opinions and completeness, on with `--profile strict`.",
    "scale": "What matters from about a thousand pods or workflows on, on with `--profile scale`.",
}


def by_family(policies: list[Policy]) -> Iterator[str]:
    """The main page: a table per family."""
    yield (
        f"{len(policies)} policies. Each name leads to its page; `kguard explain NAME` prints it. "
        "Also [by kind](kinds.md), [by profile and severity](profiles.md), and "
        "[by the ids of other tools](from-other-tools.md)."
    )
    yield "The severity is the highest that a policy gives; its page says where it gives less."
    yield (
        "`kguard fix` makes safe fixes: what they change can delete, stop or reschedule nothing "
        "when it is applied. The others it makes with `--unsafe`. Where `kguard policies` says "
        "`suggestion`, the page or the finding names what to write, and nothing is changed."
    )
    ordered = sorted(policies, key=lambda policy: (policy.family, policy.id))
    groups = [(family, list(members)) for family, members in groupby(ordered, lambda p: p.family)]
    yield " · ".join(f"[{family}](#{family}) ({len(members)})" for family, members in groups)
    for family, members in groups:
        yield f"## {family}"
        yield table(
            ("policy", "severity", "profile", "fix", "", "elsewhere"),
            [
                (link(each), severity(each), each.profile, fix(each), each.title, elsewhere(each))
                for each in members
            ],
        )


def by_kind(policies: list[Policy]) -> Iterator[str]:
    """Every kind of object with the policies that judge it."""
    yield (
        "What is judged in objects of each kind. A policy that joins objects (a budget and the "
        "workloads it selects) stands at the kind where its finding is shown."
    )
    unbound = [each for each in policies if EACH[each.each].kinds is None and not each.kinds]
    yield "## Any object"
    yield ", ".join(link(policy) for policy in unbound)
    judged: dict[str, list[Policy]] = {}
    for policy in sorted(policies, key=lambda each: (each.family, each.id)):
        for kind in kinds_of(policy):
            judged.setdefault(kind, []).append(policy)
    # Kinds that are judged alike share a section.
    sections: dict[tuple[str, ...], list[str]] = {}
    for kind, members in sorted(judged.items()):
        sections.setdefault(tuple(each.id for each in members), []).append(kind)
    for kinds in sections.values():
        yield f"## {', '.join(kinds)}"
        families = groupby(judged[kinds[0]], lambda each: each.family)
        yield "\n".join(f"- {name}: {', '.join(map(link, some))}" for name, some in families)


def by_profile(policies: list[Policy]) -> Iterator[str]:
    """Every profile, and in it every severity."""
    for profile in PROFILES:
        yield f"## {profile}"
        yield PROFILE_TEXTS[profile]
        for level in sorted(Severity, reverse=True):
            members = [p for p in policies if p.profile == profile and p.severity is level]
            if members:
                yield f"### {profile}: {level.word} ({len(members)})"
                yield "\n".join(f"- {link(each)}: {each.title}" for each in members)


def by_peer(policies: list[Policy]) -> Iterator[str]:
    """What other tools call what kguard finds."""
    yield (
        "Checks of other linters and the policies that find the same. *In part* means that the "
        "check reports only some of the same faults, or others with them; the policy's page says "
        "what is judged here. `kguard policies --peer NAME` prints a section, as JSON with "
        "`--format json`. How to move over, ignore annotations included: "
        "[migration.md](../migration.md)."
    )
    for tool, url in TOOLS.items():
        found = counterparts(policies, tool)
        if not found:
            continue
        yield f"## {tool}"
        yield f"[Its checks]({url})."
        yield table(
            ("check", "policy", "", "profile"),
            [
                (f"`{each.check}`", link(each.policy), "in part" * each.partial, p.profile)
                for each in found
                if (p := each.policy)
            ],
        )


def kinds_of(policy: Policy) -> list[str]:
    """The kinds whose objects a policy is asked about; empty for one that looks at all."""
    covered = EACH[policy.each].kinds
    if covered is None:
        return list(policy.kinds)
    return sorted({kind for _, kind in covered if kind and matches_kind(policy, kind)})


def link(policy: Policy) -> str:
    """A policy's name that leads from docs/policies/ to its page."""
    return f"[{policy.id}](../../policies/{policy.family}/{Path(policy.page).name})"


def severity(policy: Policy) -> str:
    """The severity, and the confidence where it is not high."""
    if policy.confidence.word == "high":
        return policy.severity.word
    return f"{policy.severity.word} ({policy.confidence.word} confidence)"


def fix(policy: Policy) -> str:
    """What `kguard fix` does about a policy's findings, empty for nothing."""
    return policy.fix if policy.fix in ("safe", "unsafe") else ""


def elsewhere(policy: Policy) -> str:
    """What the tools that most people come from call the fault."""
    found = [
        f"{tool} {'~' * partial}`{check}`"
        for tool in PEERS_SHOWN
        for check, partial in checks_of(policy, tool)
    ]
    return ", ".join(found)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; bars inside of cells are escaped."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(each) for each in line) + " |" for line in lines)


def cell(text: str) -> str:
    """Text that cannot end its cell of a table."""
    return text.replace("|", "\\|")
