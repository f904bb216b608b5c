"""Fixtures of the end-to-end tests, and their log: one line in words for each scenario."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from e2e_cluster import Cluster
from e2e_processes import Reaper
from e2e_tools import ControlPlane, Unavailable, control_plane

_sentences: dict[str, str] = {}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Know every scenario by the first line of its docstring."""
    function = getattr(item, "function", None)
    lines = (getattr(function, "__doc__", None) or item.name).strip().splitlines()
    parameters = getattr(item, "callspec", None)
    suffix = f" [{parameters.id}]" if parameters else ""
    _sentences[item.nodeid] = f"{lines[0].removesuffix('.')}{suffix}"


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """No letters: the lines below say more."""
    return (report.outcome, "", "") if report.when == "call" else None


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say how a scenario ended, as soon as it has."""
    if report.when == "call" or report.outcome != "passed":
        word = {"passed": "ok", "failed": "FAILED", "skipped": "not run"}[report.outcome]
        sentence = _sentences.get(report.nodeid, report.nodeid)
        print(f"{word:7} {report.duration:5.1f} s  {sentence}", flush=True)


@pytest.fixture(scope="session")
def programs() -> ControlPlane:
    """The programs of the control plane; without them nothing is run, and in CI that fails."""
    try:
        return control_plane()
    except Unavailable as error:
        message = f"the end-to-end tests were not run: {error}"
        if os.environ.get("CI") == "true":
            pytest.exit(message, 1)
        pytest.exit(message, 0)


@pytest.fixture(scope="session")
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture(scope="session")
def cluster(
    programs: ControlPlane, tmp_path_factory: pytest.TempPathFactory, reaper: Reaper
) -> Iterator[Cluster]:
    """A control plane for the whole run."""
    cluster = Cluster(programs, tmp_path_factory.mktemp("cluster"), reaper)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
