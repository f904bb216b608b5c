"""What the webhook costs the writes of a real API server.

    python bench/webhook/apiserver.py [--writes 300]

Starts the control plane of the end-to-end tests (see tests/e2e) and one replica of the webhook in
mode warn, and creates and updates Deployments one after the other: without the webhook and with
it. Prints how long the writes took, and the API server's own mean of
apiserver_admission_webhook_admission_duration_seconds. Nobody else writes meanwhile.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "e2e")]

from e2e_cluster import Cluster  # noqa: E402
from e2e_kguard import Kguard  # noqa: E402
from e2e_processes import Reaper  # noqa: E402
from e2e_tools import control_plane, helm4  # noqa: E402

_METRIC = "apiserver_admission_webhook_admission_duration_seconds"
_ENTRY = "admission.kguard.dev"


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--writes", type=int, default=300)
    args = parser.parse_args()
    reaper = Reaper()
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(control_plane(), Path(folder), reaper)
        try:
            cluster.start()
            kguard = Kguard(cluster, helm4())
            without = _measure(cluster, "without", args.writes)
            kguard.install({"policies": {"webhook": {"mode": "warn"}}})
            replica = kguard.start_replica()
            kguard.wait_served()
            _past_the_forwarder(kguard, replica.backend.port)
            _measure(cluster, "warming", 30)
            with_webhook = _measure(cluster, "reviewed", args.writes)
            kguard.stop()
        finally:
            cluster.stop()
            reaper.close()
    print("\n| | create p50 ms | p99 | update p50 ms | p99 | API server's mean of the call, ms |")
    print("|---|---|---|---|---|---|")
    print(_row("without webhook", without))
    print(_row("kguard, mode warn", with_webhook))
    return 0


def _past_the_forwarder(kguard: Kguard, port: int) -> None:
    """Have the API server connect to the replica itself: the tests' forwarder is no kube-proxy."""
    entries = range(len(kguard.configuration()["webhooks"]))
    path = "/webhooks/{}/clientConfig/service/port"
    change = [{"op": "replace", "path": path.format(entry), "value": port} for entry in entries]
    kguard.cluster.client.patch(kguard.configuration(), change).ok()
    time.sleep(2)  # Until the API server has seen it.


def _measure(cluster: Cluster, name: str, writes: int) -> tuple[list[float], list[float], float]:
    """Seconds of each create, of each update, and the mean seconds of a call of the webhook."""
    namespace = f"bench-{name}"
    cluster.client.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    ).ok()
    calls = cluster.metric(f"{_METRIC}_count", name=_ENTRY)
    seconds = cluster.metric(f"{_METRIC}_sum", name=_ENTRY)
    created, updated = [], []
    for number in range(writes):
        data = _deployment(namespace, f"web-{number}")
        begin = time.perf_counter()
        stored = cluster.client.create(data).ok().body
        middle = time.perf_counter()
        changed: Any = copy.deepcopy(stored)
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/a:2"
        changed["metadata"].pop("resourceVersion", None)
        cluster.client.replace(changed).ok()
        created.append(middle - begin)
        updated.append(time.perf_counter() - middle)
    calls = cluster.metric(f"{_METRIC}_count", name=_ENTRY) - calls
    seconds = cluster.metric(f"{_METRIC}_sum", name=_ENTRY) - seconds
    return created, updated, seconds / calls if calls else 0.0


def _row(name: str, found: tuple[list[float], list[float], float]) -> str:
    cells = [name]
    for took in found[:2]:
        cuts = quantiles(took, n=100)
        cells += [f"{cuts[49] * 1e3:.1f}", f"{cuts[98] * 1e3:.1f}"]
    cells.append(f"{found[2] * 1e3:.2f}" if found[2] else "-")
    return f"| {' | '.join(cells)} |"


def _deployment(namespace: str, name: str) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": "registry.example.com/a:1",
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]},
            },
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
