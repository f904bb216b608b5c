"""`kguard export static` on an API server that loads its configuration from the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from e2e_cluster import Cluster
from e2e_kguard import ROOT
from e2e_objects import FAULT, deployment
from e2e_processes import Reaper, free_port, wait_until
from e2e_tools import ControlPlane

GATE = "--feature-gates=ManifestBasedAdmissionControlConfig=true"
"""Alpha in Kubernetes 1.36."""


def test_static(
    programs: ControlPlane, tmp_path_factory: pytest.TempPathFactory, reaper: Reaper
) -> None:
    """A configuration on the API server's disk refuses, and is no object that could be deleted."""
    folder = tmp_path_factory.mktemp("static")
    manifests, admission = folder / "manifests", folder / "admission.json"
    manifests.mkdir()
    configuration = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "WebhookAdmissionConfiguration",
        "staticManifestsDir": str(manifests),
    }
    plugin = {"name": "ValidatingAdmissionWebhook", "configuration": configuration}
    kind = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration"}
    admission.write_text(json.dumps({**kind, "plugins": [plugin]}))
    file = f"--admission-control-config-file={admission}"
    cluster = Cluster(programs, folder, reaper, GATE, file)
    port, health = free_port(), free_port()
    pair = cluster.authority.issue("webhook", "webhook", hosts=["127.0.0.1"])
    path = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    words = (f"--url=https://127.0.0.1:{port}", f"--ca={cluster.authority.certificate}")
    printed = subprocess.run(
        [sys.executable, "-m", "kguard", "export", "static", *words, "--failure-policy=Fail"],
        env={**os.environ, **path},
        capture_output=True,
        check=True,
    )
    (manifests / "kguard.yaml").write_bytes(printed.stdout)
    try:
        cluster.start()
        outage = cluster.client.create(deployment("default", "early"), dry_run=True)
        assert 'failed calling webhook "admission.kguard.dev"' in outage.message
        kguard = cluster.run(
            "kguard-static",
            *(sys.executable, "-m", "kguard", "serve", "--no-cluster", "--mode=enforce"),
            *(f"--tls-cert={pair.certificate}", f"--tls-key={pair.key}"),
            *("--host=127.0.0.1", f"--port={port}"),
            *("--health-host=127.0.0.1", f"--health-port={health}"),
            **path,
        )

        def answered() -> bool:
            return cluster.client.create(deployment("default", "web"), dry_run=True).status < 300

        wait_until(answered, "reviews", seconds=30, process=kguard)
        refused = cluster.client.create(deployment("default", "web", FAULT), dry_run=True)
        assert refused.message.startswith('admission webhook "admission.kguard.dev" denied')
        version = "admissionregistration.k8s.io/v1"
        everything = f"/apis/{version}/validatingwebhookconfigurations"
        assert cluster.client.call("GET", everything).ok().body["items"] == []
    finally:
        cluster.stop()
