"""How fast the webhook answers, and what its own work costs on top of an empty answer.

    python bench/webhook/run.py [--captures FOLDER] [--seconds 5]

Starts `kguard serve` (default profile, mode warn, no cluster, no decision log) and, on the same
server, a Flask application that allows everything: in threads, as that server runs applications
that do not know of its loop, and with small bodies on the loop, as kguard's are. Asks them over TLS
with keep-alive.
Trust ratios: seconds belong to the machine, and `1 ms p99` says how much: behind each case a piece
of work that takes a millisecond at best is repeated. `--captures` is a folder of recorded reviews,
JSON files with `body`; they are replayed in turn.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from load import Measured, load
from machine import Work

from kguard.webhook.serve import SMALL_BODY as SMALL

ROOT = Path(__file__).resolve().parent.parent.parent
SIZES = (2_000, 20_000, 200_000)
CONNECTIONS = (1, 8, 16, 50)
_THREADS = "empty Flask answer"
_LOOP = "empty Flask answer, on the loop"

EMPTY = """\
import ssl, sys
from flask import Flask, request
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front
from kguard.webhook.front.tls import server_context

app = Flask("empty")

@app.post("/validate")
def validate():
    review = request.get_json()
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "response": {"uid": review["request"]["uid"], "allowed": True}}

with open("leaf.pem", "rb") as cert, open("leaf.key", "rb") as key:
    context = server_context(cert.read(), key.read())
limits = Limits(2, small_body=int(sys.argv[1]))
Front(app, host="127.0.0.1", port=int(sys.argv[2]), tls=lambda: context, limits=limits).run()
"""


def main() -> int:
    """Measure and print two tables; 0 if every request was answered."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--captures", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    args = parser.parse_args()
    cases = {f"{size // 1000} KB": [_request(_deployment_review(size))] for size in SIZES}
    if args.captures:
        cases["replay"] = _captures(args.captures)
    failed, work = 0, Work()
    print(f"Python {sys.version}")
    with tempfile.TemporaryDirectory() as folder:
        _certificate(Path(folder))
        context = ssl.create_default_context(cafile=f"{folder}/leaf.pem")
        rows = []
        for name, argv in _servers(Path(folder)).items():
            with _running(argv, Path(folder)) as (port, pid):
                load(port, context, cases["2 KB"], 8, 1.0)  # Warm.
                before = _rss(pid)
                for case, requests in cases.items():
                    for connections in CONNECTIONS:
                        found = load(port, context, requests, connections, args.seconds)
                        failed += found.failed
                        rows.append((name, case, connections, found, work.p99(args.seconds / 5)))
                print(f"{name}: {before:.0f} MB resident when warm, {_rss(pid):.0f} MB at the end")
    _print(rows)
    return 1 if failed else 0


def _print(rows: Sequence[tuple[str, str, int, Measured, float]]) -> None:
    rates = {row[:3]: row[3].rate for row in rows}
    columns = ("server", "review", "connections", "requests/s", "of empty", "of that on the loop")
    columns += ("p50 ms", "p99 ms", "1 ms p99", "failed")
    print(f"\n| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    for name, case, connections, found, floor in rows:
        shares = [found.rate / rates[empty, case, connections] for empty in (_THREADS, _LOOP)]
        figures = f"{found.rate:,.0f} | {shares[0]:.2f} | {shares[1]:.2f}"
        figures += f" | {found.p50:.1f} | {found.p99:.1f}"
        print(f"| {name} | {case} | {connections} | {figures} | {floor:.1f} | {found.failed} |")


def _servers(folder: Path) -> dict[str, list[str]]:
    (folder / "empty.py").write_text(EMPTY, encoding="utf-8")
    serve = [sys.executable, "-m", "kguard", "serve", "--host=127.0.0.1", "--no-cluster"]
    serve += ["--health-host=127.0.0.1", f"--health-port={_free_port()}", "--log-decisions=none"]
    serve += ["--tls-cert=leaf.pem", "--tls-key=leaf.key", "--port"]
    empty = [sys.executable, "empty.py"]
    return {_THREADS: [*empty, "0"], _LOOP: [*empty, str(SMALL)], "kguard": serve}


@contextmanager
def _running(argv: Sequence[str], folder: Path) -> Iterator[tuple[int, int]]:
    port = _free_port()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([*argv, str(port)], cwd=folder, env=env, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise SystemExit(f"{argv[1]} did not start") from None
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _rss(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _certificate(folder: Path) -> None:
    """A self-signed pair for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "leaf.pem").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    (folder / "leaf.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _request(review: Any) -> bytes:
    data = json.dumps(review, separators=(",", ":")).encode()
    head = (
        "POST /validate?timeout=5s HTTP/1.1\r\nHost: localhost\r\n"
        "User-Agent: kube-apiserver-admission\r\nAccept: application/json, */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def _captures(folder: Path) -> list[bytes]:
    found = [json.loads(path.read_bytes())["body"] for path in sorted(folder.glob("*.json"))]
    if not found:
        raise SystemExit(f"no recorded reviews in {folder}")
    return [_request(review) for review in found]


def _deployment_review(size: int) -> dict[str, Any]:
    """The creation of a Deployment with as many containers as the size takes, one of them bad."""
    containers: list[dict[str, Any]] = []
    data = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": containers},
            },
        },
    }
    kind = {"group": "apps", "version": "v1", "kind": "Deployment"}
    resource = {"group": "apps", "version": "v1", "resource": "deployments"}
    review = {
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": kind,
            "resource": resource,
            "requestKind": kind,
            "requestResource": resource,
            "name": "web",
            "namespace": "shop",
            "operation": "CREATE",
            "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
            "object": data,
            "oldObject": None,
            "dryRun": False,
        },
    }
    while not containers or len(json.dumps(review)) < size:
        number = len(containers)
        limits = {"limits": {"memory": "128Mi"}} if number else {}
        containers.append(
            {
                "name": f"web-{number}",
                "image": "registry.example.com/shop/web:1.4.2",
                "command": ["/usr/bin/tini", "--", "/usr/bin/web", "--port", "8080"],
                "env": [{"name": f"SETTING_{i}", "value": "value " * 8} for i in range(8)],
                "ports": [{"containerPort": 8080 + number, "name": f"http-{number}"}],
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, **limits},
                "readinessProbe": {"httpGet": {"path": "/ready", "port": f"http-{number}"}},
            }
        )
    return review


if __name__ == "__main__":
    raise SystemExit(main())
