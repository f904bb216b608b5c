"""The service accounts of workflow pods and what roles among the files let them do.

Sources: argo-workflows docs/workflow-rbac.md, workflow/controller/workflowpod.go
(setupServiceAccount), kubernetes pkg/registry/rbac/validation/rule.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo import Workflow
from kguard.facts.run import Facts
from kguard.model import Resource, dig

_GROUP = "rbac.authorization.k8s.io"
_RESULTS = "workflowtaskresults"
_VERBS = frozenset({"create", "patch"})


def account_of(workflow: Workflow) -> str | None:
    """The account under which Argo's own containers report; None where it is filled in later."""
    name = workflow.value("executor", "serviceAccountName")
    name = name or workflow.value("serviceAccountName") or "default"
    return name if isinstance(name, str) and "{{" not in name else None


def may_report(facts: Facts, near: Resource, account: str) -> bool | None:
    """Whether the roles bound to an account beside `near` let it write workflowtaskresults.

    None where no binding was seen, or a role that is bound was not.
    """
    bindings = list(_bindings(facts, near, account))
    verbs: set[str] = set()
    for binding in bindings:
        role = _role(facts, binding)
        if role is None or dig(role.data, "aggregationRule") is not None:
            return None
        verbs |= _verbs(role)
    if not bindings:
        return None
    return "*" in verbs or verbs >= _VERBS


def _bindings(facts: Facts, near: Resource, account: str) -> Iterator[Resource]:
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in facts.index.in_unit(near, _GROUP, kind):
            if kind == "RoleBinding" and binding.namespace != near.namespace:
                continue
            subjects = dig(binding.data, "subjects")
            for subject in subjects if isinstance(subjects, list) else ():
                wanted = ("ServiceAccount", account)
                here = dig(subject, "namespace") in (None, near.namespace)
                if (dig(subject, "kind"), dig(subject, "name")) == wanted and here:
                    yield binding


def _role(facts: Facts, binding: Resource) -> Resource | None:
    kind, name = (dig(binding.data, "roleRef", key) for key in ("kind", "name"))
    if not isinstance(name, str):
        return None
    if kind == "Role":
        found = facts.index.named(binding, _GROUP, "Role", name)
    else:
        found = facts.index.cluster_scoped(binding, _GROUP, "ClusterRole", name)
    return found[0] if len(found) == 1 else None


def _verbs(role: Resource) -> set[str]:
    rules = dig(role.data, "rules")
    found: set[str] = set()
    for rule in rules if isinstance(rules, list) else ():
        if _lists(rule, "apiGroups", "argoproj.io") and _lists(rule, "resources", _RESULTS):
            verbs = dig(rule, "verbs")
            found |= {v for v in verbs if isinstance(v, str)} if isinstance(verbs, list) else set()
    return found


def _lists(rule: Any, key: str, wanted: str) -> bool:
    names = dig(rule, key)
    return isinstance(names, list) and (wanted in names or "*" in names)
