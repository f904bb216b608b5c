"""What a workload's service account may do, as far as the unit shows it.

Source: kubernetes pkg/registry/rbac/validation/rule.go (AppliesTo, appliesToUser) and
pkg/apis/rbac/v1/evaluation_helpers.go (RuleAllows: `*` stands for every verb, group, resource).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.kube.workloads import template_route
from kguard.model import Resource, dig
from kguard.record import record

GROUP = "rbac.authorization.k8s.io"
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


@record
class Permissions:
    """The rules that hold for one service account, with the role that has each.

    `whole` says that every binding seen leads to a role that was seen, with its rules written out.
    """

    rules: tuple[tuple[Resource, Mapping[str, Any]], ...]
    whole: bool

    def allow(self, verb: str, resource: str, group: str = "") -> bool:
        """Whether some rule allows the verb for all objects of a resource (`pods/exec`)."""
        return any(_allows(rule, verb, resource, group) for _, rule in self.rules)

    def role_for(self, resource: str, group: str = "") -> Resource | None:
        """The first role with a rule about a resource: where one would look for another verb."""
        for role, rule in self.rules:
            if _covers(rule.get("apiGroups"), group) and _covers(rule.get("resources"), resource):
                return role
        return None


def permissions(facts: Facts, workload: Resource) -> Permissions | None:
    """The permissions of a workload's pods; None where no binding of its account was seen."""
    route = template_route(workload)
    if route is None:
        return None
    spec = dig(workload.data, *route, "spec")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    if not isinstance(account, str) or is_placeholder(account):
        return None
    return account_permissions(facts, workload, account)


def account_permissions(
    facts: Facts, near: Resource, account: str, *, inside: bool = False
) -> Permissions | None:
    """The permissions of a service account beside `near`; None where no binding of it was seen.

    `inside` leaves out RoleBindings of other namespaces, which grant nothing in that of `near`.
    """
    bindings = [
        binding
        for binding in _bindings(facts, near, account)
        if not inside or binding.kind != "RoleBinding" or binding.namespace == near.namespace
    ]
    if not bindings:
        return None
    rules: list[tuple[Resource, Mapping[str, Any]]] = []
    whole = True
    for binding in bindings:
        role = _role(facts, binding)
        if role is None or role.data.get("aggregationRule") is not None:
            whole = False
            continue
        written = role.data.get("rules")
        for rule in written if isinstance(written, list) else ():
            if isinstance(rule, Mapping):
                rules.append((role, rule))
    return Permissions(tuple(rules), whole)


def is_bound_elsewhere(facts: Facts, near: Resource, account: str) -> bool:
    """Whether another chart or folder of the run gives a service account more permissions."""
    return any(
        _binds(binding, account, near)
        for kind in _BINDINGS
        for binding in facts.index.elsewhere(near, GROUP, kind)
    )


def _bindings(facts: Facts, near: Resource, account: str) -> Iterator[Resource]:
    for kind in _BINDINGS:
        for binding in facts.index.in_unit(near, GROUP, kind):
            if _binds(binding, account, near):
                yield binding


def _binds(binding: Resource, account: str, near: Resource) -> bool:
    subjects = binding.data.get("subjects")
    listed = subjects if isinstance(subjects, list) else ()
    return any(_is_account(subject, account, near) for subject in listed)


def _is_account(subject: Any, account: str, near: Resource) -> bool:
    if dig(subject, "kind") != "ServiceAccount" or dig(subject, "name") != account:
        return False
    namespace = dig(subject, "namespace")
    # What kustomize or helm fills in later is left out in both places, or in one.
    return not namespace or not near.namespace or namespace == near.namespace


def _role(facts: Facts, binding: Resource) -> Resource | None:
    kind, name = (dig(binding.data, "roleRef", key) for key in ("kind", "name"))
    if not isinstance(name, str):
        return None
    if kind == "ClusterRole":
        found = facts.index.cluster_scoped(binding, GROUP, "ClusterRole", name)
    else:
        found = facts.index.named(binding, GROUP, "Role", name)
    return found[0] if len(found) == 1 else None


def _allows(rule: Mapping[str, Any], verb: str, resource: str, group: str) -> bool:
    # A rule with resourceNames grants nothing for objects whose names are not known before.
    return (
        not rule.get("resourceNames")
        and _covers(rule.get("verbs"), verb)
        and _covers(rule.get("apiGroups"), group)
        and _covers(rule.get("resources"), resource)
    )


def _covers(written: Any, wanted: str) -> bool:
    if not isinstance(written, list):
        return False
    # `*/exec` stands for that subresource of every resource.
    _, slash, subresource = wanted.partition("/")
    return "*" in written or wanted in written or (bool(slash) and f"*/{subresource}" in written)
