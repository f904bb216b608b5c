"""What clients get for what they send, over real sockets."""

from __future__ import annotations

import resource
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from front_kit import CA, CLIENT, LEAF, echo, post, serving
from front_pki import issue

from kguard.webhook.front.tls import server_context
from kguard.webhook.front.wsgi import ARRIVED
from kguard.webhook.metrics import SAMPLED


def test_a_connection_is_used_again() -> None:
    with serving() as server:
        client = server.connect()
        for number in range(3):
            answer = client.ask(post(f"/{number}", b"body"))
            assert answer.status == 200
            assert answer.body == b"/%d body" % number
            assert answer.headers.keys() == {"date", "content-type", "content-length"}


def test_pipelined_requests_are_answered_in_order() -> None:
    with serving(concurrency=4) as server:
        client = server.connect()
        numbers = range(200)
        client.send(b"".join(post(f"/{number}", b"x" * number) for number in numbers))
        for number in numbers:
            assert client.answer().body == b"/%d " % number + b"x" * number


def test_a_bad_request_after_good_ones_is_answered_last() -> None:
    with serving() as server:
        client = server.connect()
        client.send(post("/a") + post("/b") + b"nonsense\r\n\r\n" + post("/c"))
        assert [client.answer().status for _ in range(3)] == [200, 200, 400]
        assert client.closed()


def test_a_request_can_arrive_byte_by_byte() -> None:
    with serving() as server:
        client = server.connect()
        for byte in post("/a", b"body") + post("/b", b"other"):
            client.send(bytes([byte]))
        assert client.answer().body == b"/a body"
        assert client.answer().body == b"/b other"


def test_the_application_knows_when_a_request_began_to_come_in() -> None:
    def age(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        return [str(time.monotonic() - environ[ARRIVED]).encode()]

    data = post("/", b"x" * 1000)
    with serving(age) as server:
        client = server.connect()
        assert float(client.ask(data).body) < 0.2
        client.send(data[:-1])
        time.sleep(0.3)
        assert 0.3 <= float(client.ask(data[-1:]).body) < 5


@pytest.mark.parametrize("size", [0, 1, 16_384, 100_000, 2**20 + 1, 3 * 2**20])
def test_bodies_of_every_size(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    with serving() as server:
        client = server.connect()
        for _ in range(2):
            assert client.ask(post("/", body[:size])).body == b"/ " + body[:size]


def test_the_client_may_ask_for_the_end() -> None:
    with serving() as server:
        client = server.connect()
        answer = client.ask(post("/", b"", "Connection: close"))
        assert answer.headers["connection"] == "close"
        assert client.closed()


def test_an_old_client_is_answered_and_let_go() -> None:
    with serving() as server:
        client = server.connect()
        answer = client.ask(b"GET /old HTTP/1.0\r\n\r\n")
        assert (answer.status, answer.body) == (200, b"/old ")
        assert client.closed()


def test_a_client_that_has_sent_everything_still_gets_its_answers() -> None:
    with serving(tls=None) as server:
        client = server.connect()
        client.send(post("/a") + post("/b")).sock.shutdown(1)
        assert [client.answer().body for _ in range(2)] == [b"/a ", b"/b "]
        assert client.closed()


def test_head_has_no_body() -> None:
    with serving() as server:
        client = server.connect()
        answer = client.send(b"HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n").answer("HEAD")
        assert answer.headers["content-length"] == "3"
        assert client.ask(post("/y")).body == b"/y "


def test_continue_is_said_only_to_who_waits_for_it() -> None:
    request = post("/", b"body", "Expect: 100-continue")
    head, body = request[:-4], request[-4:]
    with serving() as server:
        client = server.connect()
        assert client.ask(head).status == 100
        assert client.ask(body).status == 200
        assert client.ask(request).status == 200
        client.send(request[:-2])
        server.connect().ask(post())  # By now that much has been seen.
        assert client.ask(request[-2:]).status == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (post("/", b"x", "Content-Encoding: gzip"), 415),
        (b"POST / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 40_000, 431),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x00\x00", 400),
    ],
    ids=["413", "411", "415", "431", "HTTP/2", "binary"],
)
def test_a_refusal_arrives_although_the_client_goes_on_sending(
    request_: bytes, status: int
) -> None:
    with serving() as server:
        client = server.connect()
        client.send(request_ + b"x" * 500_000)
        assert client.answer().status == status
        assert client.closed()
        assert server.count(f"http-{status}") == 1
        assert server.connect().ask(post()).status == 200


def test_memory_stays_flat_under_a_body_that_is_too_long() -> None:
    def peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with serving(max_body=2**20) as server:
        client = server.connect()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
        before, block = peak(), bytes(2**20)
        for _ in range(64):
            try:
                client.send(block)
            except OSError:  # The server does not listen for ever.
                break
        assert peak() - before < 16 * 1024


def test_plain_http_is_told_what_is_spoken_here() -> None:
    with serving() as server:
        sock = server.tcp()
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        said = b""
        while data := sock.recv(4096):
            said += data
        assert said.startswith(b"HTTP/1.1 400 ")
        assert said.endswith(b"\r\n\r\nthis port speaks TLS\n")
        assert server.count("tls") == 1


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01\xff\xff" + b"\x01" * 70_000, b"\0" * 100, b"\x80\x2e\x01\x00\x02"]
)
def test_junk_instead_of_a_handshake(junk: bytes) -> None:
    with serving(handshake=0.3) as server:
        sock = server.tcp()
        sock.sendall(junk)
        try:
            while sock.recv(4096):
                continue
        except ConnectionResetError:
            pass
        assert server.connect().ask(post()).status == 200


def test_a_client_that_offers_only_http_2_is_not_promised_it() -> None:
    context = ssl.create_default_context(cadata=CA.cert.decode())
    context.set_alpn_protocols(["h2"])
    with serving() as server:
        client = server.connect(context)
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.selected_alpn_protocol() is None


def test_a_certificate_is_wanted_and_judged(tmp_path: Path) -> None:
    context = server_context(LEAF.cert, LEAF.key, client_ca=CA.cert)
    seen: list[tuple[Any, str | None]] = []

    def authorise(certificate: dict[str, Any] | None, headers: Mapping[str, str]) -> bool:
        seen.append((certificate and certificate["subject"], headers.get("x-who")))
        return headers.get("x-who") == "me"

    file = tmp_path / "client.pem"
    shown = issue("apiserver", CA)
    file.write_bytes(shown.cert + shown.key)
    client = ssl.create_default_context(cadata=CA.cert.decode())
    client.load_cert_chain(file)
    with serving(tls=lambda: context, authorise=authorise) as server:
        known = server.connect(client)
        assert known.ask(post("/", b"", "X-Who: me")).status == 200
        refused = known.ask(b"POST / HTTP/1.1\r\nHost: a\r\nX-Who: no\r\nContent-Length: 9\r\n\r\n")
        assert refused.status == 401
        assert known.closed()
        subject = ((("commonName", "apiserver"),),)
        assert seen == [(subject, "me"), (subject, "no")]
        with pytest.raises((ssl.SSLError, ConnectionError)):
            server.connect(CLIENT).ask(post())


def test_who_has_no_certificate_yet_hangs_up() -> None:
    state: dict[str, ssl.SSLContext] = {}
    with serving(tls=lambda: state["context"]) as server:
        with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
            server.connect()
        assert server.count("no-certificate") == 1
        state["context"] = server_context(LEAF.cert, LEAF.key)
        assert server.connect().ask(post()).status == 200


def test_what_the_application_is_told() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        seen.update(environ)
        return echo(environ, start)

    request = post(
        "/a%20b?timeout=5s&x=%20",
        b"{}",
        *("Content-Type: application/json", "X-Two: a", "X-Two: b", "X_Two: forged"),
    )
    with serving(app) as server:
        assert server.connect().ask(request).body == b"/a b {}"
        expected = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/a b",
            "QUERY_STRING": "timeout=5s&x=%20",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": "2",
            "SERVER_PORT": str(server.front.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_X_TWO": "a,b",
            "wsgi.url_scheme": "https",
            "kguard.peer_certificate": None,
        }
        assert {name: seen[name] for name in expected} == expected


def test_requests_are_measured() -> None:
    timed: list[bool] = []

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        timed.append(environ["kguard.timed"])
        start("200 OK", [])
        return []

    with serving(app) as server:
        client = server.connect()
        client.ask(post("/", b"x" * 5000))
        for _ in range(SAMPLED):
            client.ask(post())
        value = server.metrics.registry.get_sample_value
        assert value("kguard_body_bytes_sum") == 5000
        assert value("kguard_body_bytes_count") == SAMPLED + 1
        assert value("kguard_admission_phase_seconds_count", {"phase": "read"}) == 2
        assert timed == [True, *[False] * (SAMPLED - 1), True]
        assert value("kguard_admission_inflight") == 0


def test_a_new_certificate_costs_no_request() -> None:
    pairs = [issue(f"leaf {number}", CA, sans=("localhost",)) for number in range(4)]
    contexts = [server_context(pair.cert, pair.key) for pair in pairs]
    current = contexts[:1]
    with serving(tls=lambda: current[0]) as server:
        kept = server.connect()
        for pair, context in zip(pairs, contexts, strict=True):
            current[0] = context
            fresh = server.connect()
            assert isinstance(fresh.sock, ssl.SSLSocket)
            shown = fresh.sock.getpeercert(binary_form=True)
            assert shown == ssl.PEM_cert_to_DER_cert(pair.cert.decode())
            assert fresh.ask(post("/fresh")).status == 200
            assert kept.ask(post("/kept")).status == 200


def test_rotation_under_load_loses_nothing() -> None:
    pairs = [issue("leaf", CA, sans=("localhost",)) for _ in range(2)]
    contexts = [server_context(pair.cert, pair.key) for pair in pairs]
    asked = 0

    def tls() -> ssl.SSLContext:  # Another one for each connection.
        nonlocal asked
        asked += 1
        return contexts[asked % 2]

    with serving(tls=tls) as server:
        kept = [server.connect() for _ in range(4)]
        for number in range(40):
            for client in kept:
                client.send(post(f"/{number}"))
            assert server.connect().ask(post()).status == 200
            assert {client.answer().body for client in kept} == {b"/%d " % number}
        assert asked == 44


def test_a_port_that_is_taken() -> None:
    from kguard.webhook.front.limits import Limits
    from kguard.webhook.front.server import Front

    with serving() as server, pytest.raises(OSError, match="in use"):
        Front(echo, host="127.0.0.1", port=server.front.port, tls=None, limits=Limits(1))
