"""What the policies about versions of the API share."""

from __future__ import annotations

from collections.abc import Sequence

from kguard.facts.schema.apis import ApiVersion
from kguard.facts.schema.structure import MissingField
from kguard.model import Edit, Fix, Route, Scope, named_route

_MOST = 3
"""How many of the fields are named that have to change, too."""


def fix_of(api: ApiVersion) -> Fix | None:
    """The new apiVersion, where nothing else of the object has to change."""
    if not api.same_shape or api.there:
        return None
    version = api.replacement.partition(" ")[0]
    return Fix(
        (Edit(("apiVersion",), version),),
        safe=True,  # The stored object is the same under both versions.
        title=f"set `apiVersion: {version}`",
    )


def instead(api: ApiVersion) -> str:
    """What to write, for people: a version, or another kind too."""
    version, _, kind = api.replacement.partition(" ")
    if kind != api.resource.kind:
        return f"`{kind}` of `{version}`"
    lacking = [each for each in api.there if isinstance(each, MissingField)]
    refused = [each for each in api.there if not isinstance(each, MissingField)]
    more = [
        f"{verb} {_listed(api, routes)}"
        for verb, routes in (
            ("wants", [(*each.route, each.key) for each in lacking]),
            ("refuses", [_route(each) for each in refused]),
        )
        if routes
    ]
    return f"`apiVersion: {version}`" + (f", which {' and '.join(more)}" if more else "")


def _listed(api: ApiVersion, routes: Sequence[Route]) -> str:
    """The names of some fields of an object, the first ones where they are many."""
    called = [f"`{named_route(api.resource.data, route)}`" for route in routes]
    if len(called) > _MOST:
        called[_MOST:] = [f"{len(called) - _MOST} more"]
    *before, last = called
    return f"{', '.join(before)} and {last}" if before else last


def _route(fault: Scope) -> Route:
    """Where something is that a version refuses."""
    keys: Route = getattr(fault, "keys", ())
    key: str = getattr(fault, "key", "")
    return (*fault.route, *keys, *([key] if key else []))
