"""See argo_config_layout.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.argo.keys import knows_any
from kguard.model import Fault, Scope, dig, named_route
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for everything that keeps the controller from reading the ConfigMap."""
    resource = config.resource
    whole = Scope(resource, (), resource.data)
    # A ConfigMap of that name which another program reads has no settings of the controller.
    if config.beside and any(knows_any(part.sections) for part in config.parts):
        other = next(iter(config.beside.sections))
        yield whole.fault(
            ("data", "config"),
            f"`config` stands beside `{other}`, so the Argo controller exits",
            help="all settings go into `config`, or each into a key of its own",
        )
    for part in config.parts:
        yield from _unreadable(part, whole)


def _unreadable(config: ControllerConfig, whole: Scope) -> Iterator[Fault]:
    # A text that cannot be read shows no settings: the name has to do.
    if config.sections and not knows_any(config.sections):
        return
    for text in config.unparsed:
        if not isinstance(dig(config.resource.data, *text.route), str):
            continue  # The API server refuses the ConfigMap: string-field-not-string.
        yield whole.fault(
            text.route,
            f"the Argo controller cannot read this text and exits: {text.cause}",
            help="all settings are read together: none of them comes into force",
        )
    for repeated in config.repeated:
        yield whole.fault(
            repeated.route,
            f"`{named_route(config.sections, repeated.keys)}` is written twice, "
            "on which the Argo controller exits",
            help="keep one of the two",
        )
