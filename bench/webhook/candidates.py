"""The servers that are compared: how each is started in front of the same application.

All get one process, TLS 1.2 or newer, HTTP/1.1 and a keep-alive of 130 seconds, as far as they can
be told; four threads for the application, but gunicorn 32, because there every connection that
sends nothing occupies one.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

APP = '''\
"""What every candidate serves: a Flask application that allows everything."""

import time

from flask import Flask, request

app = Flask(__name__)


@app.post("/validate")
def validate():
    review = request.get_json()
    if "slow" in request.args:
        time.sleep(2)
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": review["request"]["uid"], "allowed": True},
    }
'''

FRONT = """\
import os
from app import app
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front
from kguard.webhook.front.tls import server_context
from kguard.webhook.metrics import Metrics

state = {{"stamp": None}}

def tls():
    stamp = os.stat("leaf.pem").st_mtime_ns
    if stamp != state["stamp"]:
        with open("leaf.pem", "rb") as cert, open("leaf.key", "rb") as key:
            state.update(stamp=stamp, context=server_context(cert.read(), key.read()))
    return state["context"]

limits = Limits(4)
raise SystemExit(
    Front(app, host="127.0.0.1", port={port}, tls=tls, limits=limits, metrics=Metrics()).run()
)
"""

GUNICORN = """\
import os
import ssl

bind = "127.0.0.1:{port}"
worker_class = "gthread"
workers, threads, worker_connections, backlog = 1, 32, 2000, 1024
keepalive, graceful_timeout, timeout = 130, 20, 60
certfile, keyfile = "leaf.pem", "leaf.key"
control_socket_disable = True
loglevel = "critical"
IO = 2.0  # Seconds for one read or write, the only deadline there is to set.


class Socket(ssl.SSLSocket):
    def setblocking(self, flag):
        self.settimeout(IO) if flag else super().setblocking(False)


class Context(ssl.SSLContext):
    sslsocket_class = Socket

    def wrap_socket(self, sock, **options):
        sock.settimeout(IO)
        return super().wrap_socket(sock, **options)


state = {{"stamp": None}}


def ssl_context(config, default):
    stamp = os.stat("leaf.pem").st_mtime_ns
    if stamp != state["stamp"]:
        context = Context(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain("leaf.pem", "leaf.key")
        context.set_alpn_protocols(["http/1.1"])
        state.update(stamp=stamp, context=context)
    return state["context"]
"""


@dataclass
class Server:
    """A candidate that runs."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def memory(self) -> float:
        """MiB of its whole process tree, shared pages split among their users."""
        return sum(_pss(pid) for pid in _tree(self.process.pid)) / 1024

    def cpu(self) -> float:
        """Seconds of CPU its process tree has taken so far."""
        return sum(_cpu(pid) for pid in _tree(self.process.pid))

    def pin(self, cpu: int) -> None:
        """Keep the process, its children and all their threads on one CPU."""
        for pid in _tree(self.process.pid):
            for thread in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(thread), {cpu})


CANDIDATES = ("front", "gunicorn", "granian")


def versions() -> str:
    """What is compared, in words."""
    from importlib.metadata import version

    names = [name for name in ("gunicorn", "granian", "httptools", "flask") if _there(name)]
    return ", ".join(f"{name} {version(name)}" for name in names)


@contextmanager
def running(name: str, folder: Path) -> Iterator[Server]:
    """A candidate for the length of a block, with the certificate that lies in the folder."""
    port = _free_port()
    (folder / "app.py").write_text(APP)
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    process = subprocess.Popen(
        _command(name, folder, port),
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(port, process)
        yield Server(name, port, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(name: str, folder: Path, port: int) -> list[str]:
    if not _there(name if name != "front" else "httptools"):
        raise SystemExit(f"{name} is not installed")
    if name == "front":
        (folder / "front.py").write_text(FRONT.format(port=port))
        return [sys.executable, "front.py"]
    if name == "gunicorn":
        (folder / "gunicorn_conf.py").write_text(GUNICORN.format(port=port))
        return [sys.executable, "-m", "gunicorn", "-c", "gunicorn_conf.py", "app:app"]
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--blocking-threads", "4", "--http1-header-read-timeout", "60000"),
        *("--ssl-certificate", "leaf.pem", "--ssl-keyfile", "leaf.key"),
        *("--ssl-protocol-min", "tls1.2", "--no-log", "app:app"),
    ]


def _there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 30
    while time.monotonic() < limit and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the server did not start (exit code {process.poll()})")


def _tree(pid: int) -> list[int]:
    found = [pid]
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in children:
        found += _tree(int(child))
    return found


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
