"""What a request or a limit was likely meant to be, up to the bounds of what is likely."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts.quantities import few_bytes
from kguard.facts.slips import limit_meant, request_meant
from kguard.quantity.quantities import parse_quantity


@pytest.mark.parametrize(
    ("resource", "text", "limit", "meant"),
    [
        ("cpu", "100", "50m", "100m"),
        ("cpu", 100, "50m", "100m"),
        ("cpu", "10", "10m", "10m"),
        ("cpu", "9", "10m", ""),
        ("cpu", "80", "10m", "80m"),
        ("cpu", "81", "10m", ""),
        ("cpu", "80.0", "10m", ""),
        ("memory", "4Gi", "256Mi", "4Mi"),
        ("memory", "3.9Gi", "256Mi", ""),
        ("memory", "4.194304G", "256Mi", "4.194304M"),
        ("memory", "4.194303G", "256Mi", ""),
        ("memory", "1.5Ti", "512Mi", "1.5Gi"),
        ("memory", "4Ti", "512Mi", "4Gi"),
        ("memory", "4.1Ti", "512Mi", ""),
        ("memory", "512Mi", "1Mi", ""),
        ("ephemeral-storage", "1Ti", "1Gi", "1Gi"),
        ("hugepages-2Mi", "1Ti", "1Gi", "1Gi"),
        ("nvidia.com/gpu", "1Ti", "1Gi", ""),
    ],
)
def test_a_request(resource: str, text: Any, limit: str, meant: str) -> None:
    assert meant == request_meant(resource, text, parse_quantity(text), parse_quantity(limit))


@pytest.mark.parametrize(
    ("resource", "text", "meant"),
    [
        ("cpu", "1m", "1"),
        ("cpu", "9m", "9"),
        ("cpu", "10m", ""),
        ("cpu", "0", ""),
        ("cpu", "0.001", ""),
        ("memory", "512", "512Mi"),
        ("memory", 512, "512Mi"),
        ("memory", "1", "1Mi"),
        ("memory", "128m", "128Mi"),
        ("memory", "4194303", "4194303Mi"),
        ("memory", "4194304", ""),
        ("memory", "0m", ""),
        ("memory", "4Ki", ""),
        ("ephemeral-storage", "512", "512Mi"),
        ("hugepages-2Mi", "2", "2Mi"),
        ("nvidia.com/gpu", "1", ""),
    ],
)
def test_a_limit(resource: str, text: Any, meant: str) -> None:
    assert meant == limit_meant(resource, text, parse_quantity(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [("1", "1 byte"), ("2", "2 bytes"), ("128m", "0.128 bytes"), ("64Ki", "65,536 bytes")],
)
def test_how_few_bytes_there_are(text: str, said: str) -> None:
    assert few_bytes(parse_quantity(text)) == said
