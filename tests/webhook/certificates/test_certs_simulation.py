"""Whatever happens in whatever order, a ready pod is believed."""

from __future__ import annotations

import os

import pytest
from certs_simulation import DAY, HOUR, World

# More for those who changed something: KGUARD_SIMULATIONS=300.
SEEDS = range(int(os.environ.get("KGUARD_SIMULATIONS", "3")))


@pytest.mark.parametrize("tamper", [False, True], ids=["undisturbed", "with somebody else"])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_ready_pod_is_believed_all_the_while(seed: int, tamper: bool) -> None:
    world = World(seed, tamper=tamper)
    world.run(1000)
    assert world.checks > 1000
    assert len(world.rotations) > 1


CLOCKS = {
    "one fast": (250 * DAY, 0, 0),
    "one slow": (-250 * DAY, 0, 0),
    "one a little fast": (2 * HOUR, 0, 0),
    "one fast and one slow": (30 * DAY, -30 * DAY, 0),
    "all within an hour": (HOUR / 2, -HOUR / 2, 0),
}


@pytest.mark.parametrize("sets", [False, True], ids=["from the start", "set now and then"])
@pytest.mark.parametrize("tamper", [False, True], ids=["undisturbed", "with somebody else"])
@pytest.mark.parametrize("skews", CLOCKS.values(), ids=list(CLOCKS))
@pytest.mark.parametrize("seed", SEEDS[: max(1, len(SEEDS) // 3)])
def test_a_wrong_clock_harms_nobody(
    seed: int, skews: tuple[float, ...], tamper: bool, sets: bool
) -> None:
    world = World(seed, tamper=tamper, skews=skews, sets=sets)
    world.run(600)
    assert world.checks > 600
    assert len(world.rotations) < 10, "nobody replaces what another has made"
