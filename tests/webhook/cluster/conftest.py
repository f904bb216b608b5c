"""A fake API server, a client for it, and a cluster that is stopped after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cluster_fake_api import FakeApi, serving

from kguard.webhook.cluster.client import api_client
from kguard.webhook.cluster.cluster import Cluster
from kguard.webhook.cluster.pace import Pace

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "%s"}}]
users: [{name: me, user: {token: letmein}}]
contexts: [{name: it, context: {cluster: it, user: me}}]
current-context: it
"""
QUICK = Pace(first=0.02, most=0.05, absent=0.05, fold=0.01, read=5.0)


def client_for(address: str, folder: Path) -> Any:
    """A client with the token `letmein` for an API server."""
    (folder / "kubeconfig").write_text(KUBECONFIG % address, encoding="utf-8")
    return api_client(str(folder / "kubeconfig"))


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def client(api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    pytest.importorskip("kubernetes")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    with serving(api) as address, client_for(address, tmp_path) as client:
        yield client


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client for an address where nothing listens."""
    pytest.importorskip("kubernetes")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    with client_for("http://127.0.0.1:1", tmp_path) as client:
        yield client


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def begun(client: Any, said: list[str]) -> Iterator[Callable[..., Cluster]]:
    """Starts a cluster over the fake API."""
    with ExitStack() as stack:

        def begin(pace: Pace = QUICK, **options: Any) -> Cluster:
            cluster = Cluster(client, pace=pace, say=said.append, **options)
            cluster.start()
            stack.callback(cluster.stop)
            return cluster

        yield begin
