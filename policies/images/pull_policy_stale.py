"""See pull_policy_stale.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Edit, Fault, Fix, Related
from kguard.policies.images._references import latest_image
from kguard.policy.context import Context

_HELP = {
    "IfNotPresent": "a node that has some `latest` keeps it, so nodes run different programs",
    "Never": "each node runs the `latest` that somebody put there, or none",
}
_WANTED = "Always"


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for `latest` where nodes are told not to look for a newer one."""
    policy = container.get("imagePullPolicy")
    help = _HELP.get(policy) if isinstance(policy, str) else None
    if help is None or latest_image(container, ctx) is None:
        return
    yield container.fault(
        ("imagePullPolicy",),
        f"`imagePullPolicy: {policy}` of {container.called} keeps an old `latest`",
        help=help,
        related=[Related(container.resource, container.at("image"), "this image")],
        fix=Fix(
            (Edit(container.at("imagePullPolicy"), _WANTED),),
            safe=False,  # A new pod template is a rollout.
            title=f"set `imagePullPolicy: {_WANTED}`",
        ),
    )
