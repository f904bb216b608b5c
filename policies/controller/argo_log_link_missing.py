"""See argo_log_link_missing.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault, Unknown
from kguard.policies.controller._absent import may_be_set
from kguard.policy.context import Context

_SCOPES = ("pod-logs", "pod", "workflow")


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where nothing leads to the logs of pods that are gone."""
    if config.get("artifactRepository", "archiveLogs") not in (None, False):
        return
    defaults = config.workflow_defaults.get("spec")
    if isinstance(defaults, Mapping) and defaults.get("archiveLogs") not in (None, False):
        return
    links = config.get("links", default=[])
    if not isinstance(links, list):
        return
    if any(isinstance(link, Mapping) and link.get("scope") in _SCOPES for link in links):
        return
    if reason := may_be_set(config):
        yield ctx.unknown(reason)
        return
    yield config.fault(
        ("links",),
        "no link leads to the logs of pods that are gone",
        help="add a link of scope `pod-logs`, or archive the logs",
    )
