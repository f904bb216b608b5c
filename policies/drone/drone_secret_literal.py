"""See drone_secret_literal.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kguard.facts.drone import Pipeline, Step
from kguard.model import Fault
from kguard.policy.context import Context

_NAME = re.compile(
    r"(?i)(?:^|[_.-])(?:password|passwd|passphrase|secret|token|credentials?"
    r"|(?:api|access|secret|private|signing|encryption)[_-]?key)$"
)
_TOKEN = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|github_pat_[A-Za-z0-9_]{40,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{20,}|npm_[A-Za-z0-9]{36}"
    r"|sk_live_[A-Za-z0-9]{20,}|AIza[\w-]{35})\b|hooks\.slack\.com/services/T\w+/B\w+/\w{20,}"
)
# What is filled in later, is no secret, or is none that anybody would keep.
_NO_SECRET = re.compile(
    r"(?i)\$|\{\{|<.*>|^(?:\.{0,2}/|https?:)|\s|example|dummy|test|fake|sample|change|placeholder"
    r"|password|secret|admin|local|default|your|xxx|123456|0000"
)


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each literal that looks like a secret, without showing it."""
    services = {
        str(value)
        for step in pipeline.steps
        if step.role == "service"
        for _, _, value in _literals(step)
    }
    pipeline_wide = Step(pipeline.resource, (), pipeline.data, pipeline.called, "pipeline")
    for step in (pipeline_wide, *(s for s in pipeline.steps if s.role == "step")):
        for section, name, value in _literals(step):
            if value not in services and _looks_secret(name, value):
                # At the section, so that reports do not show the value's line.
                yield step.fault(
                    (section,),
                    f"`{name}` in `{section}` of {step.called} looks like a secret written out",
                    help="revoke it, and refer to a secret with `from_secret`",
                )


def _literals(step: Step) -> Iterator[tuple[str, str, str]]:
    for section in ("environment", "settings"):
        values = step.get(section)
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if isinstance(value, str):
                yield section, name, value


def _looks_secret(name: str, value: str) -> bool:
    if _TOKEN.search(value) and "EXAMPLE" not in value:
        return True
    if not _NAME.search(name) or len(value) < 8 or _NO_SECRET.search(value):
        return False
    return bool(re.search("[0-9]", value) and re.search("[A-Za-z]", value))
