"""See argo_ttl_error_phase_gap.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Setting, Workflow
from kguard.model import Edit, Fault, Fix, Unknown
from kguard.policies.argo._unseen import (
    history_limited,
    not_seen,
    ttl_setting,
    unless_default,
    where_set,
)
from kguard.policy.context import Context

_HELP = "only `secondsAfterCompletion` covers every phase"
_PHASES = {"secondsAfterSuccess": "Succeeded", "secondsAfterFailure": "Failed"}
_FIELDS = {*_PHASES, "secondsAfterCompletion"}


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a TTL that leaves workflows of some phase in the cluster."""
    setting = ttl_setting(workflow)
    if setting is None:
        return
    given = {key for key, value in setting.value.items() if value is not None} & _FIELDS
    if not given or "secondsAfterCompletion" in given or workflow.retention:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    phases = [phase for key, phase in _PHASES.items() if key not in given]
    left = " or ".join(f"`{phase}`" for phase in (*phases, "Error"))
    yield workflow.fault(
        ("ttlStrategy", "secondsAfterCompletion"),
        f"`ttlStrategy` never deletes a workflow that ends as {left}",
        related=where_set(workflow, setting),
        **unless_default(workflow, ctx, history_limited(workflow), _HELP),
        fix=_longest(workflow, setting),
    )


def _longest(workflow: Workflow, setting: Setting) -> Fix | None:
    """The longest time that is written, for every phase; None where it stands somewhere else.

    Unsafe: it deletes finished workflows.
    """
    times = [value for key, value in setting.value.items() if key in _PHASES]
    if setting.resource is not workflow.resource or not all(type(time) is int for time in times):
        return None
    edit = Edit((*setting.route, "secondsAfterCompletion"), max(times))
    return Fix((edit,), safe=False, title=f"set `secondsAfterCompletion: {max(times)}`")
