"""Clients that stall: each is let go in its time, and none is waited for by anybody else.

All of them begin with the first test of the session, so that their time passes beside it.
"""

from __future__ import annotations

import pytest
from attack_server import Server
from attack_stalls import FILLING, KINDS, Kind, Stalls, answers_that_nobody_reads

LIVEZ = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def test_good_requests_and_probes_are_answered_meanwhile(patient: Server, stalls: Stalls) -> None:
    for _ in range(10):
        patient.must_answer()
        assert patient.health(LIVEZ)[0] == "200"


@pytest.mark.parametrize("kind", KINDS, ids=[f"{x.__name__} -> {e}" for x, (e, _) in KINDS.items()])
def test_who_stalls_is_let_go_in_time(patient: Server, stalls: Stalls, kind: Kind) -> None:
    expected, seconds = KINDS[kind]
    for each in stalls.running[kind]:
        found = each.result()
        assert found.answers == expected
        filling = FILLING if kind is answers_that_nobody_reads else 0
        assert seconds - 0.2 < found.seconds < seconds + 3 + filling
    patient.must_answer()


def test_nothing_is_left_of_them(patient: Server, stalls: Stalls) -> None:
    for each in stalls.running.values():
        for one in each:
            one.result()
    patient.wait_for(lambda: patient.files() <= stalls.files)
