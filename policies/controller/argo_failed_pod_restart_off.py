"""See argo_failed_pod_restart_off.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.scheduling import spot_template
from kguard.model import Fault, Related, Unknown
from kguard.policies.controller._absent import may_be_set
from kguard.policy.context import Context

_SINCE = (4, 0)


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where pods on spot nodes could be restarted by the controller and are not."""
    version = argo_version(ctx.facts, config.resource)
    if version is not None and version < _SINCE:
        return
    enabled = config.get("failedPodRestart", "enabled")
    template = spot_template(ctx.facts, config.resource)
    if enabled is True or template is None:
        return
    if enabled is None and (reason := may_be_set(config)):
        yield ctx.unknown(reason)
        return
    yield config.fault(
        ("failedPodRestart", "enabled"),
        f"`failedPodRestart` is off, and {template.called} may run on spot nodes",
        help="pods that lose their node before they have begun could start again at no risk",
        related=[Related(template.resource, template.route, "runs on spot nodes")],
    )
