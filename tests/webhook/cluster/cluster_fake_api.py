"""A small API server: lists in pages, watches with bookmarks, and every way to fail."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Query = dict[str, str]
Object = dict[str, Any]

LIMIT_RANGES = "/api/v1/limitranges"
NAMESPACES = "/api/v1/namespaces"
CONFIG_MAPS = "/api/v1/namespaces/argo/configmaps"
AUTOSCALERS = "/apis/autoscaling/v2/horizontalpodautoscalers"
BUDGETS = "/apis/policy/v1/poddisruptionbudgets"
TEMPLATES = "/apis/argoproj.io/v1alpha1/workflowtemplates"
CLUSTER_TEMPLATES = "/apis/argoproj.io/v1alpha1/clusterworkflowtemplates"
SCALED = "/apis/keda.sh/v1alpha1/scaledobjects"
VERTICAL = "/apis/autoscaling.k8s.io/v1/verticalpodautoscalers"
PATHS = (
    LIMIT_RANGES,
    NAMESPACES,
    CONFIG_MAPS,
    AUTOSCALERS,
    BUDGETS,
    TEMPLATES,
    CLUSTER_TEMPLATES,
    SCALED,
    VERTICAL,
)


def status(code: int, message: str = "no") -> bytes:
    return json.dumps({"kind": "Status", "code": code, "message": message}).encode()


def made(name: str, namespace: str | None = None, **more: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": metadata, **more}


class FakeApi:
    """Collections by path; what is in `refused` is answered so, whatever is asked."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.version = 100
        self.objects: dict[str, dict[tuple[str | None, str], Object]] = defaultdict(dict)
        self.events: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
        self.oldest = 0
        """Watches from an older version are told that it is gone."""
        self.refused: dict[str, tuple[int, bytes]] = {}
        self.answers: dict[str, list[bytes]] = defaultdict(list)
        """Whole answers to the next lists of a path."""
        self.requests: list[tuple[str, Query]] = []
        self.headers: list[dict[str, str]] = []
        self.watching: dict[str, int] = defaultdict(int)
        self.cuts = 0
        self.ends = 0
        self.silent = threading.Event()
        self.retry_after = "0"
        self.closing = False

    # What tests say

    def put(self, path: str, item: Object) -> None:
        with self.changed:
            key = (item["metadata"].get("namespace"), item["metadata"]["name"])
            kind = "MODIFIED" if key in self.objects[path] else "ADDED"
            self.objects[path][key] = self._versioned(item)
            self._event(path, kind, self.objects[path][key])

    def delete(self, path: str, name: str, namespace: str | None = None) -> None:
        with self.changed:
            gone = self.objects[path].pop((namespace, name))
            self._event(path, "DELETED", self._versioned(gone))

    def bookmark(self, path: str) -> None:
        with self.changed:
            self._event(path, "BOOKMARK", self._versioned({"metadata": {}}))

    def error(self, path: str, code: int) -> None:
        with self.changed:
            self.version += 1
            self._event(path, "ERROR", {"kind": "Status", "code": code, "message": "too old"})

    def raw(self, path: str, line: bytes) -> None:
        with self.changed:
            self.version += 1
            self.events[path].append((self.version, line))
            self.changed.notify_all()

    def forget(self) -> None:
        """Compact: what was is gone, and may have changed meanwhile without an event."""
        with self.changed:
            self.version += 1
            self.oldest = self.version
            self.events.clear()

    def speak(self) -> None:
        """End the silence."""
        with self.changed:
            self.silent.clear()
            self.changed.notify_all()

    def cut(self) -> None:
        """Break all watches in the middle of a chunk."""
        with self.changed:
            self.cuts += 1
            self.changed.notify_all()

    def end(self) -> None:
        """End all watches as their time does."""
        with self.changed:
            self.ends += 1
            self.changed.notify_all()

    def asked(self, path: str, *, watch: bool) -> list[Query]:
        with self.changed:
            return [q for p, q in self.requests if p == path and ("watch" in q) == watch]

    # Answers

    def _versioned(self, item: Object) -> Object:
        self.version += 1
        metadata = {**item["metadata"], "resourceVersion": str(self.version)}
        return {**item, "metadata": metadata}

    def _event(self, path: str, kind: str, item: Object) -> None:
        line = json.dumps({"type": kind, "object": item}).encode()
        self.events[path].append((self.version, line))
        self.changed.notify_all()

    def answer(self, path: str, query: Query) -> tuple[int, bytes]:
        with self.changed:
            if path in self.refused:
                return self.refused[path]
            if self.answers[path]:
                return 200, self.answers[path].pop(0)
            if path == "/version":
                return 200, b'{"major": "1", "minor": "31+"}'
            if path not in PATHS and path not in self.objects:
                return 404, status(404)
            items = list(self.objects[path].values())
            if "fieldSelector" in query:
                name = query["fieldSelector"].removeprefix("metadata.name=")
                items = [item for item in items if item["metadata"]["name"] == name]
            version, begin = str(self.version), 0
            if "continue" in query:
                version, _, offset = query["continue"].partition(":")
                begin = int(offset)
                if int(version) < self.oldest:
                    return 410, status(410, "the continue token is too old")
            end = begin + int(query.get("limit", len(items) or 1))
            metadata = {"resourceVersion": version}
            if end < len(items):
                metadata["continue"] = f"{version}:{end}"
            return 200, json.dumps({"metadata": metadata, "items": items[begin:end]}).encode()

    def lines(self, path: str, version: int, name: str) -> Iterator[bytes | None]:
        """The events of a watch; None: break it."""
        with self.changed:
            cuts, ends = self.cuts, self.ends

        def over() -> bool:
            return self.closing or (cuts, ends) != (self.cuts, self.ends)

        def fresh() -> list[tuple[int, bytes]]:
            return [each for each in self.events[path] if each[0] > sent]

        sent, done = version, False
        while not done:
            with self.changed:
                self.changed.wait_for(lambda: over() or fresh())
                found, done, broken = fresh(), over(), cuts != self.cuts
            for number, line in found:
                sent = number
                if not name or b'"BOOKMARK"' in line or f'"name": "{name}"'.encode() in line:
                    yield line
            if broken:
                yield None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: FakeApi

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        api, path = self.api, parts.path
        with api.changed:
            api.requests.append((path, query))
            api.headers.append(dict(self.headers.items()))
        if api.silent.is_set():
            with api.changed:
                api.changed.wait_for(lambda: api.closing or not api.silent.is_set())
            self.close_connection = True
            return
        try:
            if "watch" in query and path not in api.refused:
                self._watch(path, query)
            else:
                self._send(*api.answer(path, query))
        except OSError:
            self.close_connection = True

    def _send(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if code in (429, 503):
            self.send_header("Retry-After", self.api.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, path: str, query: Query) -> None:
        version = int(query["resourceVersion"])
        if version < self.api.oldest:
            self._send(410, status(410, "too old resource version"))
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        with self.api.changed:
            self.api.watching[path] += 1
            self.api.changed.notify_all()
        try:
            name = query.get("fieldSelector", "").removeprefix("metadata.name=")
            for line in self.api.lines(path, version, name):
                if line is None:
                    self.wfile.write(b"ff\r\nhalf a li")
                    self.close_connection = True
                    return
                self._chunk(line + b"\n")
            self.wfile.write(b"0\r\n\r\n")
        finally:
            with self.api.changed:
                self.api.watching[path] -= 1
                self.api.changed.notify_all()

    def _chunk(self, data: bytes) -> None:
        # In two pieces, because lines and chunks need not agree.
        for part in (data[:7], data[7:]):
            if part:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # The clients of these tests break connections.


@contextmanager
def serving(api: FakeApi) -> Iterator[str]:
    """The address at which an API answers."""
    handler = type("Handler", (_Handler,), {"api": api})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        with api.changed:
            api.closing = True
            api.changed.notify_all()
        server.shutdown()
        thread.join(5)
        server.server_close()
