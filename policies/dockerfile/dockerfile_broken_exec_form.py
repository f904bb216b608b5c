"""See dockerfile_broken_exec_form.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.kube.images import built_image
from kguard.model import Fault, Scope
from kguard.policy.context import Context


def check(dockerfile: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a CMD or ENTRYPOINT that looks like a JSON array and is none."""
    image = built_image(dockerfile.resource)
    if image is None:
        return
    for keyword, form, route in (
        ("ENTRYPOINT", image.entrypoint_form, image.entrypoint_route),
        ("CMD", image.cmd_form, image.cmd_route),
    ):
        if form == "broken":
            yield dockerfile.fault(
                route,
                f"{keyword} is not a JSON array of strings, so a shell runs it as text",
                help="exec form takes double quotes and no comma behind the last word",
            )
