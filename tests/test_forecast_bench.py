"""The status builder of bench/forecast against measured sizes, and the forecast against it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.forecast import compare
from bench.forecast.parts import ITEM, RETRY, TAKES, call, dag, leaf, sequence, spec
from bench.forecast.status import Run, node_id

NAME = "a-workflow-name-of-25-cha"


def fan_out(**more: Any) -> dict[str, Any]:
    loop = call("partition", arguments=ITEM, **sequence(2_000))
    return spec(dag(loop), leaf(inputs=TAKES, **more))


# Bytes per item of a DAG fan-out with archived logs and names of 25 characters, measured on status
# nodes in the shape of v4.1.
MEASURED = {
    "raw": (fan_out(), lambda run: run.raw, 947),
    "packed": (fan_out(), lambda run: run.packed, 114),
    "raw, retries": (fan_out(**RETRY), lambda run: run.raw, 1_873),
    "packed, retries": (fan_out(**RETRY), lambda run: run.packed, 160),
    "taskResultsCompletionStatus": (fan_out(), lambda run: run.completion, 45),
}


@pytest.mark.parametrize(("spec", "part", "expected"), MEASURED.values(), ids=MEASURED)
def test_the_builder_agrees_with_what_was_measured(spec: Any, part: Any, expected: int) -> None:
    assert len(part(Run(spec, NAME))) / 2_000 == pytest.approx(expected, rel=0.18)


def test_ids_are_the_hashes_of_names() -> None:
    # FNV-1a of the empty text is its offset basis, and that of "a" is published with it.
    assert [node_id("w", ""), node_id("w", "a")] == [f"w-{0x811C9DC5}", f"w-{0xE40C292C}"]


@pytest.fixture(scope="module")
def rows() -> list[compare.Row]:
    return list(compare.rows())


def test_every_node_is_forecast(rows: list[compare.Row]) -> None:
    assert {row.shape: row.nodes[0] for row in rows} == {row.shape: row.nodes[1] for row in rows}


def test_every_node_is_of_its_type(rows: list[compare.Row]) -> None:
    assert {row.shape: row.kinds[0] for row in rows} == {row.shape: row.kinds[1] for row in rows}


@pytest.mark.parametrize("what", ["raw", "packed", "completion"])
def test_bytes_are_forecast_within_a_quarter(rows: list[compare.Row], what: str) -> None:
    off = {row.shape: round(row.ratio(what), 2) for row in rows}

    assert len(off) >= 20
    assert {shape: ratio for shape, ratio in off.items() if not 0.75 <= ratio <= 1.25} == {}
