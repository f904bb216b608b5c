"""What the policies about versions of the API share."""

from __future__ import annotations

from kguard.facts.schema.apis import ApiVersion
from kguard.model import Edit, Fix


def fix_of(api: ApiVersion) -> Fix | None:
    """The new apiVersion, where nothing else of the object has to change."""
    if not api.same_shape:
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
    if kind == api.resource.kind:
        return f"`apiVersion: {version}`"
    return f"`{kind}` of `{version}`"
