"""See argo_artifactgc_blocks_delete.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related, Route, dig
from kguard.policy.context import Context

_STRATEGIES = ("OnWorkflowCompletion", "OnWorkflowDeletion")


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where artifacts are deleted by a ServiceAccount that may not."""
    if workflow.library or workflow.value("artifactGC", "forceFinalizerRemoval") not in (
        None,
        False,
    ):
        return
    account = workflow.value("artifactGC", "serviceAccountName")
    strategy = workflow.value("artifactGC", "strategy")
    for template in ctx.facts.argo_templates(workflow.resource) if account is None else ():
        for keys, artifact in _outputs(template):
            own = dig(artifact, "artifactGC", "strategy")
            if (own or strategy) not in _STRATEGIES:
                continue
            if dig(artifact, "artifactGC", "serviceAccountName"):
                continue
            at = template.at(*keys, *(("artifactGC",) if own else ()))
            here = workflow.get("artifactGC") is not None
            yield workflow.fault(
                ("artifactGC", "serviceAccountName") if here else at[len(workflow.route) :],
                "artifacts are deleted as ServiceAccount `default`: where that fails, the workflow "
                "stays for ever",
                help="name one that may in `artifactGC`, or set `forceFinalizerRemoval`",
                related=[Related(workflow.resource, at, "the first of them")] if here else [],
            )
            return


def _outputs(template: Template) -> Iterator[tuple[Route, Mapping[str, object]]]:
    items = template.get("outputs", "artifacts")
    for number, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, Mapping):
            yield ("outputs", "artifacts", number), item
