"""What the policies on tags and digests share: the image a container names, if that can be told."""

from __future__ import annotations

from kguard.facts.openshift import image_is_triggered
from kguard.facts.pods import Container
from kguard.policy.context import Context
from kguard.quantity.images import Image, ImageError, parse_image


def latest_image(container: Container, ctx: Context) -> Image | None:
    """The image that a container names, where `latest` is what is pulled; None as `named_image`."""
    image = _written(container)
    latest = image is not None and image.pulled_tag == "latest"
    return image if latest and _stays(container, image, ctx) else None


def named_image(container: Container, ctx: Context) -> Image | None:
    """The image that a container names as it is written.

    None for what is filled in later, for what is no reference (another policy's fault), and for
    images to which Kustomize or Skaffold give tag or digest, or OpenShift's image streams, or that
    Istio's injector names.
    """
    image = _written(container)
    return image if _stays(container, image, ctx) else None


def _written(container: Container) -> Image | None:
    """The reference in a container; None where it cannot be read, as before it is filled in."""
    text = container.get("image")
    if not isinstance(text, str):
        return None
    try:
        return parse_image(text)
    except ImageError:
        return None


def _stays(container: Container, image: Image | None, ctx: Context) -> bool:
    """Whether there is an image that nothing changes before it is pulled."""
    if image is None or container.injected or image_is_triggered(container):
        return False
    written = container.data["image"].removesuffix(f":{image.tag}")
    return ctx.assume.retagged.isdisjoint({written, image.name})
