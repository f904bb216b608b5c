"""See argo_aggregated_outputs.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.references import by_template
from kguard.facts.argo.templates import Call, Template, calls_of, target_of
from kguard.facts.forecast.forecast import expected_items
from kguard.facts.sizes import literal_bytes, written
from kguard.model import Fault, Related, dig
from kguard.policy.context import Context

# `{"":""},` around each name and value of an aggregate, and the least a value is.
_JSON = 9


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an argument that joins the outputs of a long loop."""
    calls = {call.name: call for call in calls_of(ctx.facts, template)}
    if not any(call.loop for call in calls.values()):
        return
    for reference in by_template(ctx.facts, template.resource).get(template.route, ()):
        if not isinstance(reference.holder, Call) or reference.keys[:1] != ("arguments",):
            continue
        for name in reference.tag.names:
            source = calls.get(name[1]) if _is_output(name) else None
            if source is None or source.loop is None:
                continue
            count = source.loop.count or expected_items(template.workflow)
            size = count * _item_bytes(ctx, source, name)
            if count > ctx.params["max_items"] or size > ctx.params["max_bytes"]:
                yield reference.fault(
                    (),
                    f"an argument of {reference.holder.called} joins the outputs of {count:,} "
                    f"items of {source.called}: {written(size)} at least",
                    help="hand them over as artifacts, or have each item write to one place",
                    related=[Related(source.resource, source.at(source.loop.key), "the loop")],
                )
                break


def _is_output(name: tuple[str, ...]) -> bool:
    """Whether it is one of those that are joined: `steps.load.outputs.result`."""
    return name[2:3] == ("outputs",) and name[3:4] in (("parameters",), ("result",))


def _item_bytes(ctx: Context, source: Call, name: tuple[str, ...]) -> int:
    """The least that one item adds: its JSON around the values, and the values that are known."""
    template = target_of(ctx.facts, source).template
    written_there = template.get("outputs", "parameters") if template else None
    outputs = written_there if isinstance(written_there, list) else []
    if name[3] == "parameters" and len(name) == 4 and outputs:
        return sum(_JSON + literal_bytes(dig(each, "name")) for each in outputs)
    return 3
