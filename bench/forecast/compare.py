"""Compare the forecast with a status that is built node by node: ratios of bytes, forecast/built.

    python bench/forecast/compare.py

The builder is held against measured sizes by tests/test_forecast_bench.py.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.forecast.shapes import SHAPES
from bench.forecast.status import Run
from kguard.facts import Facts
from kguard.facts.forecast.forecast import Forecast, counter_of, forecast_of
from kguard.facts.forecast.kinds import nodes_by_kind
from kguard.index import Index
from kguard.model import Origin, Resource
from kguard.record import record

NAME = "nightly-report-of-sales-x7"


@record
class Row:
    """One shape: what was forecast, and what was built."""

    shape: str
    nodes: tuple[int, int]
    kinds: tuple[dict[str, int], dict[str, int]]
    raw: tuple[int, int]
    packed: tuple[int, int]
    completion: tuple[int, int]

    def ratio(self, what: str) -> float:
        """How much of what was built was forecast."""
        forecast, built = getattr(self, what)
        return float(forecast / built) if built else 1.0


def rows() -> Iterator[Row]:
    """Every shape, forecast and built."""
    for shape, (spec, items, worst) in SHAPES.items():
        run = Run(spec, NAME, items=items, worst=worst)
        forecast, kinds = predict(spec, items, worst)
        types = Counter(node["type"] for node in run.nodes.values())
        completion = len(run.completion) if run.attempts else 0
        yield Row(
            shape,
            (forecast.count.nodes, len(run.nodes)),
            (kinds, dict(sorted(types.items()))),
            (forecast.raw, len(run.raw)),
            (forecast.packed, len(run.packed)),
            (forecast.completion, completion),
        )


def predict(spec: dict[str, Any], items: int, worst: bool) -> tuple[Forecast, dict[str, int]]:
    """The forecast of a specification, and its nodes by type."""
    data = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": NAME},
        "spec": spec,
    }
    resource = Resource(
        data, Origin("bench.yaml"), "argoproj.io", "v1alpha1", "Workflow", name=NAME
    )
    facts = Facts(Index([resource]))
    workflow = facts.argo_workflow(resource)
    assert workflow is not None
    forecast = forecast_of(facts, workflow, items, worst=worst)
    assert forecast is not None
    counter = counter_of(facts, workflow, items, worst=worst)
    return forecast, dict(nodes_by_kind(counter))


def main() -> None:
    """Print the ratios, shape by shape, and their least and greatest."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    found = list(rows())
    print(f"{'shape':32}{'nodes':>8}{'raw KiB':>9}{'ratio':>7}{'packed KiB':>12}{'ratio':>7}")
    for row in found:
        same = "" if row.nodes[0] == row.nodes[1] else f"  nodes forecast: {row.nodes[0]}"
        print(
            f"{row.shape:32}{row.nodes[1]:8}{row.raw[1] / 1024:9.0f}{row.ratio('raw'):7.2f}"
            f"{row.packed[1] / 1024:12.1f}{row.ratio('packed'):7.2f}{same}"
        )
    for what in ("raw", "packed", "completion"):
        ratios = [row.ratio(what) for row in found]
        print(f"{what}: {min(ratios):.2f} to {max(ratios):.2f} over {len(ratios)} shapes")


if __name__ == "__main__":
    main()
