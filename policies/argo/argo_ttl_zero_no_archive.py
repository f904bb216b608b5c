"""See argo_ttl_zero_no_archive.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policies.argo._unseen import TTL_FIELDS, ttl_setting, unless_default, where_set
from kguard.policy.context import NOTE, Context

_HELP = "its result and its logs are gone with it: `persistence.archive` is not on"
_ENDS = {"secondsAfterSuccess": "succeeds", "secondsAfterFailure": "fails"}


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each time after which nobody has seen how a workflow ended."""
    setting, config = ttl_setting(workflow), workflow.config
    if setting is None or (config and config.get("persistence", "archive") is True):
        return
    for field in TTL_FIELDS:
        seconds = setting.value.get(field)
        if type(seconds) is int and seconds < ctx.params["min_seconds"]:
            when = f"{seconds} s after" if seconds > 0 else "as soon as"
            yield workflow.fault(
                ("ttlStrategy", field),
                f"a workflow is deleted {when} it {_ENDS.get(field, 'ends')}",
                related=where_set(workflow, setting),
                **unless_default(workflow, ctx, NOTE, _HELP),
            )
