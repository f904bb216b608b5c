"""What the policies on tags and digests share: the image a container names, if that can be told."""

from __future__ import annotations

from kguard.facts.openshift import image_is_triggered
from kguard.facts.pods import Container
from kguard.facts.quantities import is_placeholder
from kguard.policy.context import Context
from kguard.quantity.images import Image, ImageError, parse_image


def latest_image(container: Container, ctx: Context) -> Image | None:
    """The image that a container names, where `latest` is what is pulled; None as `named_image`."""
    image = named_image(container, ctx)
    return image if image and image.pulled_tag == "latest" else None


def named_image(container: Container, ctx: Context) -> Image | None:
    """The image that a container names as it is written.

    None for what is filled in later, for what is no reference (another policy's fault), and for
    images to which Kustomize or Skaffold give tag or digest, or OpenShift's image streams, or that
    Istio's injector names.
    """
    text = container.get("image")
    if not isinstance(text, str) or is_placeholder(text) or container.injected:
        return None
    try:
        image = parse_image(text)
    except ImageError:
        return None
    written = text.removesuffix(f":{image.tag}")
    if not ctx.assume.retagged.isdisjoint({written, image.name}):
        return None
    return None if image_is_triggered(container) else image
