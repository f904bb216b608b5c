"""See image_digest.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policies.images._references import named_image
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an image that a tag alone names."""
    image = named_image(container, ctx)
    if image is not None and not image.digest:
        yield container.fault(
            ("image",),
            f"image `{container.get('image')}` of {container.called} has no digest",
            help="a tag can be pushed again; a digest names one image for ever",
        )
