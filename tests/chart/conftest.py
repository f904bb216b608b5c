"""Fixtures of the chart's tests: Helm 3 and Helm 4."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

# The programs of the end-to-end tests, which know where Helm is and how it is built.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from chart_helm import HELMS, ROOT, Helm


@pytest.fixture(scope="session", params=HELMS)
def helm(request: pytest.FixtureRequest) -> Helm:
    """Each Helm in turn."""
    return _helm(request.param)


@pytest.fixture(scope="session")
def helm3() -> Helm:
    return _helm("helm3")


@pytest.fixture(scope="session")
def helm4() -> Helm:
    return _helm("helm4")


_missing: dict[str, None] = {}


def _helm(name: str) -> Helm:
    found = Helm.find(name)
    if isinstance(found, str):
        _missing[found] = None
        pytest.skip(found)
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was not run, which a row of letters does not."""
    if _missing:
        terminalreporter.write_line(f"the chart was not tested: {'; '.join(_missing)}")


@pytest.fixture(scope="module")
def generate() -> dict[str, Any]:
    """The functions that write what is generated from the chart."""
    return runpy.run_path(str(ROOT / "charts" / "generate_chart.py"))
