"""See argo_offload_not_enabled.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.argo.workflow import Workflow, workflows_in_unit
from kguard.facts.forecast.forecast import Forecast
from kguard.facts.sizes import written
from kguard.model import Fault, Related, Unknown
from kguard.policies.controller._absent import may_be_set
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a controller that compresses at each update what a database could take."""
    offloads = config.get("persistence", "nodeStatusOffLoad")
    if offloads not in (None, False):
        return
    large = sorted(_large(config, ctx), key=lambda each: -each[1].raw)
    if not large:
        return
    if offloads is None and (reason := may_be_set(config)):
        yield ctx.unknown(reason)
        return
    workflow, forecast = large[0]
    more = f" and {len(large) - 1} more" if len(large) > 1 else ""
    yield config.fault(
        ("persistence", "nodeStatusOffLoad"),
        f"node status is not offloaded, and that of {workflow.resource.kind} "
        f"`{workflow.resource.name or workflow.resource.generate_name}`{more} comes to "
        f"{written(forecast.raw)}",
        help="the controller compresses it at each update, until it does not fit any more",
        related=[
            Related(each.resource, each.at("entrypoint"), f"{written(found.raw)} of status")
            for each, found in large[:3]
        ],
    )


def _large(config: ControllerConfig, ctx: Context) -> Iterator[tuple[Workflow, Forecast]]:
    """Workflows that this configuration is for and that are certainly compressed.

    Those past half of the room when compressed are told of themselves: the forecast's finding.
    """
    most = ctx.params["max_bytes"]
    for workflow in workflows_in_unit(ctx.facts, config.resource):
        forecast = ctx.facts.forecast(workflow.resource)
        if forecast is None or forecast.count.assumed:
            continue
        own = workflow.config is not None and workflow.config.resource is config.resource
        told = not workflow.resource.context and forecast.stored > most // 2
        if own and forecast.raw > most and not told:
            yield workflow, forecast
