"""kguard in a test cluster: the objects of its chart, and replicas of `kguard serve` outside of it.

The Service is of type ExternalName to localhost, so the API server takes the way it always takes,
by `clientConfig.service`. Behind it stands a forwarder in place of kube-proxy. Replicas have the
chart's own arguments and nothing but the rights of the chart's service account, and find the API
server as pods do.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from e2e_client import Answer
from e2e_cluster import Cluster
from e2e_forwarder import Backend, Forwarder
from e2e_objects import Object
from e2e_processes import Process, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "kguard"
POD = Path(__file__).resolve().parent / "e2e_pod.py"
NAMESPACE = NAME = "kguard"

# What makes no sense without nodes is left out; test_chart.py has the API server judge it.
INSTALLED = {
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Role",
    "RoleBinding",
    "Secret",
    "ServiceAccount",
    "ValidatingWebhookConfiguration",
}


def render(helm: Path, values: Mapping[str, Any] | Path, *more: str, kube: str) -> list[Object]:
    """The objects of the chart as Helm renders them, hooks included."""
    given = str(values) if isinstance(values, Path) else "-"
    command = [
        str(helm),
        "template",
        NAME,
        str(CHART),
        "--namespace",
        NAMESPACE,
        "--kube-version",
        kube,
    ]
    done = subprocess.run(
        [*command, "--values", given, *more],
        input="" if isinstance(values, Path) else json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


class Replica:
    """One `kguard serve`."""

    def __init__(self, process: Process, backend: Backend) -> None:
        self.process, self.backend = process, backend

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and text of an address on the health port; status 0 where nobody answers."""
        port = self.backend.health_port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def wait_ready(self, seconds: float = 30) -> None:
        wait_until(self.ready, self.process.name, seconds=seconds, process=self.process)

    def metric(self, name: str, /, **labels: str) -> float:
        """The sum of a metric over all series with these labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            series, _, value = line.rpartition(" ")
            found = series.partition("{")[0] == name
            if found and all(f'{key}="{wanted}"' in series for key, wanted in labels.items()):
                total += float(value)
        return total

    def reviews(self, name: str = "") -> list[dict[str, Any]]:
        """The decision log: of objects of a name, where one is given."""
        lines = [line for line in self.process.output().splitlines() if line.startswith("{")]
        found = [event for event in map(json.loads, lines) if event.get("event") == "review"]
        return [event for event in found if not name or event.get("name") == name]

    def terminate(self) -> None:
        """What the kubelet sends when it wants a container to end."""
        self.process.signal(signal.SIGTERM)


class Kguard:
    """The installation: `replicas` are those that run, `folder` is the mounted ConfigMap."""

    def __init__(self, cluster: Cluster, helm: Path) -> None:
        self.cluster, self.helm = cluster, helm
        self.replicas: list[Replica] = []
        self.folder = cluster.folder / "policies"
        self.forwarder = Forwarder()
        self.arguments: list[str] = []
        self._started = self._synced = 0

    def install(self, values: Mapping[str, Any]) -> None:
        """Apply the chart's objects, with a Service that leads to the forwarder."""
        self.forwarder.start()
        client = self.cluster.client
        version = client.call("GET", "/version").ok().body["gitVersion"]
        client.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        ).ok()
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": NAME, "namespace": NAMESPACE},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        }
        client.apply(service).ok()
        for thing in render(self.helm, values, kube=version):
            if thing["kind"] == "Deployment":
                self.arguments = thing["spec"]["template"]["spec"]["containers"][0]["args"]
            if thing["kind"] not in INSTALLED or "helm.sh/hook" in _annotations(thing):
                continue
            for entry in thing.get("webhooks", ()):
                entry["clientConfig"]["service"]["port"] = self.forwarder.port
            client.apply(thing).ok()
        self.sync()

    def sync(self) -> None:
        """Bring the mounted ConfigMap up to date, as the kubelet does: one link is swapped.

        Source: kubernetes pkg/volume/util/atomic_writer.go.
        """
        found = self.cluster.client.get("ConfigMap", "kguard-policies", NAMESPACE).ok().body
        self._synced += 1
        version = self.folder / f"..2026_{self._synced}"
        version.mkdir(parents=True)
        for name, text in found["data"].items():
            (version / name).write_text(text, "utf-8")
            if not (link := self.folder / name).is_symlink():
                link.symlink_to(Path("..data") / name)
        (temporary := self.folder / "..data_tmp").symlink_to(version.name)
        temporary.replace(self.folder / "..data")

    def set_policies(self, **files: str) -> None:
        """Change files of the ConfigMap (`webhook` for webhook.yaml) and have them synced."""
        data = {f"{name}.yaml": text for name, text in files.items()}
        found = self.cluster.client.get("ConfigMap", "kguard-policies", NAMESPACE).ok().body
        self.cluster.client.patch(found, {"data": data}).ok()
        self.sync()

    def start_replica(self, *more: str, program: Path = POD) -> Replica:
        """Start a replica with the chart's arguments and `more`; it is not waited for."""
        self._started += 1
        name = f"kguard-{self._started}"
        backend = Backend(free_port(), free_port())
        token = self.cluster.service_account_token(NAME, NAMESPACE)
        process = self.cluster.run(
            name,
            sys.executable,
            program,
            *self.arguments,
            f"--policies={self.folder}",
            "--host=127.0.0.1",
            f"--port={backend.port}",
            "--health-host=127.0.0.1",
            f"--health-port={backend.health_port}",
            *more,
            PYTHONPATH=os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            POD_NAME=name,
            POD_UID=str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
            **self.cluster.pod_environment(name, token),
        )
        replica = Replica(process, backend)
        self.replicas.append(replica)
        self._expose()
        return replica

    def stop_replica(self, replica: Replica, *, kill: bool = False) -> None:
        """Take a replica away, at once or in order."""
        if kill:
            replica.process.kill()
        else:
            replica.process.stop(30)
        self.forget(replica)

    def forget(self, replica: Replica) -> None:
        """A replica ended: nobody asks after it any more."""
        self.replicas.remove(replica)
        self._expose()

    def wait_served(self) -> None:
        """Wait until all replicas, and no others, are ready and get connections."""
        for replica in self.replicas:
            replica.wait_ready()
        wanted = {replica.backend for replica in self.replicas}
        wait_until(lambda: set(self.forwarder.ready) == wanted, "the forwarder")

    def configuration(self) -> Object:
        """The ValidatingWebhookConfiguration as it is now."""
        kind, version = "ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1"
        found = self.cluster.client.get(kind, NAME, version=version).ok().body
        assert isinstance(found, dict)
        return found

    def configure(self, *changes: Object) -> None:
        """Change the ValidatingWebhookConfiguration by a JSON patch."""
        self.cluster.client.patch(self.configuration(), [*changes]).ok()

    def set_failure_policy(self, word: str) -> None:
        """Ignore or Fail, for the namespaced kinds."""
        self.configure({"op": "replace", "path": "/webhooks/0/failurePolicy", "value": word})

    def stop(self) -> None:
        """End all replicas and the forwarder."""
        for replica in [*self.replicas]:
            self.stop_replica(replica)
        self.forwarder.stop()

    def _expose(self) -> None:
        self.forwarder.set(*(replica.backend for replica in self.replicas))


def denial(answer: Answer) -> str:
    """What the webhook said, without what the API server puts in front; fails where it allowed."""
    assert answer.status == 403, answer
    head, _, said = answer.message.partition(" denied the request: ")
    assert head.startswith('admission webhook "'), answer.message
    return said


def _annotations(thing: Object) -> Mapping[str, str]:
    return thing["metadata"].get("annotations") or {}
