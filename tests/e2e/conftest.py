"""Fixtures of the end-to-end tests, and their log: one line in words for each scenario."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from e2e_cluster import Cluster
from e2e_kguard import Kguard, Replica
from e2e_objects import definitions
from e2e_policies import values
from e2e_processes import Reaper
from e2e_tools import ControlPlane, Unavailable, control_plane, helm4

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
        helm4()
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


@pytest.fixture(scope="session")
def installation(cluster: Cluster) -> Iterator[Kguard]:
    """The chart's objects in the cluster, and definitions of Argo and KEDA; nobody serves yet."""
    for definition in definitions():
        cluster.client.apply(definition).ok()
    kguard = Kguard(cluster, helm4())
    try:
        kguard.install(values())
        yield kguard
    finally:
        kguard.stop()


@pytest.fixture
def kguard(installation: Kguard) -> Kguard:
    """The installation with one replica that is ready, whatever was done to it before."""
    for replica in installation.replicas[1:]:
        installation.stop_replica(replica)
    if not installation.replicas or not installation.replicas[0].process.running():
        for replica in [*installation.replicas]:
            installation.forget(replica)
        installation.start_replica()
    installation.wait_served()
    return installation


@pytest.fixture
def replica(kguard: Kguard) -> Replica:
    """The one replica."""
    return kguard.replicas[0]


@pytest.fixture
def namespace(cluster: Cluster) -> Callable[..., str]:
    """Makes a namespace whose name begins with a word that stands for its mode (e2e_policies)."""

    def make(name: str, **labels: str) -> str:
        metadata = {"name": name, "labels": labels}
        cluster.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}).ok()
        return name

    return make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With a failure, show the ends of the logs and say where they are kept."""
    report = yield
    cluster = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and cluster:
        report.sections.append(("logs of the cluster", cluster.tails()))
    return report
