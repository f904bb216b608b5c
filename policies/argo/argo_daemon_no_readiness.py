"""See argo_daemon_no_readiness.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Template
from kguard.model import Fault
from kguard.policy.context import Context

_KINDS = ("container", "script")


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a daemon of which nobody can tell when it is ready."""
    if template.value("daemon") is not True or template.kind not in _KINDS:
        return
    if template.value(template.kind, "readinessProbe") is None:
        yield template.fault(
            (template.kind, "readinessProbe"),
            f"daemon {template.called} has no `readinessProbe`",
            help="the next steps start as soon as its container does, before it can answer",
        )
