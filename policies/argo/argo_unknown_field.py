"""See argo_unknown_field.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_version, version_text
from kguard.facts.argo.shape import ArgoUnknownField, newest_listed
from kguard.model import REMOVE, Edit, Fault, Fix, Unknown, named_route
from kguard.policy.context import Context


def check(field: ArgoUnknownField, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a field that Argo has not where it stands."""
    version = argo_version(ctx.facts, field.resource)
    if version and version > newest_listed():
        yield ctx.unknown(f"the fields of Argo {version_text(version)} are not listed")
        return
    where = named_route(field.resource.data, field.route)
    fix = None
    if field.meant.lower() == field.key.lower():
        edits = (
            Edit(field.at(field.key), REMOVE),
            Edit(field.at(field.meant), field.get(field.key)),
        )
        fix = Fix(edits, safe=False, title=f"write `{field.meant}`")  # It begins to count.
    yield field.fault(
        (field.key,),
        f"Argo has no field `{field.key}`" + (f" in `{where}`" if where else ""),
        help=_help(field),
        fix=fix,
        at_key=True,
    )


def _help(field: ArgoUnknownField) -> str:
    if field.home:
        return f"it belongs into `{field.home}`"
    if field.meant:
        return f"did you mean `{field.meant}`?"
    return "`argo submit` refuses it; `kubectl` drops or keeps it, and it does nothing"
