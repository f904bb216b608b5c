"""See serviceaccount_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.operators import makers
from kguard.facts.pods import Pod
from kguard.facts.quantities import is_placeholder, literal
from kguard.model import Fault, Resource, Unknown
from kguard.policy.context import Context

# Made in every namespace: by Kubernetes; by OpenShift; by OpenShift Pipelines.
_GIVEN = frozenset({"default", "builder", "deployer", "pipeline"})


def check(pod: Pod, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a pod of a ServiceAccount that does not exist."""
    # The older key counts where the newer is absent (core/v1 conversion.go).
    key = "serviceAccountName" if pod.get("serviceAccountName") else "serviceAccount"
    name, near = literal(pod.get(key)), pod.resource
    if name is None or name in _GIVEN:
        return
    if ctx.index.named(near, "", "ServiceAccount", name):
        return
    if reason := next(_unseen(near, name, ctx), ""):
        yield ctx.unknown(reason)
        return
    where = near.namespace
    yield pod.fault(
        (key,),
        f"ServiceAccount `{name}` does not exist" + (f" in namespace `{where}`" if where else ""),
        help="the API server refuses the pods",
    )


def _unseen(near: Resource, name: str, ctx: Context) -> Iterator[str]:
    """Why the account of a pod's object may exist all the same."""
    # Charts take accounts that others make (`serviceAccount.create: false`).
    if not ctx.index.is_world(near):
        yield "ServiceAccount not seen"
    if near.namespace == "kube-system":
        yield "controllers of `kube-system` have accounts that nobody writes"
    for other in ctx.index.in_unit(near, "", "ServiceAccount"):
        if other.name == name and (other.namespace is None) != (near.namespace is None):
            yield "only one of workload and ServiceAccount names its namespace"
        if is_placeholder(other.name):
            yield "names of ServiceAccounts may be filled in later"
    if ctx.index.named_elsewhere(near, "", "ServiceAccount", name):
        yield "a ServiceAccount of that name is elsewhere in this run"
    if makers(ctx.facts, near):
        yield "the ServiceAccount may be made by a custom resource"
