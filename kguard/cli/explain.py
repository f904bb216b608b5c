"""`kguard explain`: the page of a policy, offline."""

from __future__ import annotations

import argparse
import json
from typing import Any

from kguard.cli import OK, fail
from kguard.cli.common import add_policy_folders, registry_of
from kguard.policy.page import Policy
from kguard.policy.peers import checks_of, peer_hint
from kguard.policy.registry import Registry


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "explain", help="print the page of a policy", description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "policy",
        metavar="POLICY|FAMILY",
        help="an id, an alias, a family, or how ids begin (`hpa-`)",
    )
    parser.add_argument("--format", choices=("md", "json"), default="md", help="default: md")
    add_policy_folders(parser)


def run(args: argparse.Namespace) -> int:
    """Print the page, or those of a family or of all ids that begin so; exit 2 for another name."""
    registry = registry_of(args)
    ids = registry.expand(args.policy) or [
        policy for policy in registry.policies if args.policy and policy.startswith(args.policy)
    ]
    if not ids:
        return fail(unknown_policy(args.policy, registry))
    chosen = [registry.policies[policy] for policy in ids]
    if args.format == "json":
        print(json.dumps([as_json(policy) for policy in chosen], indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(as_markdown(policy) for policy in chosen))
    return OK


def unknown_policy(name: str, registry: Registry) -> str:
    """The sentence for a name that is no policy, with the nearest ones that are."""
    from kguard.words import nearest

    hint = nearest(name, [*registry.policies, *registry.families()])
    hint = hint or nearest(name, registry.aliases)
    hint = peer_hint(name, registry.policies.values()) or hint
    return f"no policy or family is called `{name}`{hint} (`kguard policies` lists them)"


def as_markdown(policy: Policy) -> str:
    """The page as people read it: a line of facts, the prose and examples, the parameters."""
    facts = [
        f"severity {policy.severity.word}",
        f"confidence {policy.confidence.word}",
        f"profile {policy.profile}",
        f"family {policy.family}",
    ]
    if policy.fix in ("safe", "unsafe"):
        facts.append(f"fix {policy.fix}")
    lines = [f"# {policy.id}: {policy.title}", "", " · ".join(facts), ""]
    lines.append(_without_title(policy.body()).strip())
    if policy.params:
        lines += ["", "## Parameters", ""]
        for name, schema in policy.params.items():
            default = json.dumps(schema["default"], ensure_ascii=False)
            lines.append(f"- `{name}` (default `{default}`): {schema['description']}")
    if policy.sources:
        lines += ["", "## Sources", "", *(f"- {source}" for source in policy.sources)]
    if policy.peers:
        lines += ["", "## Elsewhere", ""]
        lines += [f"- {peer}: {', '.join(elsewhere(policy, peer))}" for peer in policy.peers]
    return "\n".join(lines)


def elsewhere(policy: Policy, peer: str) -> list[str]:
    """What another linter calls the fault, in the words of a page."""
    return [f"{name} (in part)" if part else name for name, part in checks_of(policy, peer)]


def as_json(policy: Policy) -> dict[str, Any]:
    """The page as data."""
    return {
        "id": policy.id,
        "title": policy.title,
        "family": policy.family,
        "severity": policy.severity.word,
        "confidence": policy.confidence.word,
        "profile": policy.profile,
        "fix": policy.fix,
        "kinds": list(policy.kinds),
        "aliases": list(policy.aliases),
        "params": dict(policy.params),
        "sources": list(policy.sources),
        "peers": dict(policy.peers),
        "body": policy.body(),
    }


def _without_title(body: str) -> str:
    """The body without a first heading that only repeats the title."""
    if body.startswith("# "):
        return body.partition("\n")[2]
    return body
