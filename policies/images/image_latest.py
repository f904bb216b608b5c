"""See image_latest.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policies.images._references import latest_image
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an image whose tag is `latest` or absent and that has no digest."""
    image = latest_image(container, ctx)
    if image is None:
        return
    how = "has the tag `latest`" if image.tag else "has no tag, so `latest` is pulled"
    yield container.fault(
        ("image",),
        f"image `{container.get('image')}` of {container.called} {how}",
        help="nodes that pull on different days run different programs",
    )
