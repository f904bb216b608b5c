"""See argo_config_unknown_key.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig, Layout
from kguard.facts.argo.controller import argo_version, version_text
from kguard.facts.argo.keys import UnknownKey, knows_any, listed_versions, unknown_keys
from kguard.facts.argo.sections import unknown_in_sections
from kguard.model import Fault, Unknown, named_route
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each key on which the controller would exit."""
    version = argo_version(ctx.facts, config.resource)
    oldest, newest = listed_versions()
    if version and not oldest <= version <= newest:
        yield ctx.unknown(f"the settings of Argo {version_text(version)} are not listed")
        return
    # Other Helm values are the chart's, which passes on what it knows; its output is judged.
    values = config.layout is Layout.HELM
    unknown = [] if values else list(unknown_keys(config.sections, version))
    unknown += unknown_in_sections(config, version)
    if unknown and not knows_any(config.sections) and not any(key.meant for key in unknown):
        yield ctx.unknown("a ConfigMap of the controller's name has none of its settings")
        return
    for key in unknown:
        yield config.fault(key.keys, _message(config, key, version), help=_help(key), at_key=True)


def _message(config: ControllerConfig, key: UnknownKey, version: tuple[int, int] | None) -> str:
    of = f"Argo {version_text(version)}'s controller" if version else "the Argo controller"
    return f"`{named_route(config.sections, key.keys)}` is no setting of {of}, which exits on it"


def _help(key: UnknownKey) -> str:
    if key.since or key.until:
        return f"it came with {key.since}" if key.since else f"it went after {key.until}"
    if key.home:
        return f"it belongs into `{key.home}`"
    return f"did you mean `{key.meant}`?" if key.meant else ""
