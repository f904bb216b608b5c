"""A real control plane on the loopback interface, in a folder of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from e2e_client import Client, Connections
from e2e_pki import Authority, Pair, trusting, write_key
from e2e_processes import Process, Reaper, free_port, wait_until
from e2e_tools import ControlPlane

ISSUER = "https://kubernetes.default.svc"
STARTS = 3  # A port that was free may be taken before it is used.

# Who did what and what admission noted on it; status updates by the control plane are noise.
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "verbs": ["create", "update", "patch"]}],
}


class Cluster:
    """etcd and a kube-apiserver, and their administrator's `client`.

    `arguments` are further ones of the API server.
    """

    def __init__(
        self, programs: ControlPlane, folder: Path, reaper: Reaper, *arguments: str
    ) -> None:
        self.programs, self.folder, self.reaper = programs, folder, reaper
        self._arguments = arguments
        self.authority = Authority(folder)
        self._service_account_keys()
        self._server = self.authority.issue(
            "apiserver", "kube-apiserver", hosts=["127.0.0.1", "localhost", "kubernetes"]
        )
        self._proxy = self.authority.issue("front-proxy", "front-proxy")
        self.admin = self.authority.issue("admin", "admin", ["system:masters"])
        self.audit_log = folder / "audit.log"
        (folder / "audit.yaml").write_text(json.dumps(AUDIT_POLICY))
        self.etcd: Process | None = None
        self.apiserver: Process | None = None
        self._others: list[Process] = []
        self._connections: list[Connections] = []

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start etcd and the API server; raises AssertionError where they do not become ready."""
        for attempt in range(1, STARTS + 1):
            try:
                self._start_etcd()
                self._port = free_port()
                self.client = self.client_of(self.admin)
                self._start_apiserver()
            except AssertionError as error:
                self.stop()
                if attempt == STARTS or "address already in use" not in str(error):
                    raise
            else:
                return

    def stop(self) -> None:
        """Stop every process that was started here."""
        for connections in self._connections:
            connections.close()
        for process in [*self._others, self.apiserver, self.etcd]:
            if process:
                process.stop()

    def restart_apiserver(self) -> None:
        """Stop the API server and start it anew on the same port and data."""
        assert self.apiserver
        self.apiserver.stop(3)  # Open watches would hold it up for a minute.
        self._start_apiserver()

    def start_controllers(self, *names: str) -> Process:
        """Start the kube-controller-manager with some of its controllers, as they are in life."""
        process = self.run(
            "kube-controller-manager",
            self.programs.controller_manager,
            f"--kubeconfig={self.kubeconfig('kube-controller-manager', self.admin)}",
            f"--controllers={','.join(names)}",
            "--use-service-account-credentials",
            f"--service-account-private-key-file={self.folder / 'sa.key'}",
            f"--root-ca-file={self.authority.certificate}",
            "--leader-elect=false",
            "--secure-port=0",
        )
        return process

    def run(
        self, name: str, program: str | Path, *words: str | Path, **environment: str
    ) -> Process:
        """Start a program that is stopped with the cluster at the latest."""
        process = Process(name, [program, *words], self.folder, self.reaper, environment)
        self._others.append(process)
        return process

    def client_of(self, pair: Pair) -> Client:
        """A client that shows a certificate."""
        tls = trusting(self.authority.certificate.read_text())
        tls.load_cert_chain(pair.certificate, pair.key)
        connections = Connections(self.url, tls)
        self._connections.append(connections)
        return Client(connections)

    def user(self, name: str, *groups: str) -> Client:
        """A client of a user, known by a certificate of the cluster's CA."""
        return self.client_of(self.authority.issue(f"user-{name}".replace(":", "-"), name, groups))

    def service_account_token(self, name: str, namespace: str) -> str:
        """A token of a service account, issued by the API server."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        return str(self.client.call("POST", path, request).ok().body["status"]["token"])

    def kubeconfig(self, name: str, credentials: Pair | str) -> Path:
        """A kubeconfig file for a certificate or a bearer token."""
        user: dict[str, str]
        if isinstance(credentials, str):
            user = {"token": credentials}
        else:
            user = {
                "client-certificate": str(credentials.certificate),
                "client-key": str(credentials.key),
            }
        cluster = {"server": self.url, "certificate-authority": str(self.authority.certificate)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "e2e", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": name}}],
            "current-context": "e2e",
        }
        path = self.folder / f"{name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(document))
        return path

    def pod_environment(self, name: str, token: str) -> dict[str, str]:
        """What a pod finds of the cluster, with the folder of its service account in a variable."""
        folder = self.folder / f"{name}-service-account"
        folder.mkdir()
        (folder / "token").write_text(token)
        (folder / "ca.crt").write_bytes(self.authority.certificate.read_bytes())
        return {
            "E2E_SERVICE_ACCOUNT": str(folder),
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(self._port),
        }

    def kubectl(self, *words: str, stdin: Any = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl as the administrator; an object on standard input is written as JSON."""
        config = self.kubeconfig("kubectl", self.admin)
        command = [str(self.programs.kubectl), f"--kubeconfig={config}", *words]
        text = "" if stdin is None else json.dumps(stdin)
        return subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=60, check=False
        )

    def metric(self, name: str, /, **labels: str) -> float:
        """The sum of a metric of the API server over all series with these labels."""
        total = 0.0
        for line in str(self.client.call("GET", "/metrics").ok().body).splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name and all(
                f'{key}="{wanted}"' in series for key, wanted in labels.items()
            ):
                total += float(value)
        return total

    def audit(self, name: str) -> list[dict[str, Any]]:
        """The audit events of objects of a name, in order; waits for the first."""

        def found() -> list[dict[str, Any]]:
            lines = self.audit_log.read_text().split("\n")[:-1]  # The last may be half a line.
            events = [json.loads(line) for line in lines]
            return [event for event in events if event.get("objectRef", {}).get("name") == name]

        wait_until(found, f"an audit event of {name}")
        return found()

    def ready(self) -> bool:
        """Whether the API server says that it is."""
        try:
            return self.client.call("GET", "/readyz", timeout=2).status == 200
        except OSError:
            return False

    def tails(self) -> str:
        """The ends of all logs."""
        processes = [self.etcd, self.apiserver, *self._others]
        return "\n".join(process.tail() for process in processes if process)

    def _start_etcd(self) -> None:
        clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._etcd_url = clients
        command: Sequence[str | Path] = [
            self.programs.etcd,
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",
        ]
        self.etcd = Process("etcd", command, self.folder, self.reaper)

    def _start_apiserver(self) -> None:
        command: Sequence[str | Path] = [
            self.programs.apiserver,
            f"--etcd-servers={self._etcd_url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={self._port}",
            f"--tls-cert-file={self._server.certificate}",
            f"--tls-private-key-file={self._server.key}",
            f"--client-ca-file={self.authority.certificate}",
            f"--requestheader-client-ca-file={self.authority.certificate}",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            f"--proxy-client-cert-file={self._proxy.certificate}",
            f"--proxy-client-key-file={self._proxy.key}",
            "--authorization-mode=RBAC",
            # No controller makes the service account `default` that this would give to Pods.
            "--disable-admission-plugins=ServiceAccount",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-signing-key-file={self.folder / 'sa.key'}",
            f"--service-account-key-file={self.folder / 'sa.pub'}",
            "--service-cluster-ip-range=10.0.0.0/24",
            f"--audit-policy-file={self.folder / 'audit.yaml'}",
            f"--audit-log-path={self.audit_log}",
            "--audit-log-mode=blocking-strict",
            *self._arguments,
        ]
        self.apiserver = Process("kube-apiserver", command, self.folder, self.reaper)
        wait_until(self.ready, "kube-apiserver", seconds=90, every=0.1, process=self.apiserver)

    def _service_account_keys(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        write_key(self.folder / "sa.key", key)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (self.folder / "sa.pub").write_bytes(public)
