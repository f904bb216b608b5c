"""See argo_controller_hpa.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_controller
from kguard.facts.scaletargets import ScaleTarget
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(target: ScaleTarget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where an autoscaler scales a workflow controller."""
    for found in target.found:
        controller = ctx.facts.remember(argo_controller, found)
        if controller is not None:
            yield target.fault(
                (),
                f"{controller.called} cannot be scaled out: pods that are added do no work",
                help="give it more cpu and memory, or split the workflows by instance id",
                related=[Related(found, controller.container.route, "the workflow controller")],
            )
            return
