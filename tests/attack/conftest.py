"""Fixtures of the attack suite: servers that every attack has to leave in good health."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.register_assert_rewrite("attack_server", "attack_wire")
sys.path.append(str(Path(__file__).parents[1] / "webhook"))

from attack_server import Server, serving  # noqa: E402
from attack_stalls import KINDS, TIMES, Stalls, start  # noqa: E402

MEMORY = 256  # MiB: what the chart gives a container.


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server most attacks are aimed at.

    At the end it must have as many open files and threads as at the start, because nothing that an
    attack has begun goes on, and never have needed more memory than it is given.
    """
    with serving(tmp_path_factory.mktemp("server")) as server:
        before = server.settled()
        yield server
        server.must_answer()
        server.must_hold(before)
        assert server.memory("VmHWM") < MEMORY


@pytest.fixture(autouse=True)
def good_requests_are_answered(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each attack a good request is answered within a second, whatever became of it."""
    yield
    for name in ("server", "guarded"):
        if name in request.fixturenames:
            server = request.getfixturevalue(name)
            server.hang_up()
            server.must_answer()


@pytest.fixture(scope="session")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that stalled clients are connected to."""
    with serving(tmp_path_factory.mktemp("patient")) as server:
        yield server


@pytest.fixture(scope="session")
def stalls(patient: Server) -> Iterator[Stalls]:
    """Every kind of stalled client, on its way."""
    with ThreadPoolExecutor(TIMES * len(KINDS)) as pool:
        yield start(patient, pool)


@pytest.fixture(scope="session", autouse=True)
def stall_from_the_start(request: pytest.FixtureRequest) -> None:
    """Begin with the stalled clients before everything else, where a test asks for them."""
    if any("stalls" in item.fixturenames for item in request.session.items):
        request.getfixturevalue("stalls")
