"""See argo_offload_misconfigured.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig, Layout
from kguard.facts.argo.controller import argo_controller
from kguard.model import Fault, Related, Unknown, dig
from kguard.policies.controller._absent import may_be_set
from kguard.policy.context import ERROR, NOTE, Context

_ALWAYS = "ALWAYS_OFFLOAD_NODE_STATUS"


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a database that is demanded and not there, or there for nothing."""
    offloads = config.get("persistence", "nodeStatusOffLoad")
    demanded = next(_demands(config, ctx), None)
    if demanded is not None and offloads in (None, False):
        if offloads is None and (reason := may_be_set(config)):
            yield ctx.unknown(reason)
            return
        yield config.fault(
            ("persistence", "nodeStatusOffLoad"),
            f"`{_ALWAYS}` is `true`, and `persistence.nodeStatusOffLoad` is not",
            severity=ERROR,
            help="no workflow can be stored: `offload node status is not supported`",
            related=[demanded],
        )
    elif _is_useless(config):
        yield config.fault(
            ("persistence",),
            "`persistence` has neither `archive` nor `nodeStatusOffLoad`: its database has no use",
            severity=NOTE,
            help="both are off where they are not written",
        )


def _is_useless(config: ControllerConfig) -> bool:
    used = [config.get("persistence", key) for key in ("archive", "nodeStatusOffLoad")]
    named = any(config.get("persistence", key) is not None for key in ("postgresql", "mysql"))
    # Other Helm values may set what these do not.
    return (
        named
        and all(each in (None, False) for each in used)
        and (config.layout is not Layout.HELM or all(each is False for each in used))
    )


def _demands(config: ControllerConfig, ctx: Context) -> Iterator[Related]:
    """Where the environment of a controller demands that every status goes to the database."""
    if config.layout is Layout.HELM:
        entries = dig(config.resource.data, "controller", "extraEnv")
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if dig(entry, "name") == _ALWAYS and dig(entry, "value") == "true":
                route = ("controller", "extraEnv", number, "value")
                yield Related(config.resource, route, "demanded here")
        return
    for deployment in ctx.index.in_unit(config.resource, "apps", "Deployment"):
        controller = ctx.facts.remember(argo_controller, deployment)
        if controller is None:
            continue
        found = controller.variable(ctx.index, _ALWAYS)
        if found is not None and found.value == "true":
            yield found.related(controller.container, "demanded here")
