"""`kguard serve` as a process of its own, watched from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attack_pki import CA, LEAF, SERVICE
from attack_wire import ALLOW, PATIENCE, Answer, Wire, peer, post, verdict
from webhook_reviews import asked, deployment

CHECKOUT = Path(__file__).resolve().parents[2]
GOOD = json.dumps(asked(deployment())).encode()
WRONG = json.dumps(asked(deployment(resources={"limits": {"memory": "64Mb"}}))).encode()
WITHIN = 1.0  # Seconds in which a good request is answered, whatever else goes on.


def trusting(*pair: str) -> ssl.SSLContext:
    """A client's context, no stricter than Go's; with the files of a pair it can show them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=CA.cert.decode())
    if pair:
        context.load_cert_chain(*pair)
    return context


class Server:
    """A running server. Its output goes to files in its folder."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        mode: str = "enforce",
        command: Sequence[str] = ("-m", "kguard"),
        stdout: Any = None,
        before: Callable[[], None] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.policies = folder / "policies"
        self.policies.mkdir(exist_ok=True)
        (folder / "tls.crt").write_bytes(LEAF.cert)
        (folder / "tls.key").write_bytes(LEAF.key)
        self.stdout, self.stderr = folder / "stdout", folder / "stderr"
        self.context = trusting()
        self.headers: tuple[str, ...] = ()
        clean = {k: v for k, v in os.environ.items() if not k.startswith("KGUARD_")}
        with open(self.stdout, "wb") as out, open(self.stderr, "wb") as err:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, *command, "serve", "--no-cluster", "--mode", mode),
                    *("--host", "127.0.0.1", "--port", "0"),
                    *("--health-host", "127.0.0.1", "--health-port", "0"),
                    *("--tls-cert", "tls.crt", "--tls-key", "tls.key", "--policies", "policies"),
                    *options,
                ],
                cwd=folder,
                env={**clean, "PYTHONPATH": str(CHECKOUT), **(env or {})},
                stdout=out if stdout is None else stdout,
                stderr=err,
                stdin=subprocess.DEVNULL,
                preexec_fn=before,
            )
        self.port = self.health_port = 0
        self._wires: list[Wire] = []

    def wait_until_serving(self) -> None:
        """Learn the ports from the log."""
        self.wait_for(lambda: any(line["event"] == "serving" for line in self.log()))
        (serving,) = (line for line in self.log() if line["event"] == "serving")
        self.port, self.health_port = serving["port"], serving["healthPort"]

    def wait_for(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until something holds; the process has to live on meanwhile."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log, which are JSON each."""
        lines = self.stdout.read_bytes().decode("ascii").split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def said(self) -> str:
        """The end of everything on both streams, whatever it is."""
        both = (self.stdout.read_bytes(), self.stderr.read_bytes())
        return "\n".join(data[-4000:].decode("utf-8", "backslashreplace") for data in both)

    def connect(self, context: ssl.SSLContext | None = None, sni: str | None = SERVICE) -> Wire:
        """A connection over which requests can be sent."""
        return self._keep(peer(self.port, context or self.context, sni))

    def tcp(self) -> Wire:
        """A bare connection to the TLS port."""
        return self._keep(peer(self.port))

    def hang_up(self) -> None:
        """Close all connections that were made to it."""
        for wire in self._wires:
            wire.close()
        self._wires.clear()

    def _keep(self, wire: Wire) -> Wire:
        self._wires.append(wire)
        return wire

    def ask(self, data: bytes) -> Answer:
        """The answer to bytes on a connection of their own."""
        with contextlib.closing(self.connect()) as wire:
            return wire.try_to_send(data).answer()

    def review(self, review: Mapping[str, Any] | bytes, query: str = "timeout=5s") -> Answer:
        """The answer to a review."""
        body = review if isinstance(review, bytes) else json.dumps(review).encode()
        return self.ask(post(body, f"/validate?{query}", *self.headers))

    def health(self, data: bytes) -> list[str]:
        """What the plain port answers to bytes: statuses until it hangs up."""
        with contextlib.closing(peer(self.health_port)) as wire:
            return wire.try_to_send(data).answers()

    def metrics(self) -> str:
        """The metrics."""
        with contextlib.closing(peer(self.health_port)) as wire:
            wire.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return wire.answer().body.decode()

    def must_answer(self) -> None:
        """A good request is let through, in time."""
        started = time.monotonic()
        assert verdict(self.review(GOOD)) == ALLOW
        took = time.monotonic() - started
        assert took < WITHIN, f"a good request took {took:.2f} s"

    def files(self) -> int:
        """Open file descriptors."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def threads(self) -> int:
        """Threads."""
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def held(self) -> tuple[list[str], int]:
        """What it holds: its open files, sockets as one word, and how many threads."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        found = []
        for each in folder.iterdir():
            with contextlib.suppress(OSError):  # Closed meanwhile.
                found.append(os.readlink(each).partition(":[")[0])
        return sorted(found), self.threads()

    def settled(self) -> tuple[list[str], int]:
        """What it holds once it has answered and nobody is connected any more."""
        for _ in range(3):
            self.must_answer()
        self.hang_up()
        found = self.held()
        while True:
            time.sleep(0.3)
            found, before = self.held(), found
            if found == before:
                return found

    def must_hold(self, before: tuple[list[str], int]) -> None:
        """It soon holds what it did before, and no more."""
        self.hang_up()
        deadline = time.monotonic() + PATIENCE
        while self.held() != before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.held() == before

    def memory(self, field: str = "VmRSS") -> float:
        """Resident memory in MiB; `VmHWM` is the most there ever was."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        (line,) = (x for x in status.splitlines() if x.startswith(field + ":"))
        return int(line.split()[1]) / 1024

    def terminate(self, seconds: float = PATIENCE) -> int:
        """Ask it to end; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it, if it still runs, and all connections to it."""
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)


@contextlib.contextmanager
def serving(
    folder: Path, *options: str, code: int | None = 0, says: str = "", **more: Any
) -> Iterator[Server]:
    """A server for the length of a block, after which it has to end well.

    It has to be alive, to exit with `code` after SIGTERM (None where the block itself ends it), and
    to have said nothing but lines of JSON, and on standard error lines that begin with `says`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, *options, **more)
    try:
        server.wait_until_serving()
        yield server
        if code is not None:
            assert server.process.poll() is None, server.said()
            assert code == server.terminate()
        server.log()
        lines = server.stderr.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not says or not line.startswith(says)] == []
    finally:
        server.kill()
