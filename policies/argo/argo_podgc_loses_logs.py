"""See argo_podgc_loses_logs.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, dig
from kguard.policies.argo._unseen import unless_default, where_set
from kguard.policy.context import NOTE, Context
from kguard.quantity.durations import DurationError, parse_argo_duration

_STRATEGIES = ("OnPodCompletion", "OnPodSuccess")
_DEFAULT = "5"
_HELP = "log collectors miss short pods; `deleteDelayDuration: 30s` or `archiveLogs` keeps the logs"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for pods that are gone with their logs a few seconds after they end."""
    setting, config = workflow.setting("podGC", "strategy"), workflow.config
    if setting is None or setting.value not in _STRATEGIES or not workflow.answers:
        return
    delay = workflow.value("podGC", "deleteDelayDuration")
    if delay is None:
        delay = (config and config.get("podGCDeleteDelayDuration")) or _DEFAULT
    try:
        seconds = parse_argo_duration(delay)
    except DurationError:
        return  # A placeholder, or what argo-duration-unit reports.
    if not 0 <= seconds < ctx.params["min_seconds"] or _logs_are_kept(workflow, config, ctx):
        return
    yield workflow.fault(
        ("podGC", "deleteDelayDuration"),
        f"`{setting.value}` deletes pods {float(seconds):g} s after they end, logs and all",
        related=where_set(workflow, setting),
        **unless_default(workflow, ctx, NOTE, _HELP),
    )


def _logs_are_kept(workflow: Workflow, config: ControllerConfig | None, ctx: Context) -> bool:
    """Whether logs are archived, or a link leads to where they are collected."""
    if workflow.value("archiveLogs") not in (None, False):
        return True
    if config and config.get("artifactRepository", "archiveLogs") is True:
        return True
    links = config.get("links") if config else None
    if any(dig(link, "scope") == "pod-logs" for link in (links if isinstance(links, list) else ())):
        return True
    pods = [each for each in ctx.facts.argo_templates(workflow.resource) if each.runs_pod]
    kept = [each.value("archiveLocation", "archiveLogs") for each in pods]
    return bool(kept) and all(value not in (None, False) for value in kept)
