"""See field_misplaced.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kguard.facts.schema.fields import UnknownField
from kguard.model import Fault, named_route
from kguard.policy.context import Context
from kguard.words import with_article


def check(field: UnknownField, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a field that stands where Kubernetes has none of that name."""
    around = named_route(field.resource.data, field.route)
    here = f"`{around}`" if around else with_article(field.resource.kind)
    if field.renamed:
        help = f"here it is called `{field.renamed}`"
    elif field.homes:
        help = f"it belongs into {_either(f'`{home}`' for home in field.homes)}"
    else:
        help = f"of a {_either(field.owners)} it is one"
    yield field.fault(
        (field.key,),
        f"`{field.key}` is no field of {here}: Kubernetes refuses or drops it",
        help=help,
        at_key=True,
    )


def _either(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
