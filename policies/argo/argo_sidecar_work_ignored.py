"""See argo_sidecar_work_ignored.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.templates import Template
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context

# Images that hold tools for whatever a pod needs: two containers of them need not share the work.
_GENERAL = ("alpine", "bash", "busybox", "centos", "curl", "debian", "fedora", "ubuntu")


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each sidecar that runs the program of the template."""
    program = template.value(template.kind, "image")
    if not isinstance(program, str) or is_placeholder(program) or _general(program):
        return
    sidecars = template.get("sidecars")
    for number, sidecar in enumerate(sidecars if isinstance(sidecars, list) else ()):
        image = sidecar.get("image") if isinstance(sidecar, Mapping) else None
        if image == program:
            yield template.fault(
                ("sidecars", number, "image"),
                f"sidecar `{sidecar.get('name', '')}` of {template.called} runs the same image as "
                "the template",
                help="a sidecar that is killed (137, 143), for its memory say, counts as success",
            )


def _general(image: str) -> bool:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0] in _GENERAL
