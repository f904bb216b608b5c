"""See argo_config_wrong_type.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig, Layout
from kguard.facts.argo.sections import bad_defaults, wrong_in_sections
from kguard.facts.argo.settings import WrongSetting, bad_links, wrong_settings
from kguard.model import Fault, named_route
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each value on which the controller would exit."""
    # Other Helm values are the chart's, which passes on what it knows; its output is judged.
    own = [] if config.layout is Layout.HELM else list(wrong_settings(config))
    for wrong in (*own, *wrong_in_sections(config)):
        yield config.fault(
            wrong.keys,
            f"`{named_route(config.sections, wrong.keys)}` is {_kind(wrong)}, "
            f"where the Argo controller wants {wrong.wanted} and exits",
            help="take the quotes away" if wrong.quoted_number else "",
        )
    for bad in bad_defaults(config):
        message = f"{bad.problem}, and workflows without one of their own fail"
        yield config.fault(bad.keys, message, help=bad.help)
    for link in () if config.layout is Layout.HELM else bad_links(config):
        yield config.fault(
            link.keys,
            f"the URL of a link {link.cause}, on which the Argo controller exits",
            help="begin it with `https://`",
        )


def _kind(wrong: WrongSetting) -> str:
    if wrong.quoted_number:
        return "a number in quotes"
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(wrong.value), "a mapping")
