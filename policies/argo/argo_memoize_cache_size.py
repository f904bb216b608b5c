"""See argo_memoize_cache_size.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kguard.facts.argo.templates import Template
from kguard.model import Fault, dig
from kguard.policy.context import Context

_OF_ONE_RUN = re.compile(
    r"\{\{=?\s*(workflow\.(?:uid|name|creationTimestamp[\w.]*|duration)|pod\.name|node\.name)\s*\}\}"
)


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a cache whose ConfigMap grows until it is full."""
    memoize = template.get("memoize")
    if not isinstance(memoize, Mapping):
        return
    cache = dig(memoize, "cache", "configMap", "name")
    where = f"ConfigMap `{cache}`" if isinstance(cache, str) else "ConfigMap"
    key = memoize.get("key")
    own = _OF_ONE_RUN.search(key) if isinstance(key, str) else None
    if own is not None:
        yield template.fault(
            ("memoize", "key"),
            f"`{{{{{own[1]}}}}}` makes a new cache key in each run: the {where} only grows",
            help="nothing is found again, and entries are never deleted",
        )
        return
    outputs = template.get("outputs", "parameters")
    for number, item in enumerate(outputs if isinstance(outputs, list) else ()):
        if dig(item, "valueFrom", "path") is not None:
            yield template.fault(
                ("outputs", "parameters", number, "valueFrom", "path"),
                f"output `{dig(item, 'name')}` of a memoized template is a whole file, and the "
                f"{where} for all results may have 1 MiB",
                help="entries are never deleted, and a full ConfigMap fails the step",
            )
            return
