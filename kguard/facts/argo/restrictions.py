"""What a controller in reference mode lets a workflow set.

Sources: argo-workflows config/config.go (WorkflowRestrictions.MustUseReference),
workflow/controller/operator.go (setExecWorkflow), workflow/util/merge.go
(allowedUserOverrideFields, artifactGCOverrideViolations, ConfigureUserOverrideAllowlistFromEnv).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.controller import argo_controller
from kguard.facts.argo.workflow import Workflow
from kguard.facts.argo.wrong import given
from kguard.facts.environment import variable
from kguard.facts.quantities import literal
from kguard.facts.run import Facts
from kguard.model import Route

ALLOWED = frozenset(
    {"arguments", "entrypoint", "shutdown", "suspend", "activeDeadlineSeconds", "priority"}
    | {"ttlStrategy", "podGC", "volumeClaimGC", "archiveLogs", "archiveSystemContainerLogs"}
    | {"workflowMetadata", "workflowTemplateRef", "metrics", "artifactGC"}
)
"""The fields of a WorkflowSpec that a workflow may set beside its `workflowTemplateRef`."""

_NESTED = ("podSpecPatch", "serviceAccountName", "podMetadata")
_ALLOWLIST = "WORKFLOW_USER_OVERRIDE_ALLOWLIST"


def mode(workflow: Workflow) -> str:
    """`Strict` or `Secure` where the controller seen runs so, else empty."""
    config = workflow.config
    found = literal(config.get("workflowRestrictions", "templateReferencing")) if config else None
    return found if found in ("Strict", "Secure") else ""


def overrides(facts: Facts, workflow: Workflow) -> Iterator[Route]:
    """The fields that a workflow sets and must not, by the keys below its specification."""
    more = _more(facts, workflow)
    if more is None:
        return
    for key, value in workflow.data.items():
        # Go takes what is empty for what is not there, but for an empty mapping it points to.
        if value not in (None, "", [], False, 0) and key not in ALLOWED and key not in more:
            yield (key,)
    collection = workflow.get("artifactGC")
    for key in _NESTED if isinstance(collection, Mapping) else ():
        if given(collection.get(key)):
            yield "artifactGC", key


def _more(facts: Facts, workflow: Workflow) -> frozenset[str] | None:
    """The fields that the controller's environment allows in addition; None where unknown."""
    names: set[str] = set()
    for item in facts.index.in_unit(workflow.resource, "apps", "Deployment"):
        controller = facts.remember(argo_controller, item)
        found = variable(facts.index, controller.container, _ALLOWLIST) if controller else None
        if found is not None and found.value is None:
            return None
        names.update(word.strip() for word in ((found.value or "") if found else "").split(","))
    return frozenset(names)
