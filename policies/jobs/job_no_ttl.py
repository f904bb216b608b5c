"""See job_no_ttl.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.gitops import from_git
from kguard.model import Edit, Fault, Fix, Scope
from kguard.policy.context import NOTE, WARNING, Context

# Tools that delete or replace finished Jobs themselves, by the annotation that asks them to.
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")


_DAY = 86400
# Unsafe: it deletes the Job and its pods, with their logs.
_ONE_DAY = Fix(
    (Edit(("spec", "ttlSecondsAfterFinished"), _DAY),),
    safe=False,
    title=f"set `ttlSecondsAfterFinished: {_DAY}`, one day",
)


def check(job: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a standalone Job that nothing removes when it has finished."""
    if job.get("spec") is None or job.get("spec", "ttlSecondsAfterFinished") is not None:
        return
    hook = any(job.get("metadata", "annotations", hook) is not None for hook in _HOOKS)
    if hook or job.get("metadata", "ownerReferences"):
        return
    if job.get("spec", "suspend") is True:
        return  # A template that a queue (Kueue) or a person starts, and cleans up after.
    gitops = from_git(job.resource)
    yield job.fault(
        ("spec", "ttlSecondsAfterFinished"),
        f"nothing deletes Job `{job.resource.name or job.resource.generate_name}` when it is done",
        severity=NOTE if gitops else WARNING,
        help="a TTL would make the GitOps controller run it again; a hook annotation would not"
        if gitops
        else "finished Jobs and their pods pile up in etcd until somebody deletes them",
        fix=None if gitops else _ONE_DAY,
    )
