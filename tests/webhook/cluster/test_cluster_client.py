"""How the API server is reached, and what is said when it is not."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import cluster_fake_api as fake
import pytest
from cluster_fake_api import FakeApi, made, serving

from kguard.webhook.cluster.client import ClusterError, TooLarge, api_client, call

PATH = fake.BUDGETS


def test_an_answer(api: FakeApi, client: Any) -> None:
    api.put(PATH, made("b", "shop"))
    found = call(client, "GET", PATH, [("limit", 5), ("labelSelector", "a=b, c")])
    assert [each["metadata"]["name"] for each in found["items"]] == ["b"]
    assert api.requests == [(PATH, {"limit": "5", "labelSelector": "a=b, c"})]
    assert api.headers[0]["User-Agent"] == "kguard"


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (403, fake.status(403, "user x cannot\nlist y"), "403 user x cannot list y"),
        (404, b"404 page not found", "404 Not Found"),
        (409, fake.status(409, "the object has been modified"), "409 the object has been modified"),
        (500, b"", "500 Internal Server Error"),
        (503, b"[]", "503 Service Unavailable"),
        (503, b"[" * 10_000, "503 Service Unavailable"),
        (500, fake.status(500, "x" * 5000), f"500 {'x' * 300}"),
        (301, b"", "301 Moved Permanently"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_refusal(api: FakeApi, client: Any, code: int, body: bytes, expected: str) -> None:
    api.refused[PATH] = (code, body)
    with pytest.raises(ClusterError) as caught:
        call(client, "GET", PATH)
    assert (str(caught.value), caught.value.status) == (f"GET {PATH}: {expected}", code)


def test_how_long_to_wait_is_told(api: FakeApi, client: Any) -> None:
    for given, expected in (("7", 7.0), ("100000", 60.0), ("-1", 0.0), ("Fri, 1 Jan", 0.0)):
        api.retry_after = given
        api.refused[PATH] = (429, b"")
        with pytest.raises(ClusterError) as caught:
            call(client, "GET", PATH)
        assert caught.value.retry_after == expected


@pytest.mark.parametrize("answer", [b"<html>", b"", b'{"a": "\xff"}'], ids=repr)
def test_an_answer_that_is_no_json(api: FakeApi, client: Any, answer: bytes) -> None:
    api.answers[PATH] = [answer]
    with pytest.raises(ClusterError, match=f"GET {PATH}: the answer is no JSON") as caught:
        call(client, "GET", PATH)
    assert caught.value.status == 0


def test_an_answer_that_is_too_large(api: FakeApi, client: Any) -> None:
    api.answers[PATH] = [b'"' + b"x" * 1_000_000 + b'"']
    with pytest.raises(TooLarge, match="the answer has more than 1000 bytes"):
        call(client, "GET", PATH, limit=1000)


def test_a_server_that_says_nothing(api: FakeApi, client: Any) -> None:
    api.silent.set()
    with pytest.raises(ClusterError, match=f"GET {PATH}: no answer in time"):
        call(client, "GET", PATH, read=0.1)


def test_nobody_there(nobody: Any) -> None:
    with pytest.raises(ClusterError) as caught:
        call(nobody, "GET", "/version")
    error = caught.value
    assert (str(error), error.cause) == ("GET /version: Connection refused", "Connection refused")


KUBECONFIGS = {
    "empty": "",
    "text": "hello",
    "a list": "- a",
    "no YAML": "a: [",
    "no context": "apiVersion: v1\nkind: Config\n",
    "a context that is not there": "apiVersion: v1\nkind: Config\ncurrent-context: x\n"
    "contexts: []\nclusters: []\nusers: []\n",
    "odd shapes": "current-context: x\ncontexts: 3\nclusters: {}\nusers: a\n",
}


@pytest.mark.parametrize("text", KUBECONFIGS.values(), ids=KUBECONFIGS)
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    pytest.importorskip("kubernetes")
    file = tmp_path / "kubeconfig"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ClusterError) as caught:
        api_client(str(file))
    assert str(caught.value).startswith(f"`{file}`")
    assert "\n" not in str(caught.value)


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("kubernetes")
    file = tmp_path / "nothing"
    with pytest.raises(ClusterError, match="No such file or directory"):
        api_client(str(file))


def test_not_in_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("kubernetes")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ClusterError, match="no kubeconfig given, and not in a cluster"):
        api_client(None)


def test_the_token_of_the_service_account_rotates(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = pytest.importorskip("kubernetes.config.incluster_config")
    token, certificate = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("first\n", encoding="utf-8")
    certificate.write_text("any", encoding="utf-8")
    now = [datetime.datetime(2026, 1, 1)]

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return now[0]

    monkeypatch.setattr(config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(config, "SERVICE_CERT_FILENAME", str(certificate))
    monkeypatch.setattr(datetime, "datetime", Clock)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    with serving(api) as address, api_client(None) as client:
        # The fake speaks no TLS: the address alone is exchanged, at the last moment.
        def request(method: str, url: str, **options: Any) -> Any:
            path = url.removeprefix("https://127.0.0.1:1")
            return plain(method, address + path, **options)

        plain = client.rest_client.pool_manager.request
        monkeypatch.setattr(client.rest_client.pool_manager, "request", request)
        call(client, "GET", "/version")
        token.write_text("second\n", encoding="utf-8")
        now[0] += datetime.timedelta(minutes=2)
        call(client, "GET", "/version")
        token.unlink()
        now[0] += datetime.timedelta(minutes=2)
        with pytest.raises(ClusterError, match="GET /version: No such file or directory"):
            call(client, "GET", "/version")
    assert [each.get("authorization", "").lower() for each in api.headers] == [
        "bearer first",
        "bearer second",
    ]
