"""See argo_sidecar_work_ignored.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo_templates import Template
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.images import ImageError, parse_image


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each sidecar that runs the program of the template."""
    program = _repository(template.value(template.kind, "image")) if template.kind else None
    sidecars = template.get("sidecars")
    for number, sidecar in enumerate(sidecars if isinstance(sidecars, list) else ()):
        image = sidecar.get("image") if isinstance(sidecar, Mapping) else None
        if program is not None and _repository(image) == program:
            yield template.fault(
                ("sidecars", number, "image"),
                f"sidecar `{sidecar.get('name', '')}` of {template.called} runs the same image as "
                "the template",
                help="a sidecar that is killed (137, 143), for its memory say, counts as success",
            )


def _repository(image: Any) -> str | None:
    if not isinstance(image, str) or is_placeholder(image):
        return None
    try:
        return parse_image(image).name
    except ImageError:
        return None
