"""What the server allows its clients."""

from __future__ import annotations

from kguard.record import record


@record
class Limits:
    """Sizes in bytes and times in seconds; each time is an absolute deadline, not one per read.

    `max_body` is three times what the API server accepts for an object and its predecessor,
    because Go's JSON writes `<`, `>` and `&` as six bytes. `keep_alive` is longer than the 90 s
    after which the API server drops an idle connection (net/http DefaultTransport): it does not
    repeat a POST that meets a closing one (k8s.io/client-go rest/request.go).
    """

    concurrency: int  # Evaluations at once.
    queue: int = 64  # Requests that wait for one, above which they are shed.
    queue_wait: float = 0.25  # How long they wait before they are shed.
    max_body: int = 32 * 2**20
    large_body: int = 2**20  # Bodies above this are evaluated one at a time.
    small_body: int = 0  # Below this, on the loop: for applications that heed wsgi.UNTIL.
    buffered: int = 64 * 2**20  # All bodies in memory; the oldest unfinished one gives way.
    header_bytes: int = 32 * 2**10  # Request line and all headers.
    header_count: int = 100
    connections: int = 2000
    handshake: float = 5.0
    headers: float = 5.0  # From the first byte of a request, or the handshake, to its last header.
    body: float = 10.0
    write: float = 10.0  # From an answer to the peer having taken it.
    keep_alive: float = 130.0
    linger: float = 2.0  # What a refused client may go on sending; idle connections after SIGTERM.
    grace: float = 20.0  # From SIGTERM to the end, whatever is still in flight.
