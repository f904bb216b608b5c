"""See argo_result_as_list.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kguard.facts.argo.templates import Call, calls_of, target_of
from kguard.model import Fault
from kguard.policy.context import Context

_RESULT = re.compile(r"\s*\{\{\s*(?:steps|tasks)\.([\w-]+)\.outputs\.result\s*\}\}\s*")
# The same in an expression, where the whole of it is read as JSON.
_READ = re.compile(
    r"(?:from[Jj][Ss][Oo][Nn]|jsonpath)\(\s*(?:steps|tasks)"
    r"(?:\.|\[[\"'])(\w[\w-]*)(?:[\"']\])?\.outputs\.result\b"
)

_PRINTS = ("container", "containerSet", "script")


def check(call: Call, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a loop over what a program has printed."""
    parameter = call.get("withParam")
    if not isinstance(parameter, str):
        return
    found = _RESULT.fullmatch(parameter)
    if found is None and parameter.lstrip().startswith("{{="):
        found = _READ.search(parameter)
    if found is None:
        return
    for source in calls_of(ctx.facts, call.template):
        if source.name != found[1] or source.loop is not None:
            continue  # The results of a loop are joined to a list by the controller itself.
        template = target_of(ctx.facts, source).template
        if template is None or template.kind in _PRINTS:
            yield call.fault(
                ("withParam",),
                f"{call.called} loops over what {source.called} prints, of which 256 KiB are kept",
                help="the front of a longer list is cut off; write it to a file and hand it over "
                "as an output parameter (`valueFrom.path`)",
            )
            return
