"""The service accounts of workflow pods and what roles among the files let them do.

Sources: argo-workflows docs/workflow-rbac.md, workflow/controller/workflowpod.go
(setupServiceAccount).
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.rbac import account_permissions, is_bound_elsewhere
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Resource, Route, Scope
from kguard.record import record

_POD: Route = ("serviceAccountName",)
_EXECUTOR: Route = ("executor", *_POD)
_RESULTS = "workflowtaskresults"
_BY_POD_UNTIL = (3, 6)
"""Versions before it may fall back on annotations of the pod itself."""


@record
class Used:
    """The account of a pod, and the one under which Argo's own containers in it report.

    `place` and `keys` say where the latter is to be written. An account is empty where none is
    named and None where it is filled in later.
    """

    pod: str | None
    reports: str | None
    place: Scope
    keys: Route


def accounts(facts: Facts, workflow: Workflow) -> Iterator[Used]:
    """The accounts of the pods that the object's templates make; the workflow's without any."""
    own = Scope(workflow.resource, workflow.route, workflow.data)
    templates = [each for each in facts.argo_templates(workflow.resource) if each.runs_pod]
    ways: list[Template | None] = [*templates] or [None]
    for template in ways:
        pod, executor = (_in_force(workflow, template, keys) for keys in (_POD, _EXECUTOR))
        keys: Route = _EXECUTOR if executor else _POD
        place = template if template and template.get(*keys) else own
        yield Used(_known(pod), _known(executor or pod), place, keys)


def _in_force(workflow: Workflow, template: Template | None, keys: Route) -> object:
    return (template.value(*keys) if template else None) or workflow.value(*keys)


def _known(name: object) -> str | None:
    if not name:
        return ""
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
