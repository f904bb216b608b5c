"""See image_latest.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.images import ImageError, parse_image


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an image whose tag is `latest` or absent and that has no digest."""
    text = container.get("image")
    if not isinstance(text, str) or is_placeholder(text):
        return
    try:
        image = parse_image(text)
    except ImageError:
        return  # Another policy's fault: the image cannot be pulled at all.
    name = text.removesuffix(f":{image.tag}")
    if image.pulled_tag != "latest" or not ctx.assume.retagged.isdisjoint({name, image.name}):
        return
    how = "has the tag `latest`" if image.tag else "has no tag, so `latest` is pulled"
    yield container.fault(
        ("image",),
        f"image `{text}` of {container.called} {how}",
        help="nodes that pull on different days run different programs",
    )
