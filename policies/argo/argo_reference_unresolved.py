"""See argo_reference_unresolved.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.scope import Unresolved, borrowed, unresolved
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related
from kguard.policy.context import ERROR, WARNING, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for every tag that reads what nothing provides."""
    for each in unresolved(ctx.facts, workflow):
        reference = each.reference
        name = ".".join(each.name)
        written = reference.written
        of = f" in `{written}`" if reference.tag.expression and written != name else ""
        text = f"nothing provides `{name}`{of}: {each.why}"
        severity = WARNING if each.supplied or reference.tag.expression else ERROR
        yield reference.fault((), text, severity=severity, help=_help(each))
    for found in borrowed(ctx.facts, workflow):
        there = found.reference
        name = f"{{{{workflow.parameters.{found.parameter}}}}}"
        yield found.call.fault(
            ("templateRef",),
            f"{found.call.called} calls a template that reads `{name}`, which is no argument here",
            severity=WARNING,
            help="Argo refuses the workflow unless it is submitted with a value",
            related=[Related(there.resource, there.route, "read here")],
        )


def _help(each: Unresolved) -> str:
    if each.left:
        return "Argo leaves the text as it is written, or the node ends in Error"
    if each.supplied:
        return "Argo refuses the workflow unless it is submitted with a value"
    return "Argo refuses the workflow"
