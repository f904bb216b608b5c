"""See argo_quota_without_requests.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.containers import pods_made
from kguard.facts.argo.workflow import Workflow
from kguard.facts.podresources import container_amount, has_pod_level
from kguard.facts.pods import Container, Pod
from kguard.facts.quotas import Quota, quotas_of, sections
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import ERROR, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield one fault for an object whose pods a ResourceQuota of its namespace rejects."""
    kind = workflow.resource.kind
    if workflow.library or not workflow.complete or kind == "ClusterWorkflowTemplate":
        return
    if not ctx.index.of_kind(workflow.resource, "", "ResourceQuota"):
        return
    if workflow.config is not None and workflow.config.unparsed:
        yield ctx.unknown("the controller's configuration cannot be read")
        return
    for pod in pods_made(ctx.facts, workflow):
        found = _lacking(pod, ctx)
        if found is None:
            continue
        container, section, resource, quota, name = found
        own = container.route == pod.route
        what = f"Argo's own container `{container.name}`" if own else container.called
        yield (workflow if own else container).fault(
            () if own else ("resources", section, resource),
            f"{what} has no {resource} {section.rstrip('s')}, which {quota.called} wants of every "
            "container",
            related=[quota.related(name)],
            **unless_default(
                workflow,
                ctx,
                ERROR,
                "set `executor.resources` of the controller" if own else "its pods are rejected",
            ),
        )
        return


def _lacking(pod: Pod, ctx: Context) -> tuple[Container, str, str, Quota, str] | None:
    """The first container that lacks what a quota wants, with what that is."""
    if has_pod_level(pod):
        return None
    for quota in quotas_of(ctx.facts, pod):
        for name in quota.hard:
            section, resource = sections(name) or ("", "")
            for container in pod.containers if resource in ("cpu", "memory") else ():
                if container_amount(container, section, resource) is None:
                    return container, section, resource, quota, name
    return None
