"""See schema_unknown_field.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.schema.fields import UnknownField, fields_of, versions_with
from kguard.model import Fault, named_route
from kguard.policy.context import Context
from kguard.words import closest


def check(field: UnknownField, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a field that the kind does not have, in this release or in any."""
    minor = ctx.assume.kube[1]
    if field.span is not None:
        new = field.span.since > minor
        when = f"came with Kubernetes 1.{field.span.since}" if new else ""
        yield field.fault(
            (field.key,),
            f"`{field.key}` {when or f'is gone since Kubernetes 1.{field.span.until + 1}'}, "
            f"and this is for 1.{minor}",
            help="the API server refuses or drops it",
            at_key=True,
        )
        return
    here = named_route(field.resource.data, field.route) or field.resource.kind
    meant = closest(field.key, fields_of(field.struct, minor), most=2)
    if versions := versions_with(field, minor):
        help = f"it is a field of `{versions[0]}`"
    elif meant:
        help = f"did you mean {' or '.join(f'`{each}`' for each in meant)}?"
    elif field.homes:
        help = f"it is one of {' or '.join(f'`{home}`' for home in field.homes)}"
    else:
        help = "the API server refuses or drops it"
    text = f"`{here}` has no field `{field.key}`"
    yield field.fault((field.key,), text, help=help, at_key=True)
