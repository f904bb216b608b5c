"""The whole of a review from bytes to bytes, with its log and metrics at hand."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from webhook_reviews import TODAY, policy_set

from kguard.webhook.cluster.snapshot import EMPTY, Snapshot
from kguard.webhook.log import Log
from kguard.webhook.metrics import Metrics
from kguard.webhook.policyset import PolicySet
from kguard.webhook.service import Answer, Service

HOSTILE = {
    "escape": "\x1b[31mred\x1b[0m",
    "newline": "one\ntwo\r\nthree",
    "null": "a\x00b",
    "bell": "\x07\x08\x7f",
    "c1": "\x9b2J",
    "bidi": "\u202egnp.exe\u2066",
    "separator": "a\u2028b\u2029c",
    "zero width": "a\u200bb\ufeff",
    "surrogate": "\ud800x\udfff",
    "backticks": "a`b``c",
    "format": "%s%n{0}{__class__}",
    "markup": "<script>alert(1)</script>|&;$(id)",
    "json": '", "allowed": true, "x": "',
    "dunder": "__class__",
    "astral": "\U000e0001\U0001f600",
    "empty": "",
    "long": "n" * 5000,
    "words": "w " * 3000,
}
"""Texts that a terminal, a log or a parser could be taken in by."""


class Served:
    """A service with what it wrote."""

    def __init__(
        self,
        policies: PolicySet | None = None,
        around: Snapshot = EMPTY,
        keep: str = "all",
        **more: Any,
    ) -> None:
        self.stream = io.StringIO()
        self.metrics = Metrics()
        policies = policies or policy_set()
        self.service = Service(
            lambda: policies,
            lambda: around,
            self.metrics,
            Log(self.stream, keep),
            today=lambda: TODAY,
            **more,
        )

    def send(self, body: bytes, query: str = "timeout=5s", trace: str = "") -> Answer:
        """The answer to a body."""
        return self.service.answer(body, query, time.monotonic(), trace)

    def ask(self, review: Mapping[str, Any], query: str = "timeout=5s") -> dict[str, Any]:
        """The response to a review, checked to be one."""
        return checked(self.send(json.dumps(review).encode(), query), review["request"]["uid"])

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


def checked(answer: Answer, uid: str) -> dict[str, Any]:
    """The response in an answer that the API server takes, with all its limits kept.

    Sources: apiserver pkg/admission/plugin/webhook/request/admissionreview.go and
    pkg/endpoints/filters/warning.go, apimachinery pkg/util/validation (IsQualifiedName).
    """
    assert answer.status == 200
    review = json.loads(answer.body)
    assert (review["apiVersion"], review["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response: dict[str, Any] = review["response"]
    assert response["uid"] == uid
    assert isinstance(response["allowed"], bool)
    assert set(response) <= {"uid", "allowed", "status", "warnings", "auditAnnotations"}
    warnings = response.get("warnings", [])
    assert len(set(warnings)) == len(warnings)
    assert sum(map(len, warnings)) <= 3500
    for text in warnings:
        assert 0 < len(text) <= 120
        assert text.isprintable()
    for key, value in response["auditAnnotations"].items():
        assert key.isascii()
        assert key.isalnum()
        assert len(key) <= 63
        assert len(value.encode()) <= 1024
        assert value.isprintable()
    if response["allowed"]:
        assert "status" not in response
    else:
        status = response["status"]
        assert (status["code"], status["reason"], status["status"]) == (403, "Forbidden", "Failure")
        assert 0 < len(status["message"]) <= 1500
        assert all(line.isprintable() and line for line in status["message"].split("\n"))
        assert "details" not in status
    return response


def said(response: Mapping[str, Any]) -> Iterator[str]:
    """Every text in a response."""
    yield response.get("status", {}).get("message", "")
    yield from response.get("warnings", ())
    yield from response["auditAnnotations"].values()
