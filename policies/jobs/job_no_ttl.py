"""See job_no_ttl.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.model import Edit, Fault, Fix, Scope
from kguard.policy.context import NOTE, WARNING, Context

# Tools that delete or replace finished Jobs themselves, by the annotation that asks them to.
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
# Marks of a GitOps controller, which creates a Job again when a TTL has deleted it.
_GITOPS_LABELS = (
    "argocd.argoproj.io/instance",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
)
_GITOPS_ANNOTATIONS = ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/sync-options")


# Unsafe: it deletes the Job and its pods, with their logs.
_ONE_DAY = Fix(
    (Edit(("spec", "ttlSecondsAfterFinished"), 86400),),
    safe=False,
    title="set `ttlSecondsAfterFinished: 86400`, one day",
)


def check(job: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a standalone Job that nothing removes when it has finished."""
    if job.get("spec") is None or job.get("spec", "ttlSecondsAfterFinished") is not None:
        return
    annotations = job.get("metadata", "annotations", default={})
    labels = job.get("metadata", "labels", default={})
    if any(hook in annotations for hook in _HOOKS) or job.get("metadata", "ownerReferences"):
        return
    if job.get("spec", "suspend") is True:
        return  # A template that a queue (Kueue) or a person starts, and cleans up after.
    gitops = any(label in labels for label in _GITOPS_LABELS) or any(
        annotation in annotations for annotation in _GITOPS_ANNOTATIONS
    )
    yield job.fault(
        ("spec", "ttlSecondsAfterFinished"),
        f"nothing deletes Job `{job.resource.name or job.resource.generate_name}` when it is done",
        severity=NOTE if gitops else WARNING,
        help="a TTL would make the GitOps controller run it again; a hook annotation would not"
        if gitops
        else "finished Jobs and their pods pile up in etcd until somebody deletes them",
        fix=None if gitops else _ONE_DAY,
    )
