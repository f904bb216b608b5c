"""Variables of the environment that look like settings and are none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kguard.config.options import VARIABLES
from kguard.config.variables import OTHERS, unread

SLIPS = {
    "KGUARD_PROFIL": "KGUARD_PROFILE",
    "KGUARD_KUBEVERSION": "KGUARD_KUBE_VERSION",
    "KGUARD_FAILON": "KGUARD_FAIL_ON",
    "KGUARD_CONFIGS": "KGUARD_CONFIG",
    "KGUARD_FORMAT": "",
    "KGUARD_ARGO_ASSUME": "",
    "KGUARD_PORTS": "",
    "KGUARD_PORT_443": "",
    "KGUARD_SERVICE": "",
}
OF_SERVICES = [
    f"KGUARD_{service}{rest}"
    for service in ("", "WEBHOOK_", "WEBHOOK_2_")
    for rest in (
        "SERVICE_HOST",
        "SERVICE_PORT",
        "SERVICE_PORT_HTTPS",
        "PORT",
        "PORT_443_TCP",
        "PORT_443_TCP_PROTO",
        "PORT_443_TCP_PORT",
        "PORT_8443_UDP_ADDR",
    )
]
"""What the kubelet sets: kubernetes pkg/kubelet/envvars/envvars.go."""


@pytest.mark.parametrize("name", SLIPS)
def test_a_variable_that_is_not_read_is_found_with_what_it_was_meant_to_be(name: str) -> None:
    assert list(unread({name: "x"})) == [(name, SLIPS[name])]
    assert list(unread({name: ""})) == []


@pytest.mark.parametrize(
    "name",
    [
        *VARIABLES,
        *OTHERS,
        *OF_SERVICES,
        "KGUARD_VERSION",
        "KGUARD_IMAGE",
        "KGUARD_",
        "PROFIL",
        "NOT_KGUARD_FOO",
    ],
)
def test_a_variable_that_is_read_or_somebody_elses_is_none(name: str) -> None:
    assert list(unread({name: "x"})) == []


def test_no_variable_of_tests_and_tools_is_one() -> None:
    root = Path(__file__).resolve().parents[2]
    tested = {Path(__file__).resolve(), root / "tests/cli/test_cli_exit.py"}
    found = set()
    for folder in ("tests", "tools", "bench", "docs", "charts"):
        for path in (root / folder).rglob("*.py"):
            if path.resolve() not in tested:
                found.update(re.findall(r"\bKGUARD_[A-Z_]+", path.read_text(encoding="utf-8")))
    assert "KGUARD_UPDATE_GOLDEN" in found
    assert list(unread(dict.fromkeys(found, "x"))) == []
