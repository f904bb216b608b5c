"""What `kguard serve` is told reaches what it is for: asked of the process."""

from __future__ import annotations

import contextlib
import math
import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from review_cases import OWNER, TINY
from test_serve import serving
from webhook_process import FILES, LEAF, Webhook, trusting, write_files
from webhook_reviews import asked, deployment, pod

BY_HAND = ("serve", "--no-cluster", *FILES)
ARGO = "system:serviceaccount:argo:argo"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webhook]:
    words = ("--mode", "enforce", "--tls-min-version", "1.3", "--max-body", "20000")
    folder = write_files(tmp_path_factory.mktemp("serve"))
    with serving(folder, *BY_HAND, *words, "--trusted-controller", ARGO) as started:
        yield Webhook(started)


def test_no_older_tls_is_spoken_than_the_oldest_allowed(strict: Webhook) -> None:
    before = trusting(ssl.TLSVersion.TLSv1_2)
    connection = HTTPSConnection("127.0.0.1", strict.port, timeout=10, context=before)
    with contextlib.closing(connection), pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        connection.connect()


@pytest.mark.parametrize(("size", "status"), [(20_000, 400), (20_001, 413)])
def test_no_larger_body_than_the_largest_allowed(strict: Webhook, size: int, status: int) -> None:
    assert strict.post(b"x" * size)[0] == status


@pytest.mark.parametrize(("user", "allowed"), [(ARGO, True), (f"{ARGO}-x", False)])
def test_who_is_trusted_is_refused_nothing(strict: Webhook, user: str, allowed: bool) -> None:
    data = pod(resources=TINY)
    data["metadata"]["ownerReferences"] = [{**OWNER, "kind": "Workflow"}]
    assert strict.review(asked(data, user=user))["allowed"] is allowed


def test_the_metrics_tell_when_the_certificate_ends(strict: Webhook) -> None:
    expiry = strict.metric("kguard_certificate_expiry_timestamp_seconds", cert="leaf")
    assert expiry == LEAF.parsed.not_valid_after_utc.timestamp()


def test_the_metrics_know_of_no_bundle_where_others_look_after_it(strict: Webhook) -> None:
    assert math.isnan(strict.metric("kguard_cabundle_match") or 0)


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webhook]:
    words = ("--mode", "enforce", "--timeout", "0.000001", "--on-error", "deny")
    with serving(write_files(tmp_path_factory.mktemp("serve")), *BY_HAND, *words) as started:
        yield Webhook(started)


def test_who_names_no_timeout_gets_the_one_of_the_command_line(hurried: Webhook) -> None:
    response = hurried.review(asked(deployment()))
    said = [*response.get("warnings", ()), response.get("status", {}).get("message", "")]
    assert any("not evaluated" in each for each in said), response


def test_what_could_not_be_evaluated_is_refused_where_that_is_said(hurried: Webhook) -> None:
    assert hurried.review(asked(deployment()))["allowed"] is False


STALLED = """
import sys
from kguard.__main__ import main
from kguard.webhook.front.server import Front
Front.problems = lambda front: ["the server has not moved for 11 s"]
sys.exit(main())
"""


def test_a_server_that_only_a_restart_helps_asks_for_one(tmp_path: Path) -> None:
    with serving(write_files(tmp_path), *BY_HAND, program=("-c", STALLED)) as started:
        found = Webhook(started).get("/livez")
    assert found == (503, "the server has not moved for 11 s\n")
