"""What the configuration says about the rendering of Helm charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kguard.config.settings import HelmCharts
from kguard.model import dig

if TYPE_CHECKING:
    from kguard.config.build import Builder
    from kguard.config.layer import Layer
    from kguard.model import Route


def renders(builder: Builder, layers: Sequence[Layer], strong: Sequence[Layer]) -> bool:
    """Whether charts are rendered; values on the command line or in the environment ask for it."""
    asked = any(dig(layer.data, "helm", key) for layer in strong for key in ("values", "set"))
    return asked or builder.last(layers, "helm.render", False)


def charts(builder: Builder, layers: Sequence[Layer]) -> tuple[HelmCharts, ...]:
    """How charts are rendered: the entries for some charts, then what holds for all others."""
    values: tuple[tuple[str, ...], ...] = ()
    for layer in reversed(layers):
        if dig(layer.data, "helm", "values") is not None:
            values = _values_files(builder, layer, ("helm", "values"))
            break
    sets = builder.last(layers, "helm.set", ())
    found = []
    for layer in reversed(layers):
        entries = dig(layer.data, "helm", "charts")
        if entries is None:
            continue
        for number, entry in enumerate(entries):
            route = ("helm", "charts", number)
            path = builder.resolved(layer, (*route, "path"), entry["path"])
            own = _values_files(builder, layer, (*route, "values")) if "values" in entry else values
            found.append(
                HelmCharts(
                    (path,) if path is not None else (),
                    own,
                    (*entry.get("set", ()), *sets),
                    entry.get("release", ""),
                    entry.get("namespace", ""),
                    tuple(entry.get("api-versions", ())),
                )
            )
        break
    return (*found, HelmCharts(values=values, sets=tuple(sets)))


def _values_files(builder: Builder, layer: Layer, route: Route) -> tuple[tuple[str, ...], ...]:
    """The values files of each rendering, as absolute paths."""
    runs = []
    for number, entry in enumerate(dig(layer.data, *route, default=())):
        names = entry.split(",") if isinstance(entry, str) else entry
        paths = (builder.resolved(layer, (*route, number), name) for name in names if name)
        runs.append(tuple(path for path in paths if path is not None))
    return tuple(runs)
