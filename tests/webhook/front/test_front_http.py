"""Requests of one connection, and what is refused before anybody looks at the body."""

from __future__ import annotations

import pytest
from httptools import HttpParserCallbackError

from kguard.webhook.front.http import Head, Refusal, Requests
from kguard.webhook.front.limits import Limits


class Host:
    """Lets everything in."""

    def admit(self, head: Head) -> Refusal | None:
        return None

    def grow(self, size: int) -> Refusal | None:
        return None


def parse(*parts: bytes, **limits: int) -> Requests:
    requests = Requests(Limits(1, **limits), Host())
    for part in parts:
        if requests.refusal is None:
            requests.feed(part)
    return requests


def request(*headers: str, first: str = "POST / HTTP/1.1", body: str = "hello") -> bytes:
    lines = [first, "Host: a", *headers, "", body]
    return "\r\n".join(lines).encode("latin-1")


LENGTH = "Content-Length: 5"
CHUNKED = "Transfer-Encoding: chunked"

# What makes two parsers see different requests in the same bytes: RFC 9112 11.2 and what became
# of it in servers and proxies.
SMUGGLED = {
    "length and chunked": request(LENGTH, CHUNKED, body="0\r\n\r\n"),
    "chunked and length": request(CHUNKED, LENGTH, body="0\r\n\r\n"),
    "two lengths": request(LENGTH, "Content-Length: 6"),
    "the same length twice": request(LENGTH, LENGTH),
    "a list of lengths": request("Content-Length: 5, 5"),
    "plus": request("Content-Length: +5"),
    "minus": request("Content-Length: -5"),
    "hexadecimal": request("Content-Length: 0x5"),
    "two numbers": request("Content-Length: 5 5"),
    "underscore in the number": request("Content-Length: 0_5"),
    "superscript": request("Content-Length: \xb2"),
    "empty length": request("Content-Length: "),
    "length beyond 64 bits": request("Content-Length: 18446744073709551617"),
    "space before the colon": request("Content-Length : 5"),
    "tab before the colon": request("Content-Length\t: 5"),
    "space before a name": request(" X: y", LENGTH),
    "folded": request("X: a\r\n b", LENGTH),
    "folded length": request("Content-Length:\r\n 5"),
    "bare line feeds": request(LENGTH).replace(b"\r\n", b"\n"),
    "one bare line feed": request("X: y\nZ: a", LENGTH),
    "bare carriage return": request("X: y\rContent-Length: 6", LENGTH),
    "NUL in a value": request("X: y\0z", LENGTH),
    "NUL in a name": request("X\0: y", LENGTH),
    "control character in a value": request("X: y\x01z", LENGTH),
    "vertical tab before chunked": request("Transfer-Encoding: \x0bchunked"),
    "chunked twice": request(CHUNKED, "Transfer-Encoding: identity"),
    "no colon": request("Nonsense", LENGTH),
    "empty name": request(": x", LENGTH),
    "8 bits in a name": request("X\xc3: y", LENGTH),
    "tab for a space": request(LENGTH, first="POST\t/\tHTTP/1.1"),
    "space in the target": request(LENGTH, first="POST /a b HTTP/1.1"),
    "NUL in the target": request(LENGTH, first="POST /\0 HTTP/1.1"),
    "8 bits in the target": request(LENGTH, first="POST /\xff HTTP/1.1"),
    "space after the version": request(LENGTH, first="POST / HTTP/1.1 "),
    "small letters": request(LENGTH, first="post / http/1.1"),
    "unknown version": request(LENGTH, first="POST / HTTP/1.2"),
    "absolute target": request(LENGTH, first="POST http://a/ HTTP/1.1"),
    "asterisk": request(LENGTH, first="OPTIONS * HTTP/1.1"),
    "no host": b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    "two hosts": request("Host: b", LENGTH),
    "upgrade": request("Connection: Upgrade", "Upgrade: h2c", LENGTH),
    "connect": b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("data", SMUGGLED.values(), ids=SMUGGLED)
@pytest.mark.parametrize("step", [100_000, 1], ids=["whole", "bytes"])
def test_what_could_be_read_in_two_ways_is_refused(data: bytes, step: int) -> None:
    requests = parse(*(data[at : at + step] for at in range(0, len(data), step)))
    assert requests.refusal is not None
    assert requests.refusal.status == 400
    assert list(requests.ready) == []


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request(CHUNKED, body="5\r\nhello\r\n0\r\n\r\n"), 411),
        (request("Transfer-Encoding: gzip, chunked", body="0\r\n\r\n"), 411),
        (request("Transfer-Encoding: identity"), 411),
        (request(), 411),
        (request(LENGTH, "Content-Encoding: gzip"), 415),
        (request(LENGTH, "Content-Encoding: identity, br"), 415),
        (request(LENGTH, "Expect: tea"), 417),
        (request("Content-Length: 101"), 413),
        (request("Content-Length: 18446744073709551615"), 413),
        (request(LENGTH, first="POST / HTTP/2.0"), 505),
        (b"GET /\r\n\r\n", 505),
        (request(*(f"X-{number}: y" for number in range(21))), 431),
        (request("X: " + "y" * 2000), 431),
        (request(first="GET /" + "a" * 2000 + " HTTP/1.1"), 431),
    ],
)
def test_what_is_not_read_says_why(data: bytes, status: int) -> None:
    requests = parse(data, max_body=100, header_bytes=1500, header_count=20)
    assert requests.refusal is not None
    assert requests.refusal.status == status
    assert list(requests.ready) == []


def test_a_header_without_end_is_not_kept() -> None:
    fed = 0
    requests = Requests(Limits(1, header_bytes=4096), Host())
    requests.feed(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    while requests.refusal is None and fed < 100_000:
        requests.feed(b"y" * 1000)
        fed += 1000
    assert requests.refusal is not None
    assert requests.refusal.status == 431
    assert fed <= 6000


def test_long_headers_of_a_later_request_are_not_charged_with_the_earlier_one() -> None:
    first = request("Content-Length: 3000", body="x" * 3000)
    second = request("X: " + "y" * 3500, LENGTH)
    data = first + second
    requests = parse(data[:3500], data[3500:], header_bytes=4096)
    assert requests.refusal is None
    assert [len(each.body) for each in requests.ready] == [3000, 5]


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_requests_come_out_in_order(step: int) -> None:
    data = b"".join(
        request("Content-Length: 1", first=f"POST /{number}?q=1 HTTP/1.1", body=str(number))
        for number in range(9)
    )
    requests = parse(*(data[at : at + step] for at in range(0, len(data), step)))
    seen = [(each.head.target, each.body) for each in requests.ready]
    assert seen == [(b"/%d?q=1" % number, b"%d" % number) for number in range(9)]
    assert not requests.started


def test_a_bad_request_does_not_take_the_good_one_before_it_along() -> None:
    requests = parse(request(LENGTH) + b"nonsense\r\n\r\n")
    assert [each.body for each in requests.ready] == [b"hello"]
    assert requests.refusal is not None


def test_what_follows_the_last_request_is_not_one() -> None:
    data = request("Connection: close", LENGTH) + request(LENGTH)
    requests = parse(data)
    assert [each.head.keep_alive for each in requests.ready] == [False]


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (request(LENGTH), True),
        (request(LENGTH, "Connection: Close"), False),
        (request(LENGTH, first="POST / HTTP/1.0"), False),
        (request(LENGTH, "Connection: keep-alive", first="POST / HTTP/1.0"), False),
    ],
    ids=["1.1", "close", "1.0", "1.0 keep-alive"],
)
def test_whether_the_connection_stays(data: bytes, kept: bool) -> None:
    (only,) = parse(data).ready
    assert only.head.keep_alive is kept


def test_empty_lines_before_a_request_are_ignored() -> None:
    (only,) = parse(b"\r\n\r\n" + request(LENGTH)).ready
    assert only.body == b"hello"


def test_the_host_decides_before_the_body() -> None:
    class Closed(Host):
        def admit(self, head: Head) -> Refusal | None:
            return Refusal(401, f"not {head.method} {dict(head.headers)[b'x'].decode()}")

        def grow(self, size: int) -> Refusal | None:
            raise AssertionError

    requests = Requests(Limits(1), Closed())
    requests.feed(request("X: y", LENGTH))
    assert requests.refusal == Refusal(401, "not POST y")


def test_a_fault_of_ours_is_not_the_clients() -> None:
    class Broken(Host):
        def admit(self, head: Head) -> Refusal | None:
            raise ZeroDivisionError

    with pytest.raises(HttpParserCallbackError):
        Requests(Limits(1), Broken()).feed(request(LENGTH))
