"""The variables `KGUARD_*` of the environment: which are read, and which only look like it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kguard.config.options import VARIABLES
from kguard.words import closest

PREFIX = "KGUARD_"

OTHERS = tuple(
    PREFIX + name for name in ("CONFIG", "ISOLATED", "POLICIES", "CACHE_DIR", "HELM", "KUSTOMIZE")
)
"""What is read beside settings; the last two name programs."""

# What kguard's own tests read, and what pipelines call the kguard that they install.
_FOREIGN = frozenset(
    ("BUILD_TOOLS", "CORPUS", "FUZZ_EXAMPLES", "SIMULATIONS", "UPDATE_GOLDEN", "IMAGE", "VERSION")
)

# What Kubernetes and Docker set for a Service called kguard, or kguard-something
# (kubernetes pkg/kubelet/envvars/envvars.go).
_OF_SERVICE = (
    r"(?:\w+_)?(?:SERVICE_(?:HOST|PORT(?:_\w+)?)"
    r"|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)"
)
_ALIKE = 0.8
"""The least likeness (difflib's ratio) at which a variable's name is taken for a slip."""


def unread(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The variables that look like settings and are none, each with the one it is a slip for.

    That is empty where none is alike. Variables without a value, and those of others that have a
    reason for this name, are left alone.
    """
    given = [name for name, value in environment.items() if value and name.startswith(PREFIX)]
    known = {name.removeprefix(PREFIX) for name in (*VARIABLES, *OTHERS)}
    for name in sorted(given):
        rest = name.removeprefix(PREFIX)
        if rest and rest not in known | _FOREIGN and not re.fullmatch(_OF_SERVICE, rest):
            meant = closest(rest, sorted(known), cutoff=_ALIKE)
            yield name, PREFIX + meant[0] if meant else ""
