"""Where the server listens: a pod has an address of IPv4, of IPv6, or of both."""

from __future__ import annotations

import socket

import pytest
from front_kit import echo

from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front


def heard_at(host: str) -> set[str]:
    """The loopback addresses at which somebody listens who was told to listen at `host`."""
    front = Front(echo, host=host, port=0, tls=None, limits=Limits(1))
    heard = set()
    for address in ("127.0.0.1", "::1"):
        try:
            socket.create_connection((address, front.port), 5).close()
        except OSError:
            continue
        heard.add(address)
    front.stop()
    assert front.run() == 0
    return heard


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_everywhere() -> None:
    assert heard_at("*") == ({"127.0.0.1", "::1"} if has_ipv6() else {"127.0.0.1"})


def test_everywhere_on_a_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    assert heard_at("*") == {"127.0.0.1"}


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_one_family(host: str) -> None:
    assert heard_at(host) == {"127.0.0.1"}
