"""What comes before HTTP: bytes that are no TLS, handshakes, and clients that vanish."""

from __future__ import annotations

import contextlib
import os
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attack_pki import CA, SERVICE, STRANGERS, Pair, issue
from attack_server import GOOD, Server, serving, trusting
from attack_wire import ALLOW, CLOSED, Wire, peer, post, verdict


def record(kind: int, data: bytes, version: int = 0x0301, length: int | None = None) -> bytes:
    """A TLS record."""
    return struct.pack("!BHH", kind, version, len(data) if length is None else length) + data


def hello(version: int = 0x0303, more: bytes = b"", suites: bytes = b"\xc0\x2b\xc0\x2f") -> bytes:
    """A ClientHello of a version, with extensions as they are given."""
    body = struct.pack("!H", version) + bytes(32) + b"\0"
    body += struct.pack("!H", len(suites)) + suites + b"\1\0" + struct.pack("!H", len(more)) + more
    return b"\1" + struct.pack("!I", len(body))[1:] + body


BIG = b"POST /validate HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n" + b"x" * 99

JUNK = {
    "nothing but an end": b"",
    "one byte": b"\x16",
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
    "noise": os.urandom(4096),
    "a megabyte of noise": os.urandom(2**20),
    "a line of text": b"hello?\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.7\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "PROXY header": b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n",
    "binary PROXY header": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12),
    "SSL 2 hello": b"\x80\x2e\x01\0\x02\0\x15\0\0\0\x10" + bytes(37),
    "SSL 3 hello": record(22, hello(0x0300), 0x0300),
    "TLS 1.0 hello": record(22, hello(0x0301)),
    "TLS 1.1 hello": record(22, hello(0x0302), 0x0302),
    "hello without a known cipher": record(22, hello(suites=b"\0\0\0\1\x0a\x0a")),
    "hello without ciphers": record(22, hello(suites=b"")),
    "hello with a broken extension": record(22, hello(more=b"\0\0\xff\xff\0")),
    "hello with thousands of extensions": record(22, hello(more=b"\xfa\xfa\0\0" * 3000)),
    "hello that never was": record(22, b"\1\xff\xff\xff"),
    "hello of the wrong length": record(22, b"\1\0\0\1" + bytes(100)),
    "hello behind a hello": record(22, hello()) * 2,
    "hello in records of a byte": b"".join(record(22, bytes([x])) for x in hello(0x0301)),
    "empty records": record(22, b"") * 5000,
    "record longer than allowed": record(22, bytes(20000), length=0xFFFF),
    "data before the handshake": record(23, b"GET / HTTP/1.1\r\n\r\n"),
    "alert first": record(21, b"\2\x28"),
    "warning alerts": record(21, b"\1\x5a") * 2000,
    "heartbeat": record(24, b"\1\x40\0" + bytes(16)),
    "change of cipher first": record(20, b"\1") * 100,
    "unknown record": record(99, bytes(10)),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=[f"{x} -> {CLOSED}" for x in JUNK])
def test_junk_instead_of_tls(server: Server, junk: bytes) -> None:
    with contextlib.closing(server.tcp()) as wire:
        assert wire.try_to_send(junk).half_close().end() == CLOSED


@pytest.mark.parametrize("data", [BIG, BIG * 2000, b"GET / HTTP/1.0\r\n\r\n"], ids=["a", "b", "c"])
def test_plain_http_is_told_what_is_spoken_here(server: Server, data: bytes) -> None:
    with contextlib.closing(server.tcp()) as wire:
        assert wire.try_to_send(data).answers() == ["400", CLOSED]


@pytest.mark.parametrize("sni", [None, "x", "127.0.0.1", "*.svc", "a" * 60 + ".example.com"])
def test_odd_names_of_the_server_get_the_certificate_all_the_same(
    server: Server, sni: str | None
) -> None:
    context = trusting()
    context.check_hostname = False
    with contextlib.closing(server.connect(context, sni)) as wire:
        assert verdict(wire.send(post(GOOD)).answer()) == ALLOW


@pytest.mark.parametrize("protocols", [["h2"], ["h2", "http/1.1"], ["x"] * 50, ["spdy/3", "h3"]])
def test_http_2_is_not_promised(server: Server, protocols: list[str]) -> None:
    context = trusting()
    context.set_alpn_protocols(protocols)
    with contextlib.closing(server.connect(context)) as wire:
        assert isinstance(wire.sock, ssl.SSLSocket)
        agreed = wire.sock.selected_alpn_protocol()
        assert agreed == ("http/1.1" if "http/1.1" in protocols else None)
        assert wire.send(JUNK["HTTP/2 preface"]).answers() in (["400", CLOSED], ["505", CLOSED])


def _nothing(server: Server) -> Wire:
    return server.tcp()


def _half_a_hello(server: Server) -> Wire:
    return server.tcp().send(record(22, hello())[:20])


def _handshaken(server: Server) -> Wire:
    return server.connect()


def _half_a_header(server: Server) -> Wire:
    return server.connect().send(b"POST /validate HTTP/1.1\r\nHos")


def _half_a_body(server: Server) -> Wire:
    return server.connect().send(post(GOOD)[:-50])


def _asked(server: Server) -> Wire:
    return server.connect().send(post(GOOD))


def _asked_often(server: Server) -> Wire:
    return server.connect().send(post(GOOD) * 50)


PLACES = [_nothing, _half_a_hello, _handshaken, _half_a_header, _half_a_body, _asked, _asked_often]


@pytest.mark.parametrize("place", PLACES, ids=[x.__name__.strip("_") for x in PLACES])
@pytest.mark.parametrize("leave", [Wire.reset, Wire.close], ids=["reset", "end without a word"])
def test_clients_that_vanish(
    server: Server, place: Callable[[Server], Wire], leave: Callable[[Wire], None]
) -> None:
    files = server.files()
    for _ in range(20):
        leave(place(server))
    server.wait_for(lambda: server.files() <= files)


@pytest.mark.parametrize("place", [_asked, _asked_often], ids=["once", "often"])
def test_who_has_said_everything_still_gets_its_answers(
    server: Server, place: Callable[[Server], Wire]
) -> None:
    with contextlib.closing(place(server)) as wire:
        answered = 1 if place is _asked else 50
        assert ["200"] * answered + [CLOSED] == wire.half_close().answers()


def test_stalled_handshakes_hold_up_nobody(server: Server) -> None:
    stalled = [_half_a_hello(server) for _ in range(200)]
    server.must_answer()
    for wire in stalled:
        wire.close()


def test_idle_sockets_by_the_thousand_hold_up_nobody(server: Server) -> None:
    # More than the server keeps at a time, and most of them without a byte.
    idle = [server.tcp() for _ in range(2200)]
    idle += [server.connect() for _ in range(50)]
    server.must_answer()
    for wire in idle:
        wire.close()


def test_a_connection_that_works_outlives_a_flood(server: Server) -> None:
    with contextlib.closing(server.connect()) as wire:
        assert verdict(wire.send(post(GOOD)).answer()) == ALLOW
        idle = [server.tcp() for _ in range(2200)]
        assert verdict(wire.send(post(GOOD)).answer()) == ALLOW
        for each in idle:
            each.close()


# Who calls: a server that wants a certificate of a CA, of a name, and a token.

TOKEN = "0123456789abcdef0123456789abcdef"
NAME = "kube-apiserver"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "client-ca.crt").write_bytes(CA.cert)
    (folder / "token").write_text(f"{TOKEN}\n", encoding="ascii")
    options = ("--client-ca", "client-ca.crt", "--client-name", NAME)
    with serving(folder, *options, "--bearer-token-file", "token") as server:
        server.context = client(folder, issue(NAME, CA))
        server.headers = (f"Authorization: Bearer {TOKEN}",)
        before = server.settled()
        yield server
        server.must_hold(before)


def client(folder: Path, pair: Pair | None) -> ssl.SSLContext:
    """A client that shows a certificate."""
    if pair is None:
        return trusting()
    (folder / "client.pem").write_bytes(pair.cert + pair.key)
    return trusting(str(folder / "client.pem"))


SELF_SIGNED = issue(NAME)
CERTIFICATES: dict[str, tuple[Pair | None, str]] = {
    "none": (None, CLOSED),
    "of another CA": (issue(NAME, STRANGERS), CLOSED),
    "of itself": (SELF_SIGNED, CLOSED),
    "that has expired": (issue(NAME, CA, hours=-1), CLOSED),
    "for servers": (issue(NAME, CA, server=True), CLOSED),
    "of a client, as a CA": (issue(NAME, issue("user", CA)), CLOSED),
    "of another name": (issue("someone", CA), "401"),
    "of a longer name": (issue(f"{NAME}.evil", CA), "401"),
    "of a name with NUL": (issue(f"{NAME}\0.evil", CA), "401"),
    "of a name in upper case": (issue(NAME.upper(), CA), "401"),
    "of a name that is a pattern": (issue("*", CA, ["*", "kube-*"]), "401"),
    "of that name, among others": (issue("someone", CA, ["other", NAME]), ALLOW),
    "of that name": (issue(NAME, CA), ALLOW),
}


@pytest.mark.parametrize(
    ("pair", "expected"),
    CERTIFICATES.values(),
    ids=[f"{name} -> {expected}" for name, (_, expected) in CERTIFICATES.items()],
)
def test_a_certificate(guarded: Server, tmp_path: Path, pair: Pair | None, expected: str) -> None:
    context = client(tmp_path, pair)
    try:
        with contextlib.closing(guarded.connect(context)) as wire:
            found = verdict(wire.send(post(GOOD, "/validate", *guarded.headers)).answer())
    except (OSError, EOFError):
        found = CLOSED
    assert expected == found


BEARERS = {
    "none": ([], "401"),
    "empty": (["Authorization:"], "401"),
    "the scheme alone": (["Authorization: Bearer"], "401"),
    "no token": (["Authorization: Bearer "], "401"),
    "wrong": (["Authorization: Bearer " + "x" * 32], "401"),
    "too short": ([f"Authorization: Bearer {TOKEN[:-1]}"], "401"),
    "too long": ([f"Authorization: Bearer {TOKEN}0"], "401"),
    "with something behind it": ([f"Authorization: Bearer {TOKEN}, x"], "401"),
    "in upper case": ([f"Authorization: Bearer {TOKEN.upper()}"], "401"),
    "no ASCII": (["Authorization: Bearer \xff\xfe\xe9"], "401"),
    "of 20 KB": (["Authorization: Bearer " + "x" * 20_000], "401"),
    "as a password": ([f"Authorization: Basic {TOKEN}"], "401"),
    "under another name": ([f"Authorization_: Bearer {TOKEN}", f"X-Token: {TOKEN}"], "401"),
    "twice, the wrong one last": (
        [f"Authorization: Bearer {TOKEN}", "Authorization: Bearer x"],
        "401",
    ),
    "right": ([f"Authorization: Bearer {TOKEN}"], ALLOW),
    "right, with spaces": ([f"Authorization:    Bearer   {TOKEN}   "], ALLOW),
}


@pytest.mark.parametrize(
    ("headers", "expected"),
    BEARERS.values(),
    ids=[f"{name} -> {expected}" for name, (_, expected) in BEARERS.items()],
)
def test_a_token(guarded: Server, headers: list[str], expected: str) -> None:
    answer = guarded.ask(post(GOOD, "/validate", *headers))
    assert expected == verdict(answer)
    if expected == "401":
        assert (answer.headers["connection"], TOKEN in str(answer)) == ("close", False)


def test_a_body_is_not_read_for_strangers(guarded: Server) -> None:
    with contextlib.closing(guarded.connect()) as wire:
        started = time.monotonic()
        wire.send(post(b"", length=30_000_000))  # And nothing of the 30 MB.
        assert wire.answer().status == 401
        assert time.monotonic() - started < 1


def test_neither_certificate_nor_token_is_wanted_by_probes(guarded: Server) -> None:
    with contextlib.closing(peer(guarded.health_port)) as wire:
        for path in ("livez", "readyz", "metrics"):
            answer = wire.send(f"GET /{path} HTTP/1.1\r\nHost: {SERVICE}\r\n\r\n".encode()).answer()
            assert answer.status == 200
            assert TOKEN.encode() not in answer.body
