"""See image_reference_invalid.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kguard.facts.openshift import image_is_triggered
from kguard.facts.pods import Container, Role
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.images import ImageError, parse_image

# Characters that no reference has and that tools for templates use.
_TEMPLATE = re.compile(r"[$%#<>(){}\[\]*|]|@@|^ko://")
# A part that is all capitals is a word to be replaced: `REGISTRY/web:TAG`, `CHANGE_ME`.
_CAPITALS = re.compile(r"(?:^|[/:@ ])_*[A-Z][A-Z0-9_-]*(?=$|[/:@ ])")


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an `image` that no runtime can pull."""
    text, resource = container.get("image"), container.resource
    if image_is_triggered(container):
        return
    if text is None:
        # A patch leaves the image out, so only what is known to be all there is can lack one; an
        # Argo template may get it from templateDefaults.
        if ctx.facts.pod(resource) is not None and ctx.index.is_complete(resource):
            # The file may show one: a patch of kustomize can replace the whole list of containers.
            rendered = " once rendered" if resource.origin.rendered else ""
            yield container.fault(
                ("image",),
                f"{container.called} has no image{rendered}",
                help="the API server refuses it",
            )
        return
    if not isinstance(text, str):
        return
    try:
        parse_image(text)
    except ImageError as error:
        if is_placeholder(text) or _filled_in(text):
            return
        wrong = f"cannot be pulled: {error}" if text.strip() else "is empty"
        if not text:
            help = "the API server refuses it"
        elif text != text.strip():
            help = "the API server refuses the pod"  # It takes a template with such an image.
        else:
            waits = "container" if container.role is Role.EPHEMERAL else "pod"
            help = f"the {waits} waits for ever with InvalidImageName"
        yield container.fault(("image",), f"image of {container.called} {wrong}", help=help)


def _filled_in(text: str) -> bool:
    """Whether a tool replaces the text, or part of it, before Kubernetes reads it."""
    return bool(_TEMPLATE.search(text) or _CAPITALS.search(text))
