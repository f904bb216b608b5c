"""What `kguard serve` makes of a cluster: asked of the process."""

from __future__ import annotations

from pathlib import Path

import cluster_fake_api as fake
import pytest
from cluster_fake_api import FakeApi
from cluster_seen import eventually
from test_serve import serving
from webhook_process import FILES, Webhook, write_files

pytest.importorskip("kubernetes")

IN_CLUSTER = ("serve", "--kubeconfig", "kubeconfig", *FILES)


@pytest.fixture(autouse=True)
def directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach the API server through no proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


def test_a_pod_is_not_ready_before_the_cluster_is_read(api: FakeApi, tmp_path: Path) -> None:
    for path in fake.PATHS:
        api.refused[path] = (503, fake.status(503, "starting"))
    with (
        fake.serving(api) as address,
        serving(write_files(tmp_path, address), *IN_CLUSTER) as started,
    ):
        status, reasons = Webhook(started).get("/readyz")
    assert (status, reasons.partition(":")[0]) == (503, "not read from the cluster yet")


def test_the_configuration_of_argo_is_read_where_that_is_said(api: FakeApi, tmp_path: Path) -> None:
    path, words = "/api/v1/namespaces/flows/configmaps", ("--argo-configmap", "flows/mine")
    with (
        fake.serving(api) as address,
        serving(write_files(tmp_path, address), *IN_CLUSTER, *words) as started,
    ):
        started.line("serving")
        eventually(lambda: bool(api.asked(path, watch=False)), True)
    assert api.asked(path, watch=False)[0]["fieldSelector"] == "metadata.name=mine"
    assert not api.asked(fake.CONFIG_MAPS, watch=False)
