"""See argo_image_pull_always_fanout.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.containers import MainContainer, main_containers
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.images import ImageError, parse_image


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield one fault for a large run whose pods all ask the registry for their image."""
    forecast = ctx.facts.forecast(workflow.resource)
    if forecast is None or forecast.count.assumed:
        return
    pods = forecast.count.pods
    if pods <= ctx.params["max_pods"]:
        return
    for container in main_containers(ctx.facts, workflow):
        how = _pulled(container)
        if how:
            yield container.fault(
                ("imagePullPolicy",),
                f"{container.called} {how}: {pods:,} pods of a run ask the registry",
                help="registries limit how often; each pod starts later",
            )
            return


def _pulled(container: MainContainer) -> str:
    """Why the image is asked for each time; empty where it is not, or something is unknown."""
    policy, image = (container.effective.get(key) for key in ("imagePullPolicy", "image"))
    if policy == "Always":
        return "has `imagePullPolicy: Always`"
    if policy is not None or not isinstance(image, str):
        return ""
    try:
        latest = parse_image(image).pulled_tag == "latest"
    except ImageError:
        return ""
    return "runs `latest`, which is always pulled" if latest else ""
