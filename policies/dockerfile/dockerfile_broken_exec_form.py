"""See dockerfile_broken_exec_form.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.termination import BuiltImage
from kguard.model import Fault
from kguard.policy.context import Context


def check(dockerfile: BuiltImage, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a CMD or ENTRYPOINT that looks like a JSON array and is none."""
    image = dockerfile.image
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
