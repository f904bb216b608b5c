"""Whatever happens in whatever order, a ready pod is believed."""

from __future__ import annotations

import os

import pytest
from certs_simulation import World

# More for those who changed something: KGUARD_SIMULATIONS=300.
SEEDS = range(int(os.environ.get("KGUARD_SIMULATIONS", "3")))


@pytest.mark.parametrize("tamper", [False, True], ids=["undisturbed", "with somebody else"])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_ready_pod_is_believed_all_the_while(seed: int, tamper: bool) -> None:
    world = World(seed, tamper=tamper)
    world.run(1000)
    assert world.checks > 1000
    assert len(world.rotations) > 1
