"""See quota_requires_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.podresources import container_amount, has_pod_level
from kguard.facts.pods import Pod, Role
from kguard.facts.quotas import Quota, quotas_of, sections
from kguard.model import Fault
from kguard.policy.context import Context


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each request or limit that a quota wants of a container without it."""
    quotas = quotas_of(ctx.facts, pod)
    if not quotas or has_pod_level(pod):
        return
    wanted: dict[tuple[str, str], tuple[Quota, str]] = {}
    for quota in quotas:
        for name in quota.hard:
            found = sections(name)
            # For no other resource does the quota want a value (validationSet).
            if found is not None and found[1] in ("cpu", "memory"):
                wanted.setdefault(found, (quota, name))
    for container in pod.containers:
        if container.role is Role.EPHEMERAL or container.fragment:
            continue
        for (section, resource), (quota, name) in wanted.items():
            if container_amount(container, section, resource) is None:
                yield container.fault(
                    ("resources", section, resource),
                    f"{container.called} has no {resource} {section.rstrip('s')}, which "
                    f"{quota.called} wants of every container",
                    related=[quota.related(name)],
                    help=f'its pods are rejected: "must specify {name}"',
                )
