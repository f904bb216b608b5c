"""Clocks that are wrong: of one pod, of a pod that has gone and left a CA, of the API server."""

from __future__ import annotations

import pytest
from certs_pods import common_ca
from certs_world import DAY, HOUR, Api, Clock, believed, fail, no_context, pod, served

from kguard.webhook.certificates.authority import AHEAD, BACKDATE, fault, new_authority
from kguard.webhook.certificates.pem import begins, write_certificates, write_key
from kguard.webhook.certificates.rotation import usable
from kguard.webhook.certificates.self_issued import SKEW, SelfIssued
from kguard.webhook.certificates.state import State, read_state, write_state


class Skewed:
    """A clock that is ahead of another one."""

    def __init__(self, clock: Clock, by: float) -> None:
        self.clock, self.by = clock, by

    def __call__(self) -> float:
        return self.clock() + self.by


def skewed(api: Api, by: float, said: list[str] | None = None) -> tuple[SelfIssued, Skewed]:
    clock = Skewed(api.clock, by)
    return pod(api, make_context=no_context, clock=clock, said=said), clock


def is_believed(certificates: SelfIssued, api: Api) -> bool:
    assert api.bundles
    return all(believed(served(certificates), each, api.clock()) for each in api.bundles)


FAR = [250 * DAY, -250 * DAY, 2 * HOUR, -2 * HOUR, SKEW + 61, -SKEW - 61]


@pytest.mark.parametrize("by", FAR)
def test_a_pod_whose_clock_is_far_off_writes_nothing_and_is_believed(api: Api, by: float) -> None:
    good = pod(api, make_context=no_context)
    good.step()
    ours, bundles = api.secret, api.bundles
    said: list[str] = []
    wrong, _ = skewed(api, by, said)
    api.requests.clear()
    for _ in range(3):
        wrong.step()
        api.clock.turn(200)
    assert set(api.requests) == {"get secret", "get bundles"}
    assert is_believed(wrong, api)
    assert common_ca(good, wrong)
    assert len([line for line in said if "this pod's clock is" in line]) == 1
    assert ("ahead of" if by > 0 else "behind") in said[0]
    assert [len(wrong.problems()), len(wrong.warnings())] == ([1, 0] if abs(by) > DAY else [0, 1])
    for _ in range(3):
        good.step()
    assert (api.secret, api.bundles) == (ours, bundles)


@pytest.mark.parametrize("by", [SKEW - 1, 1 - SKEW])
def test_a_clock_that_is_a_little_off_is_as_good_as_any(api: Api, by: float) -> None:
    wrong, _ = skewed(api, by)
    wrong.step()
    assert wrong.problems() == wrong.warnings() == []
    assert is_believed(wrong, api)
    other, _ = skewed(api, -by)
    other.step()
    assert other.problems() == other.warnings() == []
    assert is_believed(other, api)
    assert common_ca(wrong, other)


def test_a_clock_that_is_right_again_is_told(api: Api) -> None:
    said: list[str] = []
    wrong, clock = skewed(api, -3 * DAY, said)
    wrong.step()
    problem, *_ = wrong.problems()
    assert problem == "no certificate yet"
    behind = "this pod's clock is 3 days behind the API server's"
    assert said == [f"{behind}: it goes by that one, and writes nothing"]
    assert said[0] in wrong.problems()
    assert api.secret == {}
    clock.by = 0
    wrong.step()
    assert wrong.problems() == wrong.warnings() == []
    assert f"no longer: {said[0]}" in said
    assert is_believed(wrong, api)


def test_a_clock_that_jumps_while_the_api_server_is_away_is_noticed(api: Api) -> None:
    certificates, clock = skewed(api, 0)
    certificates.step()
    before = served(certificates)
    api.before = fail()
    for by in (10 * DAY, -10 * DAY, 900 * DAY):
        clock.by = by
        certificates.step()
        assert certificates.problems() == []
        assert served(certificates) is before
    api.clock.turn(6 * DAY)  # Its life goes on all the same.
    certificates.step()
    assert served(certificates) is not before
    assert is_believed(certificates, api)


def test_bundles_are_left_to_pods_whose_clock_is_right(api: Api) -> None:
    good = pod(api, make_context=no_context)
    good.step()
    wrong, _ = skewed(api, 30 * DAY)
    wrong.step()
    api.put_bundles([b""] * 2)
    wrong.step()
    assert api.bundles == [b""] * 2
    assert "the CA of the served certificate is not in every `caBundle`" in wrong.problems()
    good.step()
    wrong.step()
    assert is_believed(wrong, api)


def test_an_api_server_that_says_no_time_is_taken_to_be_right(api: Api) -> None:
    api.date = lambda: None
    certificates, _ = skewed(api, 5 * DAY)
    certificates.step()
    assert certificates.problems() == []


@pytest.mark.parametrize("days", [130, 250, 400])
def test_a_ca_from_the_future_is_replaced(api: Api, days: int) -> None:
    old = pod(api, make_context=no_context)
    old.step()
    ours = api.secret
    poison = new_authority(api.clock() + days * DAY, 365 * DAY)
    api.put_secret(write_state(State(signing=poison)))
    assert "not valid before" in read_state(api.secret or {}, api.clock()).faults[0]
    old.step()
    old.step()
    assert ours
    assert (api.secret or {})["ca.crt"] == ours["ca.crt"], "the CA in memory is put back"
    api.put_secret(write_state(State(signing=poison)))
    new = pod(api, make_context=no_context)
    for _ in range(3):
        new.step()
        old.step()
        api.clock.turn(121)
    assert new.problems() == old.problems() == []
    assert new.warnings() == old.warnings() == []
    assert is_believed(new, api)
    assert is_believed(old, api)
    assert common_ca(new, old)
    state = read_state(api.secret or {}, api.clock()).state
    assert state
    assert begins(state.signing.certificate) <= api.clock()


def test_pods_that_know_nothing_else_let_go_of_a_ca_from_the_future(api: Api) -> None:
    certificates, _ = skewed(api, 0)
    api.date = lambda: None
    poison = new_authority(api.clock() + HOUR, 365 * DAY)
    api.put_secret(write_state(State(signing=poison)))
    certificates.step()
    assert common_ca(certificates)
    api.clock.turn(-300 * DAY)
    certificates.step()
    api.put_secret({})
    certificates.step()
    certificates.step()
    assert certificates.problems() == []
    assert is_believed(certificates, api)


def test_a_successor_from_the_future_is_dropped(api: Api) -> None:
    certificates = pod(api, make_context=no_context)
    certificates.step()
    state = read_state(api.secret or {}, api.clock()).state
    assert state
    poison = new_authority(api.clock() + 250 * DAY, 365 * DAY)
    api.put_secret(write_state(State(signing=state.signing, following=poison)))
    certificates.step()
    found = read_state(api.secret or {}, api.clock())
    assert found.state
    assert found.state.following is None
    assert found.state.signing.certificate == state.signing.certificate
    assert found.faults == ()


def test_what_is_of_this_time() -> None:
    now = 1_800_000_000.0
    good = new_authority(now, DAY)
    early = new_authority(now + BACKDATE + AHEAD, DAY)
    assert fault(good.certificate, now) == fault(early.certificate, now) == ""
    late = new_authority(now + BACKDATE + AHEAD + 1, DAY)
    assert "not valid before" in fault(late.certificate, now)
    over = new_authority(now - DAY, DAY)
    assert fault(over.certificate, now) == "the certificate has expired"
    assert usable(State(signing=late), now) is None
    assert usable(State(signing=late, following=over), now) is None
    for state in (State(signing=late, following=good), State(signing=good, following=late)):
        left = usable(state, now)
        assert left
        assert (left.signing, left.following) == (good, None)
    both = usable(State(signing=good, following=early), now)
    assert both
    assert (both.signing, both.following) == (good, early)


def test_a_future_ca_of_somebody_else_is_no_ca(api: Api) -> None:
    poison = new_authority(api.clock() + 250 * DAY, 365 * DAY)
    data = {
        "ca.crt": write_certificates([poison.certificate]),
        "ca.key": write_key(poison.key),
    }
    assert read_state(data, api.clock()).state is None
    assert read_state(data, api.clock()).certificates == (poison.certificate,)
