"""Requests that are no HTTP, that mean two things, or that ask for too much."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from attack_server import GOOD, WRONG, Server
from attack_wire import ALLOW, CLOSED, DENY, PATH, post, verdict
from webhook_reviews import asked, pod

N = len(GOOD)
START = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n".encode()


def head(*lines: str) -> bytes:
    """A good request with other headers than Host and Content-Type, and its body."""
    return START + "\r\n".join([*lines, "", ""]).encode("latin-1") + GOOD


def first(line: str, *headers: str) -> bytes:
    """A request with its own first line."""
    rest = ["Host: a", "Content-Type: application/json", f"Content-Length: {N}", *headers, "", ""]
    return "\r\n".join([line, *rest]).encode("latin-1") + GOOD


CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (N, GOOD)

# What is refused ends the connection: nothing that follows can be taken for a request.
REFUSED = {
    # Where does the body end?
    "two lengths that differ": (head(f"Content-Length: {N}", "Content-Length: 5"), "400"),
    "two lengths that agree": (head(f"Content-Length: {N}", f"Content-Length: {N}"), "400"),
    "two lengths in one": (head(f"Content-Length: {N}, {N}"), "400"),
    "a negative length": (head(f"Content-Length: -{N}"), "400"),
    "a length with a sign": (head(f"Content-Length: +{N}"), "400"),
    "a hexadecimal length": (head(f"Content-Length: 0x{N:x}"), "400"),
    "a length as a float": (head(f"Content-Length: {N}.0"), "400"),
    "a length with an exponent": (head("Content-Length: 1e3"), "400"),
    "an empty length": (head("Content-Length:"), "400"),
    "a length in other digits": (head("Content-Length: \xb2"), "400"),
    "a length with junk": (head(f"Content-Length: {N}x"), "400"),
    "a length of 20 digits": (head("Content-Length: " + "9" * 20), "400"),
    "a length of 10,000 digits": (head("Content-Length: " + "9" * 10_000), "400"),
    "a length beyond the limit": (head("Content-Length: 99999999999"), "413"),
    "a length just beyond the limit": (head(f"Content-Length: {32 * 2**20 + 1}"), "413"),
    "no length": (head(), "411"),
    "chunks": (head("Transfer-Encoding: chunked") + CHUNKED, "411"),
    "chunks and a length": (head(f"Content-Length: {N}", "Transfer-Encoding: chunked"), "400"),
    "a length and chunks": (head("Transfer-Encoding: chunked", f"Content-Length: {N}"), "400"),
    "chunks of absurd size": (head("Transfer-Encoding: chunked") + b"f" * 40, "411"),
    "compressed chunks": (head("Transfer-Encoding: gzip, chunked"), "411"),
    "two codings": (head("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), "400"),
    "no coding": (head("Transfer-Encoding: identity", f"Content-Length: {N}"), "400"),
    "a coding behind a tab": (head("Transfer-Encoding:\tchunked", "Content-Length: 5"), "400"),
    "a coding, misspelt": (head(f"Content-Length: {N}", "Transfer-Encoding: xchunked"), "400"),
    "a space before the colon": (head(f"Content-Length : {N}"), "400"),
    "a hidden length": (head("Content-Length: 5", f"content-length: {N}"), "400"),
    # Headers.
    "a folded header": (head("X: a", " b", f"Content-Length: {N}"), "400"),
    "a bare carriage return": (head(f"X: a\rContent-Length: {N}"), "400"),
    "a bare line feed": (head(f"X: a\nContent-Length: {N}"), "400"),
    "NUL in a header": (head("X: a\0b", f"Content-Length: {N}"), "400"),
    "NUL in a name": (head("X\0: a", f"Content-Length: {N}"), "400"),
    "a header without a colon": (head("X", f"Content-Length: {N}"), "400"),
    "a header without a name": (head(": a", f"Content-Length: {N}"), "400"),
    "a name of Latin letters": (head("X\xe9: a", f"Content-Length: {N}"), "400"),
    "a long header": (head("X: " + "a" * 40_000, f"Content-Length: {N}"), "431"),
    "a header without end": (START + b"X: " + b"a" * 3_000_000, "431"),
    "many headers": (head(*["X: a"] * 200, f"Content-Length: {N}"), "431"),
    "thousands of headers": (head(*["X: a"] * 9_000, f"Content-Length: {N}"), "431"),
    "no host": (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400"),
    "two hosts": (head("Host: b", f"Content-Length: {N}"), "400"),
    "an expectation nobody knows": (head(f"Content-Length: {N}", "Expect: gold"), "417"),
    "another protocol": (head("Connection: Upgrade", "Upgrade: h2c", "Content-Length: 0"), "400"),
    "a web socket": (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "400",
    ),
    # The first line.
    "not HTTP": (b"\x16\x03\x01" * 20 + b"\r\n\r\n", "400"),
    "HTTP/0.9": (b"GET /validate\r\n\r\n", "505"),
    "HTTP/1.2": (first(f"POST {PATH} HTTP/1.2"), "400"),
    "HTTP/2.0": (first(f"POST {PATH} HTTP/2.0"), "505"),
    "HTTP/9.9": (first(f"POST {PATH} HTTP/9.9"), "400"),
    "HTTP/1.1.1": (first(f"POST {PATH} HTTP/1.1.1"), "400"),
    "no version": (first(f"POST {PATH} HTTP/"), "400"),
    "another protocol's version": (first(f"POST {PATH} HTTPS/1.1"), "400"),
    "an unknown method": (first(f"HACK {PATH} HTTP/1.1"), "400"),
    "a method in lower case": (first(f"post {PATH} HTTP/1.1"), "400"),
    "a method of 100 KB": (first("P" * 100_000 + f" {PATH} HTTP/1.1"), "400"),
    "CONNECT": (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    "a whole URL": (first(f"POST https://a{PATH} HTTP/1.1"), "400"),
    "an asterisk": (first("OPTIONS * HTTP/1.1"), "400"),
    "a path without a slash": (first("POST validate HTTP/1.1"), "400"),
    "a space in the path": (first("POST /vali date HTTP/1.1"), "400"),
    "NUL in the path": (first("POST /validate\0 HTTP/1.1"), "400"),
    "a path of 100 KB": (first("POST /" + "a" * 100_000 + " HTTP/1.1"), "431"),
    # Compressed bodies.
    "gzip": (post(gzip.compress(GOOD), PATH, "Content-Encoding: gzip"), "415"),
    "a bomb of gzip": (post(gzip.compress(bytes(9**8)), PATH, "Content-Encoding: gzip"), "415"),
    "deflate": (post(zlib.compress(GOOD), PATH, "Content-Encoding: deflate"), "415"),
    "gzip over gzip": (post(GOOD, PATH, "Content-Encoding: gzip, gzip"), "415"),
    "gzip in capitals": (post(GOOD, PATH, "Content-Encoding: GZIP"), "415"),
    "gzip behind identity": (post(GOOD, PATH, "Content-Encoding: identity, gzip"), "415"),
    "gzip in a second header": (
        post(GOOD, PATH, "Content-Encoding: identity", "Content-Encoding: gzip"),
        "415",
    ),
}


@pytest.mark.parametrize(
    ("data", "status"), REFUSED.values(), ids=[f"{x} -> {s}" for x, (_, s) in REFUSED.items()]
)
def test_what_is_refused_ends_the_connection(server: Server, data: bytes, status: str) -> None:
    with contextlib.closing(server.connect()) as wire:
        wire.try_to_send(data).try_to_send(post(GOOD))
        assert [status, CLOSED] == wire.answers()


# What is answered, and after which the connection still serves.
ANSWERED = {
    "GET": (b"GET /validate HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
    "PUT": (post(GOOD, method="PUT"), "405"),
    "PATCH": (post(GOOD, method="PATCH"), "405"),
    "DELETE": (post(GOOD, method="DELETE"), "405"),
    "TRACE": (post(b"", method="TRACE"), "405"),
    "PROPFIND": (post(GOOD, method="PROPFIND"), "405"),
    "the root": (post(GOOD, "/"), "404"),
    "a slash more": (post(GOOD, "/validate/"), "404"),
    "another case": (post(GOOD, "/VALIDATE"), "404"),
    "a way out": (post(GOOD, "/../../../etc/passwd"), "404"),
    "an encoded way out": (post(GOOD, "/%2e%2e/%2e%2e/etc/passwd"), "404"),
    "a round trip": (post(GOOD, "/x/../validate"), "404"),
    "a parameter": (post(GOOD, "/validate;x=y"), "404"),
    "an encoded NUL": (post(GOOD, "/validate%00"), "404"),
    "an encoded newline": (post(GOOD, "/validate%0d%0aX:%20y"), "404"),
    "no UTF-8": (post(GOOD, "/%ff%fe"), "404"),
    "a broken escape": (post(GOOD, "/%zz%"), "404"),
    "markup": (post(GOOD, "/<script>alert(1)</script>"), "404"),
    "a long path": (post(GOOD, "/" + "a/" * 8_000), "404"),
    "static files": (b"GET /static/app.js HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
    "the console": (b"GET /console HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
    "metrics on the wrong port": (b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
    "drain on the wrong port": (post(b"", "/drain"), "404"),
    "no media type": (post(GOOD, media=""), "415"),
    "text": (post(GOOD, media="text/plain"), "415"),
    "YAML": (post(GOOD, media="application/yaml"), "415"),
    "protobuf": (post(GOOD, media="application/vnd.kubernetes.protobuf"), "415"),
    "a form": (post(GOOD, media="application/x-www-form-urlencoded"), "415"),
    "several parts": (post(GOOD, media="multipart/form-data; boundary=x"), "415"),
    "nearly JSON": (post(GOOD, media="application/json-patch+json"), "415"),
    "two types": (post(GOOD, media="text/plain, application/json"), "415"),
    "an empty type": (post(GOOD, media=";"), "415"),
    "a length of nothing": (post(b""), "400"),
    "a length with many zeros": (post(GOOD, length=f"{N:030}"), "400"),
    "JSON with a character set": (post(GOOD, media="application/json; charset=utf-8"), ALLOW),
    "JSON in capitals": (post(GOOD, media="APPLICATION/JSON"), ALLOW),
    "JSON of another set": (post(GOOD, media='application/json; charset="utf-16"'), ALLOW),
    "identity": (post(GOOD, PATH, "Content-Encoding: identity"), ALLOW),
    "two slashes": (post(GOOD, "//validate"), ALLOW),
    "an encoded path": (post(GOOD, "/%76alidate"), ALLOW),
    "a hundred headers": (post(GOOD, PATH, *(f"X-{n}: a" for n in range(96))), ALLOW),
    "headers with underscores": (
        post(GOOD, PATH, "Content_Length: 5", "Transfer_Encoding: chunked", "Wsgi_Input: x"),
        ALLOW,
    ),
    "forwarded headers": (
        post(
            GOOD, PATH, "X-Forwarded-For: 127.0.0.1", "X-Original-URL: /drain", "Forwarded: for=x"
        ),
        ALLOW,
    ),
    "a broken trace": (post(GOOD, PATH, "traceparent: \xff-" + "x" * 9_000), ALLOW),
    "a hostile trace": (post(GOOD, PATH, "traceparent: 00-" + '"\\' * 16 + "-b-01"), ALLOW),
    "a query without a name": (post(GOOD, "/validate?=&&=&"), ALLOW),
}


@pytest.mark.parametrize(
    ("data", "expected"),
    ANSWERED.values(),
    ids=[f"{name} -> {expected}" for name, (_, expected) in ANSWERED.items()],
)
def test_what_is_answered_keeps_the_connection(server: Server, data: bytes, expected: str) -> None:
    with contextlib.closing(server.connect()) as wire:
        answer = wire.send(data).answer()
        assert expected == verdict(answer)
        assert answer.headers["content-type"] in ("application/json", "text/html; charset=utf-8")
        assert verdict(wire.send(post(WRONG)).answer()) == DENY


# A timeout nobody can mean is as good as none: the review is answered in its own time.
TIMEOUTS = [
    *("", "abc", "-1s", "-9999h", "0", "0s", "1", "1ns", "1us", "0.0001ms", "999999999h", "1e9s"),
    *("10s&timeout=1ns", "1ns&timeout=10s", "%00", "%ff", "%31%30%73", "10s%0a", "+10s", "NaN"),
    *("Infinitys", "%EF%BC%99s", "9" * 5_000 + "s", "1h" * 3_000, "." * 9_000),
    *("5s" + "&a=b" * 9, "5s" + "&a=b" * 10, "5s" + "&" * 9_000, "5s" + "&a" * 4_000),
    "5s;timeout=1ns",
]


@pytest.mark.parametrize("text", TIMEOUTS, ids=[f"{t[:20]!r} x {len(t)}" for t in TIMEOUTS])
@pytest.mark.parametrize(("review", "expected"), [(GOOD, ALLOW), (WRONG, DENY)], ids=[ALLOW, DENY])
def test_timeouts(server: Server, text: str, review: bytes, expected: str) -> None:
    answer = server.ask(post(review, f"/validate?timeout={text}"))
    assert expected == verdict(answer)


def test_a_body_behind_its_length_is_no_request(server: Server) -> None:
    with contextlib.closing(server.connect()) as wire:
        wire.send(post(GOOD + b"extra"))  # Counted in: JSON with something behind it.
        assert wire.answer().status == 400
        wire.send(post(GOOD, length=N) + b"extra\r\n\r\n")
        assert wire.answers() == ["200", "400", CLOSED]


def test_a_length_too_short_makes_a_broken_review_and_a_broken_request(server: Server) -> None:
    with contextlib.closing(server.connect()) as wire:
        assert wire.send(post(GOOD, length=N - 10)).answers() == ["400", "400", CLOSED]


def test_a_smuggled_request_is_a_body(server: Server) -> None:
    inner = post(WRONG)
    with contextlib.closing(server.connect()) as wire:
        wire.send(post(inner) + post(GOOD))
        assert [verdict(wire.answer()) for _ in range(2)] == ["400", ALLOW]


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    with contextlib.closing(server.connect()) as wire:
        wire.send((post(GOOD) + post(WRONG) + post(b"{}")) * 40)
        found = [verdict(wire.answer()) for _ in range(120)]
        assert found == [ALLOW, DENY, "400"] * 40


def test_a_bad_request_does_not_take_the_good_ones_before_it_along(server: Server) -> None:
    with contextlib.closing(server.connect()) as wire:
        wire.try_to_send(post(GOOD) * 3 + b"nonsense\r\n\r\n" + post(GOOD) * 3)
        assert wire.answers() == ["200"] * 3 + ["400", CLOSED]


def test_a_request_in_single_bytes(server: Server) -> None:
    with contextlib.closing(server.connect()) as wire:
        for byte in post(WRONG):
            wire.send(bytes([byte]))
        assert verdict(wire.answer()) == DENY


def test_continue_is_said_and_then_the_body_is_judged(server: Server) -> None:
    request = post(WRONG, PATH, "Expect: 100-continue")
    start, end = request[: -len(WRONG)], request[-len(WRONG) :]
    with contextlib.closing(server.connect()) as wire:
        assert wire.send(start).answer().status == 100
        assert verdict(wire.send(end).answer()) == DENY


def test_who_speaks_http_1_0_is_answered_and_let_go(server: Server) -> None:
    with contextlib.closing(server.connect()) as wire:
        assert wire.send(post(GOOD).replace(b"HTTP/1.1", b"HTTP/1.0")).answers() == ["200", CLOSED]


def test_bodies_over_the_limit_cost_no_memory(server: Server) -> None:
    before = server.memory("VmHWM")
    part = b"x" * 2**20
    for announced in (33 * 2**20, 2**40):
        for _ in range(5):
            with contextlib.closing(server.connect()) as wire:
                wire.try_to_send(post(b"", length=announced))
                for _ in range(40):  # Whatever it was told.
                    wire.try_to_send(part)
                assert wire.answers()[0] in ("413", CLOSED)
    server.must_answer()
    assert server.memory("VmHWM") - before < 4


def heavy(size: int) -> bytes:
    """A review of about so many bytes: what Go makes of angle brackets in an annotation."""
    data = pod()
    data["metadata"]["annotations"] = {"html": "PLACE"}
    return json.dumps(asked(data)).encode().replace(b"PLACE", rb"\u003c" * (size // 6))


def test_the_largest_review_there_can_be_is_judged(server: Server) -> None:
    started = time.monotonic()
    assert verdict(server.review(heavy(27 * 10**6))) == ALLOW
    assert time.monotonic() - started < 5


def test_large_reviews_at_once_hold_up_no_small_one(server: Server) -> None:
    body = post(heavy(27 * 10**6))
    with ThreadPoolExecutor(6) as pool:
        large = [pool.submit(server.ask, body) for _ in range(6)]
        while not all(each.done() for each in large):
            server.must_answer()
        found = {verdict(each.result()) for each in large}
    assert ALLOW in found
    assert found <= {ALLOW, "503"}


def test_memory_of_large_reviews_is_given_back(server: Server) -> None:
    before = server.memory()
    body = post(heavy(8 * 10**6))
    for _ in range(12):
        assert verdict(server.ask(body)) == ALLOW
    server.must_answer()
    server.wait_for(lambda: server.memory() - before < 10)


def test_a_burst_above_capacity_is_answered_or_told_when_to_come_back(server: Server) -> None:
    ready = threading.Barrier(200)

    def ask() -> str:
        with contextlib.closing(server.connect()) as wire:
            ready.wait(timeout=20)
            answer = wire.send(post(WRONG)).answer()
        if answer.status == 503:
            # The API server repeats what was answered so (k8s.io/client-go rest/with_retry.go).
            assert (answer.headers["retry-after"], answer.headers["connection"]) == ("1", "close")
        return verdict(answer)

    with ThreadPoolExecutor(200) as pool:
        found = {task.result() for task in [pool.submit(ask) for _ in range(200)]}
    assert DENY in found
    assert found <= {DENY, "503"}


# The plain port, which is there for probes.
PLAIN = {
    "junk": (b"\x16\x03\x01" * 50, ["400", CLOSED]),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", ["400", CLOSED]),
    "drain by GET": (b"GET /drain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", ["405"]),
    "a way out": (b"GET /../../proc/self/environ HTTP/1.1\r\nHost: a\r\n\r\nx", ["404", "400"]),
    "a review": (post(GOOD), ["404"]),
    "a large body": (post(b"", "/drain", length=5000), ["413"]),
    "chunks": (b"POST /drain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", ["411"]),
    "a long header": (b"GET /livez HTTP/1.1\r\nX: " + b"a" * 50_000, ["431"]),
    "two lengths": (head("Content-Length: 1", "Content-Length: 2"), ["400"]),
}


@pytest.mark.parametrize(
    ("data", "expected"), PLAIN.values(), ids=[f"{x} -> {e[0]}" for x, (_, e) in PLAIN.items()]
)
def test_the_plain_port(server: Server, data: bytes, expected: list[str]) -> None:
    found = server.health(data + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert expected == found[: len(expected)]
    assert found[-1] == CLOSED
