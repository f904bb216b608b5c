"""What operators and machines do to a webhook: limits, full disks, signals, clocks, files."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attack_pki import CA, LEAF, SERVICE, STRANGERS, issue
from attack_server import GOOD, WRONG, Server, serving
from attack_wire import ALLOW, CLOSED, DENY, Wire, post, verdict
from webhook_reviews import asked, deployment

LIMITS = {"limits": {"memory": "64Mb"}}


def limit(what: int, most: int) -> Callable[[], None]:
    """Something a process does to itself before it becomes the server."""
    return lambda: resource.setrlimit(what, (most, most))


@pytest.mark.parametrize("most", [150, 64], ids=lambda most: f"{most} -> served")
def test_out_of_file_descriptors(tmp_path: Path, most: int) -> None:
    full = "cannot accept"
    with serving(tmp_path, says=full, before=limit(resource.RLIMIT_NOFILE, most)) as server:
        for _ in range(300):
            server.tcp()
        server.must_answer()
        server.hang_up()
        server.must_answer()
        assert server.files() <= most


def test_out_of_file_descriptors_for_policies(tmp_path: Path) -> None:
    with serving(tmp_path, before=limit(resource.RLIMIT_NOFILE, 40)) as server:
        with contextlib.closing(server.connect()) as wire:
            for _ in range(50):
                assert verdict(wire.send(post(WRONG)).answer()) == DENY
        server.must_answer()


def test_a_log_on_a_full_disk_costs_no_review(tmp_path: Path) -> None:
    # The beginning of the log fits: there the ports are.
    with serving(tmp_path, before=limit(resource.RLIMIT_FSIZE, 2_000)) as server:
        for _ in range(50):
            assert verdict(server.review(WRONG)) == DENY
        server.must_answer()
        assert server.stdout.stat().st_size == 2_000
        server.stdout.write_bytes(b"")


def test_a_log_on_a_full_device_costs_no_review(tmp_path: Path) -> None:
    fixed = ("--port", "0", "--log-decisions", "all")
    with open("/dev/full", "wb") as full, unheard(tmp_path, *fixed, stdout=full) as server:
        for _ in range(20):
            assert verdict(server.review(WRONG)) == DENY
        server.must_answer()


def test_a_log_nobody_reads_any_more_costs_no_review(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe, unheard(tmp_path, stdout=pipe) as server:
        for _ in range(20):
            assert verdict(server.review(WRONG)) == DENY
        server.must_answer()


def test_a_log_whose_reader_stalls_costs_no_review(tmp_path: Path) -> None:
    read, write = os.pipe()
    with (
        os.fdopen(read, "rb"),
        os.fdopen(write, "wb") as pipe,
        unheard(tmp_path, stdout=pipe) as server,
    ):
        for _ in range(400):  # 64 KiB fit into a pipe.
            assert verdict(server.review(WRONG)) == DENY
        server.must_answer()


@contextlib.contextmanager
def unheard(folder: Path, *options: str, stdout: object) -> Iterator[Server]:
    """A server whose log goes elsewhere, so that its ports have to be known before."""
    ports = free_ports()
    server = Server(
        folder, *options, *("--port", str(ports[0]), "--health-port", str(ports[1])), stdout=stdout
    )
    server.port, server.health_port = ports
    try:
        server.wait_for(lambda: ready(server))
        yield server
        assert server.terminate() == 0
        assert server.stderr.read_bytes() == b""
    finally:
        server.kill()


def free_ports() -> tuple[int, int]:
    """Two ports that were free a moment ago."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def ready(server: Server) -> bool:
    """Whether it says it is ready."""
    try:
        return server.health(READYZ)[0] == "200"
    except OSError:
        return False


READYZ = b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


# Signals.


def test_requests_in_flight_are_answered_when_it_is_told_to_end(tmp_path: Path) -> None:
    body = post(json.dumps(asked(deployment(image="a" * 2_000_000, resources=LIMITS))).encode())
    with serving(tmp_path, code=None) as server, ThreadPoolExecutor(8) as pool:
        wires = [server.connect() for _ in range(8)]
        for wire in wires:
            wire.send(body[:-1_000_000])
        time.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)

        def finish(wire: Wire) -> str:
            return verdict(wire.send(body[-1_000_000:]).answer())

        found = set(pool.map(finish, wires))
        assert found <= {DENY, "503"}
        assert DENY in found
        assert server.process.wait(10) == 0


def test_stalled_clients_do_not_keep_it_from_ending(tmp_path: Path) -> None:
    with serving(tmp_path, "--grace", "2", code=None) as server:
        stalled = [server.connect().send(post(GOOD)[:-5]) for _ in range(20)]
        stalled += [server.tcp() for _ in range(20)]
        idle = server.connect()
        started = time.monotonic()
        assert server.terminate() == 0
        assert time.monotonic() - started < 5
        assert [wire.end() for wire in (*stalled, idle)] == [CLOSED] * 41


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_signals_by_the_hundred_end_it_once(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, code=None) as server:
        server.must_answer()
        deadline = time.monotonic() + 10
        # Until it is gone: the last of them find an interpreter that is being taken down.
        while server.process.poll() is None and time.monotonic() < deadline:
            os.kill(server.process.pid, number)
            time.sleep(0.0005)
        assert server.process.poll() == 0
        # What Python itself says of a signal that comes just when they begin to be ignored.
        if "ignored due to race condition" in server.stderr.read_text(encoding="utf-8"):
            server.stderr.write_bytes(b"")


def test_signals_of_others_are_survived(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGWINCH, signal.SIGURG):
            server.process.send_signal(number)
            server.must_answer()


def test_a_machine_that_stands_still_for_a_while(tmp_path: Path) -> None:
    with serving(tmp_path) as server, contextlib.closing(server.connect()) as wire:
        wire.send(post(GOOD)[:-5])
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(2)
        server.process.send_signal(signal.SIGCONT)
        assert verdict(wire.send(post(GOOD)[-5:]).answer()) == ALLOW
        server.must_answer()


# Clocks.

CLOCK = """
import datetime, sys, time
import kguard.webhook.serve as serve
from kguard.__main__ import main

now = time.time
def jumped():
    with open("clock") as file:
        return now() + float(file.read() or 0)
time.time = jumped
serve.utc_today = lambda: datetime.datetime.fromtimestamp(jumped(), datetime.UTC).date()
sys.exit(main())
"""
DAY = 86_400


@pytest.mark.parametrize("days", [-20_000, -400, 5, 29_000], ids=lambda d: f"{d} days -> served")
def test_a_clock_that_jumps(tmp_path: Path, days: int) -> None:
    (tmp_path / "clock").write_text("0", encoding="ascii")
    with (
        serving(tmp_path, command=("-c", CLOCK)) as server,
        contextlib.closing(server.connect()) as w,
    ):
        assert verdict(w.send(post(GOOD)[:-5] + post(GOOD)[-5:]).answer()) == ALLOW
        w.send(post(WRONG)[:-5])
        (tmp_path / "clock").write_text(str(days * DAY), encoding="ascii")
        assert verdict(w.send(post(WRONG)[-5:]).answer()) == DENY
        server.must_answer()
        assert (
            server.health(b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")[0]
            == "200"
        )
        assert all(line["ms"] >= 0 for line in server.log() if "ms" in line)


# Certificates, exchanged in every wrong way.

OTHER = issue(SERVICE, CA, [SERVICE])
EXPIRED = issue(SERVICE, CA, [SERVICE], hours=-1)
CERTIFICATES: dict[str, tuple[bytes | None, bytes | None]] = {
    "only the certificate": (OTHER.cert, None),
    "only the key": (None, OTHER.key),
    "emptied": (b"", b""),
    "half written": (OTHER.cert[:200], OTHER.key[:50]),
    "no PEM": (os.urandom(5_000), os.urandom(5_000)),
    "swapped": (OTHER.key, OTHER.cert),
    "expired": (EXPIRED.cert, EXPIRED.key),
    "another's key": (STRANGERS.cert, OTHER.key),
    "a megabyte": (OTHER.cert * 2_000, OTHER.key),
    "PEM of nothing": (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 9, OTHER.key),
    "an endless line": (b"-----BEGIN CERTIFICATE-----\n" + b"A" * 500_000, OTHER.key),
}


def test_certificates_that_cannot_be_used_are_not(tmp_path: Path) -> None:
    from kguard.webhook.certificates.files import FileCertificates
    from kguard.webhook.front.tls import server_context

    said: list[str] = []
    paths = (tmp_path / "tls.crt", tmp_path / "tls.key")
    for path, data in zip(paths, (LEAF.cert, LEAF.key), strict=True):
        path.write_bytes(data)
    found = FileCertificates(
        certificate=str(paths[0]), key=str(paths[1]), make_context=server_context, say=said.append
    )
    found.step()
    good = found.context()
    for name, pair in CERTIFICATES.items():
        for path, given, usual in zip(paths, pair, (LEAF.cert, LEAF.key), strict=True):
            path.write_bytes(usual if given is None else given)
        started = time.monotonic()
        found.step()
        assert time.monotonic() - started < 1, name
        assert (found.context() is good, found.problems()) == (True, []), name
        assert found.warnings() != [], name
    assert LEAF.key.decode() not in str(said)
    for path, data in zip(paths, (OTHER.cert, OTHER.key), strict=True):
        path.write_bytes(data)
    found.step()
    assert (found.context() is good, found.warnings()) == (False, [])


BROKEN_STARTS = {
    "no certificate": ("tls.crt", None),
    "an empty certificate": ("tls.crt", b""),
    "a certificate that is none": ("tls.crt", b"nonsense"),
    "no key": ("tls.key", None),
    "another's key": ("tls.key", OTHER.key),
}


@pytest.mark.parametrize(
    ("name", "data"), BROKEN_STARTS.values(), ids=[f"{x} -> not ready" for x in BROKEN_STARTS]
)
def test_a_server_without_a_certificate_is_not_ready(
    tmp_path: Path, name: str, data: bytes | None
) -> None:
    command = f"""
import sys, pathlib
pathlib.Path({name!r}).write_bytes({data or b""!r})
{"" if data is not None else f"pathlib.Path({name!r}).unlink()"}
from kguard.__main__ import main
sys.exit(main())
"""
    with serving(tmp_path, says="no certificate", command=("-c", command)) as server:
        assert server.health(READYZ)[0] == "503"
        with contextlib.closing(server.tcp()) as wire:
            assert wire.try_to_send(b"\x16\x03\x01\x00\x05hello").end() == CLOSED


BAD_OPTIONS = {
    "a port beyond all ports": ("--port", "70000"),
    "a negative port": ("--port", "-1"),
    "a host that is none": ("--host", "\x1b[31m"),
    "no reviews at once": ("--concurrency", "0"),
    "no body": ("--max-body", "0"),
    "a body of a word": ("--max-body", "9" * 5_000),
    "no time": ("--timeout", "nan"),
    "endless time": ("--grace", "inf"),
    "policies nowhere": ("--policies", "nowhere"),
    "policies that are a file": ("--policies", "tls.crt"),
    "a token nowhere": ("--bearer-token-file", "nowhere"),
    "a token that is empty": ("--bearer-token-file", "/dev/null"),
    "names without a CA": ("--client-name", "x"),
}


@pytest.mark.parametrize(
    "options", BAD_OPTIONS.values(), ids=[f"{x} -> exit 2" for x in BAD_OPTIONS]
)
def test_options_that_cannot_be_used(tmp_path: Path, options: tuple[str, str]) -> None:
    server = Server(tmp_path, *options)
    try:
        assert server.process.wait(15) == 2
        said = server.stderr.read_text(encoding="utf-8")
        assert ("Traceback" in said, "\x1b" in said, len(said) > 10) == (False, False, True)
    finally:
        server.kill()


def test_a_port_that_is_taken(tmp_path: Path, server: Server) -> None:
    second = Server(tmp_path, "--port", str(server.port))
    try:
        assert second.process.wait(15) == 2
        assert "cannot listen on" in second.stderr.read_text(encoding="utf-8")
    finally:
        second.kill()


def test_draining_goes_on_with_the_answers(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with contextlib.closing(server.connect()) as wire:
            assert wire.send(post(GOOD)).answer().status == 200
            assert server.health(post(b"", "/drain", "Connection: close"))[0] == "200"
            answer = wire.send(post(WRONG)).answer()
            assert (verdict(answer), answer.headers["connection"]) == (DENY, "close")
        assert server.health(READYZ)[0] == "503"
        server.must_answer()


def test_load_while_everything_else_happens(tmp_path: Path) -> None:
    stop = threading.Event()
    found: list[str] = []

    def ask(server: Server) -> None:
        with contextlib.closing(server.connect()) as wire:
            while not stop.is_set():
                found.append(verdict(wire.send(post(WRONG)).answer()))

    with serving(tmp_path) as server, ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, server) for _ in range(4)]
        for number in range(30):
            server.tcp().reset()
            server.connect().send(b"junk").reset()
            (server.policies / f"e{number}.yaml").write_bytes(b"[")
            server.health(b"junk\r\n\r\n")
        server.must_answer()
        stop.set()
        for each in asking:
            each.result()
    assert set(found) == {DENY}


@pytest.mark.skipif(shutil.which("ps") is None, reason="no ps here")
def test_nothing_is_started_beside_the_server(server: Server) -> None:
    server.must_answer()
    done = subprocess.run(["ps", "--ppid", str(server.process.pid)], capture_output=True, text=True)
    assert done.stdout.count("\n") == 1  # The head line.
