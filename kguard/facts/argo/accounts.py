"""The service accounts of workflow pods and what roles among the files let them do.

Sources: argo-workflows docs/workflow-rbac.md, workflow/controller/workflowpod.go
(setupServiceAccount).
"""

from __future__ import annotations

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.workflow import Workflow
from kguard.facts.rbac import account_permissions, is_bound_elsewhere
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Resource

_RESULTS = "workflowtaskresults"
_BY_POD_UNTIL = (3, 6)
"""Versions before it may fall back on annotations of the pod itself."""


def account_of(workflow: Workflow) -> str | None:
    """The account under which Argo's own containers report; None where it is filled in later."""
    name = workflow.value("executor", "serviceAccountName")
    name = name or workflow.value("serviceAccountName") or "default"
    return name if isinstance(name, str) and "{{" not in name else None


def may_report(facts: Facts, near: Resource, account: str) -> bool | None:
    """Whether the roles bound to an account beside `near` let its pods report their results.

    None where no binding was seen, a role that is bound was not, or there are bindings elsewhere.
    """
    may = account_permissions(facts, near, account, inside=True)
    if may is None or not may.whole or is_bound_elsewhere(facts, near, account):
        return None
    version = argo_version(facts, near)
    by_pod = version is not None and version < _BY_POD_UNTIL and may.allow("patch", "pods")
    return by_pod or all(may.allow(verb, _RESULTS, argo.GROUP) for verb in ("create", "patch"))
