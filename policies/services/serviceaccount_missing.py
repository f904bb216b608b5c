"""See serviceaccount_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.operators import makers
from kguard.facts.pods import Pod
from kguard.facts.quantities import is_placeholder, literal
from kguard.model import Fault, Unknown
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
    # Charts take accounts that others make (`serviceAccount.create: false`).
    reason = "" if ctx.index.is_world(near) else "ServiceAccount not seen"
    if near.namespace == "kube-system":
        reason = reason or "controllers of `kube-system` have accounts that nobody writes"
    for other in ctx.index.in_unit(near, "", "ServiceAccount"):
        if other.name == name and (other.namespace is None) != (near.namespace is None):
            reason = reason or "only one of workload and ServiceAccount names its namespace"
        if is_placeholder(other.name):
            reason = reason or "names of ServiceAccounts may be filled in later"
    if ctx.index.named_elsewhere(near, "", "ServiceAccount", name):
        reason = reason or "a ServiceAccount of that name is elsewhere in this run"
    if reason or makers(ctx.facts, near):
        yield ctx.unknown(reason or "the ServiceAccount may be made by a custom resource")
        return
    where = near.namespace
    yield pod.fault(
        (key,),
        f"ServiceAccount `{name}` does not exist" + (f" in namespace `{where}`" if where else ""),
        help="the API server refuses the pods",
    )
