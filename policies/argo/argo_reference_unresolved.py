"""See argo_reference_unresolved.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo import Workflow
from kguard.facts.argo_scope import borrowed, unresolved
from kguard.model import Fault, Related
from kguard.policy.context import ERROR, WARNING, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for every tag that reads what nothing provides."""
    for each in unresolved(ctx.facts, workflow):
        reference = each.reference
        name = ".".join(each.name)
        of = f" in `{reference.written}`" if reference.tag.expression else ""
        text = f"nothing provides `{name}`{of}: {each.why}"
        if each.refused:
            yield reference.fault((), text, severity=ERROR, help="Argo refuses the workflow")
        elif each.supplied:
            help = "Argo refuses the workflow unless it is submitted with a value"
            yield reference.fault((), text, severity=WARNING, help=help)
        else:
            help = "the text stays as it is written, or the node ends in Error"
            yield reference.fault((), text, severity=WARNING, help=help)
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
