"""Fixtures of the attack suite: servers that every attack has to leave in good health."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from kguard.cli import run
from kguard.quantity import parse_quantity

pytest.register_assert_rewrite("attack_server", "attack_wire")
sys.path.append(str(Path(__file__).parents[1] / "webhook"))

from attack_commands import SECONDS, Check  # noqa: E402
from attack_server import Server, serving  # noqa: E402
from attack_stalls import KINDS, TIMES, Stalls, start  # noqa: E402

VALUES = Path(__file__).parents[2] / "charts" / "kguard" / "values.yaml"


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
        assert server.memory("VmHWM") < memory_of_the_chart()


def memory_of_the_chart() -> float:
    """MiB that the chart gives a container."""
    resources = yaml.safe_load(VALUES.read_text("utf-8"))["resources"]
    return float(parse_quantity(resources["limits"]["memory"])) / 2**20


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


@pytest.fixture
def check_here(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Iterator[Check]:
    """A check without a process of its own, which takes most of the time; an alarm ends it."""

    def late(*_: object) -> None:
        raise TimeoutError(f"not done after {SECONDS} s")

    def run_here(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
        monkeypatch.chdir(root)
        code = run(["check", *words])
        out, err = capfdbinary.readouterr()
        assert b"Traceback" not in out + err
        assert b"bug in kguard" not in err, err
        return subprocess.CompletedProcess(words, code, out, err)

    for name in [name for name in os.environ if name.startswith(("KGUARD_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KGUARD_CACHE_DIR", str(tmp_path / ".cache"))
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    yield run_here
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
