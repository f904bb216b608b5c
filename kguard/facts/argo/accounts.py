"""The service accounts of workflow pods and what roles among the files let them do.

Sources: argo-workflows docs/workflow-rbac.md, workflow/controller/workflowpod.go
(setupServiceAccount), kubernetes pkg/registry/rbac/validation/rule.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.model import Resource, dig

_GROUP = "rbac.authorization.k8s.io"
_RESULTS = ("argoproj.io", "workflowtaskresults")
_PODS = ("", "pods")
_VERBS = frozenset({"create", "patch"})
_BY_POD_UNTIL = (3, 6)
"""Versions before it may fall back on annotations of the pod itself."""


def account_of(workflow: Workflow) -> str | None:
    """The account under which Argo's own containers report; None where it is filled in later."""
    name = workflow.value("executor", "serviceAccountName")
    name = name or workflow.value("serviceAccountName") or "default"
    return name if isinstance(name, str) and "{{" not in name else None


def may_report(facts: Facts, near: Resource, account: str) -> bool | None:
    """Whether the roles bound to an account beside `near` let its pods report their results.

    None where no binding was seen, or a role that is bound was not.
    """
    roles = [_role(facts, binding) for binding in _bindings(facts, near, account)]
    known = [r for r in roles if r is not None and dig(r.data, "aggregationRule") is None]
    if not roles or len(known) < len(roles):
        return None
    version = argo_version(facts, near)
    verbs = {verb for role in known for verb in _verbs(role, *_RESULTS)}
    if version is not None and version < _BY_POD_UNTIL:
        pods = {verb for role in known for verb in _verbs(role, *_PODS)}
        return bool(pods & {"*", "patch"}) or "*" in verbs or verbs >= _VERBS
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


def _verbs(role: Resource, group: str, resource: str) -> Iterator[str]:
    rules = dig(role.data, "rules")
    for rule in rules if isinstance(rules, list) else ():
        if _lists(rule, "apiGroups", group) and _lists(rule, "resources", resource):
            verbs = dig(rule, "verbs")
            yield from (v for v in (verbs if isinstance(verbs, list) else ()) if isinstance(v, str))


def _lists(rule: Any, key: str, wanted: str) -> bool:
    names = dig(rule, key)
    return isinstance(names, list) and (wanted in names or "*" in names)
