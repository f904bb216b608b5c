"""The stores against HTTP as the API server speaks it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from certs_world import handshake

from kguard.webhook.certificates.api import ApiBundles, ApiSecret
from kguard.webhook.certificates.self_issued import SelfIssued
from kguard.webhook.certificates.store import Conflict, Missing, StoreError
from kguard.webhook.front.tls import server_context

kubernetes = pytest.importorskip("kubernetes.client")

SECRET = "/api/v1/namespaces/ns/secrets/kguard-tls"
CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/kguard"


def metadata(name: str) -> dict[str, Any]:
    return {"name": name, "resourceVersion": "7", "labels": {"app": "kguard"}}


class Server(ThreadingHTTPServer):
    """Two objects by path, replaced and patched under their version."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, Any] = {
            SECRET: {"kind": "Secret", "metadata": metadata("kguard-tls"), "type": "Opaque"},
            CONFIGURATION: {
                "kind": "ValidatingWebhookConfiguration",
                "metadata": metadata("kguard"),
                "webhooks": [
                    {"name": "a", "clientConfig": {"service": {"name": "kguard"}}},
                    {"name": "b", "clientConfig": {"caBundle": "Cg=="}},
                ],
            },
        }
        self.answer: tuple[int, bytes] | None = None
        self.sent: list[tuple[str, str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        found = self.server.objects.get(self.path)
        self.reply(200 if found else 404, found or {"message": "not found"})

    def do_PUT(self) -> None:
        body = self.body()
        found = self.server.objects.get(self.path)
        if found is None:
            return self.reply(404, {"message": "not found"})
        if body["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            return self.reply(409, {"message": "the object has been modified"})
        self.server.objects[self.path] = self.next(body)
        self.reply(200, self.server.objects[self.path])

    def do_PATCH(self) -> None:
        found = json.loads(json.dumps(self.server.objects.get(self.path)))
        for each in self.body():
            *path, last = each["path"].strip("/").split("/")
            target = found
            for part in path:
                target = target[int(part) if part.isdigit() else part]
            if each["op"] == "test":
                if target[last] != each["value"]:
                    return self.reply(422, {"message": "testing value failed: test failed"})
            else:
                assert each["op"] == "add"
                target[last] = each["value"]
        self.server.objects[self.path] = self.next(found)
        self.reply(200, self.server.objects[self.path])

    def next(self, found: Any) -> Any:
        version = str(int(found["metadata"]["resourceVersion"]) + 1)
        return {**found, "metadata": {**found["metadata"], "resourceVersion": version}}

    def body(self) -> Any:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sent.append((self.command, self.headers["Content-Type"], body))
        return body

    def reply(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        if self.server.answer:
            status, text = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    configuration = kubernetes.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    configuration.retries = False
    with kubernetes.ApiClient(configuration) as client:
        yield client


def test_a_secret_is_replaced_as_it_was_read(server: Server, client: Any) -> None:
    store = ApiSecret(client, "ns", "kguard-tls")
    stored = store.read()
    assert (stored.data, stored.version) == ({}, "7")
    written = store.write(stored, {"ca.crt": b"\x00\xff"})
    assert (written.data, written.version) == ({"ca.crt": b"\x00\xff"}, "8")
    assert server.objects[SECRET] == {
        "kind": "Secret",
        "metadata": {**metadata("kguard-tls"), "resourceVersion": "8"},
        "type": "Opaque",
        "data": {"ca.crt": "AP8="},
    }
    with pytest.raises(Conflict):
        store.write(stored, {})


def test_all_bundles_are_patched_under_the_version_that_was_read(
    server: Server, client: Any
) -> None:
    store = ApiBundles(client, "kguard")
    bundles = store.read()
    assert (bundles.entries, bundles.version) == ((b"", b"\n"), "7")
    written = store.write(bundles, b"pem")
    assert (written.entries, written.version) == ((b"pem", b"pem"), "8")
    encoded = base64.b64encode(b"pem").decode()
    assert server.sent == [
        (
            "PATCH",
            "application/json-patch+json",
            [
                {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
                {"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": encoded},
                {"op": "add", "path": "/webhooks/1/clientConfig/caBundle", "value": encoded},
            ],
        )
    ]
    assert server.objects[CONFIGURATION]["webhooks"][0]["name"] == "a"
    with pytest.raises(Conflict):
        store.write(bundles, b"pem")


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777.0),
        ("Sun, 06 Nov 1994 08:49:37 +0100", 784_108_177.0),
        ("yesterday", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999 08:49:37 GMT", None),
        ("", None),
    ],
)
def test_the_time_of_an_answer_is_the_api_servers(
    client: Any, monkeypatch: pytest.MonkeyPatch, date: str, time: float | None
) -> None:
    monkeypatch.setattr(Handler, "date_time_string", lambda handler: date)
    assert ApiSecret(client, "ns", "kguard-tls").read().date == time
    assert ApiBundles(client, "kguard").read().date == time


def test_a_pod_of_another_time_than_the_api_server_says_so(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "date_time_string", lambda _: "Sun, 06 Nov 1994 08:49:37 GMT")
    pod = SelfIssued(
        service="kguard",
        namespace="kguard",
        secret=ApiSecret(client, "ns", "kguard-tls"),
        bundles=ApiBundles(client, "kguard"),
        make_context=server_context,
        say=lambda line: None,
    )
    pod.step()
    assert "no certificate yet" in pod.problems()
    assert any("days ahead of the API server's" in each for each in pod.problems())
    assert ApiSecret(client, "ns", "kguard-tls").read().data == {}


def test_what_does_not_exist(server: Server, client: Any) -> None:
    server.objects.clear()
    with pytest.raises(Missing, match=r"^Secret `ns/kguard-tls` does not exist$"):
        ApiSecret(client, "ns", "kguard-tls").read()
    with pytest.raises(Missing, match=r"^ValidatingWebhookConfiguration `kguard` does not exist$"):
        ApiBundles(client, "kguard").read()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, b'{"message": "secrets is forbidden"}', "403 secrets is forbidden"),
        (500, b"oh", "500"),
        (200, b"not JSON", "no JSON"),
        (200, b"[]", "no "),
        (200, b'{"metadata": {}}', "no "),
        (200, b'{"metadata": {"resourceVersion": "1"}, "data": 5, "webhooks": 5}', "no "),
        (200, b'{"metadata": {"resourceVersion": "1"}, "data": [1], "webhooks": [1]}', "no "),
    ],
)
def test_other_answers_are_store_errors(
    server: Server, client: Any, status: int, body: bytes, said: str
) -> None:
    server.answer = (status, body)
    for store in (ApiSecret(client, "ns", "kguard-tls"), ApiBundles(client, "kguard")):
        with pytest.raises(StoreError, match=said):
            store.read()


def test_nobody_answers(server: Server, client: Any) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(StoreError, match="GET"):
        ApiSecret(client, "ns", "kguard-tls").read()


def test_names_stay_in_their_place_of_the_path(server: Server, client: Any) -> None:
    with pytest.raises(Missing):
        ApiSecret(client, "ns", "../secrets/kguard-tls").read()


def test_a_pod_gets_ready_by_it(server: Server, client: Any) -> None:
    said: list[str] = []
    pods = [
        SelfIssued(
            service="kguard",
            namespace="kguard",
            secret=ApiSecret(client, "ns", "kguard-tls"),
            bundles=ApiBundles(client, "kguard"),
            make_context=server_context,
            say=said.append,
        )
        for _ in range(2)
    ]
    for pod in pods:
        pod.step()
    bundles = ApiBundles(client, "kguard").read().entries
    assert [pod.problems() for pod in pods] == [[], []]
    assert {handshake(pod.context(), bundle) for pod in pods for bundle in bundles} == {"ok"}
    assert [line.split(",")[0] for line in said] == [
        "CA written to the Secret",
        "`caBundle` written: 1 CA certificates",
        "certificate issued",
        "certificate issued",
    ]
