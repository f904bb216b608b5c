"""See argo_failed_pod_restart_off.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.scheduling import spot_template
from kguard.model import Fault, Related
from kguard.policy.context import Context

_SINCE = (4, 0)


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where pods on spot nodes could be restarted by the controller and are not."""
    version = argo_version(ctx.facts, config.resource)
    if version is not None and version < _SINCE:
        return
    if config.unparsed or config.get("failedPodRestart", "enabled") is True:
        return
    template = spot_template(ctx.facts, config.resource)
    if template is not None:
        yield config.fault(
            ("failedPodRestart", "enabled"),
            f"`failedPodRestart` is off, and {template.called} may run on spot nodes",
            help="pods that lose their node before they have begun could start again at no risk",
            related=[Related(template.resource, template.route, "runs on spot nodes")],
        )
