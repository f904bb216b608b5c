"""Pods that issue their own certificates, as tests look at them."""

from __future__ import annotations

import time

import pytest
from certs_world import DAY, Api, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time() - 3.8 * DAY)


@pytest.fixture
def api(clock: Clock) -> Api:
    return Api(clock)
