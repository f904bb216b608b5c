"""See argo_arch_mixed.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController, argo_controller
from kguard.facts.argo.scheduling import architectures, selected_architecture
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related
from kguard.policies.argo._commands import looked_up
from kguard.policy.context import Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield one fault for an object whose commands are looked up for another processor."""
    controller = _controller(workflow, ctx)
    arch = selected_architecture(controller.workload.pod.data) if controller else None
    if controller is None or arch is None:
        return
    for container in looked_up(ctx.facts, workflow):
        wanted, wish = architectures(ctx.facts, container.template)
        if container.unknown or wish is None or arch in wanted:
            continue
        if any("{{" in each for each in wanted):
            continue
        there = controller.workload.pod
        yield container.fault(
            ("command",),
            f"{container.called} runs on {_listed(wanted)}, its command is looked up for `{arch}`",
            help="an image without a variant for the controller's processor makes no pod",
            related=[
                Related(wish.scope.resource, wish.scope.at(*wish.keys), "the pods' processor"),
                Related(there.resource, there.at("nodeSelector"), "the controller's processor"),
            ],
        )
        return


def _controller(workflow: Workflow, ctx: Context) -> ArgoController | None:
    """The only controller among the files."""
    found = [
        controller
        for item in ctx.index.in_unit(workflow.resource, "apps", "Deployment")
        if (controller := ctx.facts.remember(argo_controller, item)) is not None
    ]
    return found[0] if len(found) == 1 else None


def _listed(names: frozenset[str]) -> str:
    return " or ".join(f"`{name}`" for name in sorted(names))
