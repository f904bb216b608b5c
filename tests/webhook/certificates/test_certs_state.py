"""What a Secret holds, whatever it holds, and what is decided on it."""

from __future__ import annotations

import json

import pytest
from certs_made import make
from hypothesis import given
from hypothesis import strategies as st

from kguard.webhook.certificates.authority import BACKDATE, new_authority, write_authority
from kguard.webhook.certificates.pem import LIMIT, write_certificates
from kguard.webhook.certificates.rotation import (
    MOST_RETIRED,
    Timing,
    advanced,
    first,
    is_over,
    may_sign,
    required,
)
from kguard.webhook.certificates.state import (
    KEYS,
    Retired,
    State,
    name_of,
    read_state,
    write_state,
)

NOW = 1_800_000_000.0
DAY = 86_400.0
A, B, C = (new_authority(NOW, 300 * DAY) for _ in range(3))
(A_CRT, A_KEY), (B_CRT, B_KEY) = write_authority(A), write_authority(B)
TIMING = Timing()
FULL = State(signing=A, following=B, retired=(Retired(C.certificate, NOW + 5),))


def test_what_is_written_is_read_again() -> None:
    data = write_state(FULL)
    assert tuple(data) == KEYS
    reading = read_state(data, NOW)
    assert reading.faults == ()
    assert reading.state
    assert write_state(reading.state) == data
    assert list(reading.state.certificates()) == list(FULL.certificates())


def test_an_empty_secret_is_no_fault() -> None:
    reading = read_state({}, NOW)
    assert (reading.state, reading.faults, reading.certificates) == (None, (), ())


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"ca.crt": b"x"}, "`ca.crt` and `ca.key`: not PEM"),
        ({"ca.key": b""}, "`ca.crt` and `ca.key`: empty"),
        ({"ca.key": B_KEY}, "`ca.crt` and `ca.key`: key and certificate do not belong together"),
        (
            {"ca.crt": A_CRT * 200},
            f"`ca.crt` and `ca.key`: {len(A_CRT) * 200} bytes, at most {LIMIT} are read",
        ),
    ],
    ids=["not PEM", "no key", "wrong key", "too many bytes"],
)
def test_without_a_usable_ca_its_successor_signs(changes: dict[str, bytes], fault: str) -> None:
    reading = read_state({**write_state(FULL), **changes}, NOW)
    assert reading.faults == (fault,)
    assert reading.state
    assert reading.state.signing.certificate == B.certificate
    assert reading.state.following is None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"next.crt": b"x"}, "`next.crt` and `next.key`: not PEM"),
        ({"next.key": A_KEY}, "`next.crt` and `next.key`: key and certificate do not belong"),
        ({"old.crt": b"x"}, "`old.crt`: not PEM"),
        ({"old.json": b"x"}, "`old.json`: not JSON"),
        ({"old.json": b"[1]"}, "`old.json`: not JSON"),
        ({"old.json": b"[" * 30_000}, "`old.json`: not JSON"),
        ({"old.json": b" " * (LIMIT + 1)}, "`old.json`: not JSON"),
        ({"old.json": b'{"a": ' + b"9" * 4000 + b"}"}, "`old.json`: not JSON"),
    ],
)
def test_a_fault_beside_the_ca_leaves_it_alone(changes: dict[str, bytes], fault: str) -> None:
    reading = read_state({**write_state(FULL), **changes}, NOW)
    assert [each.startswith(fault) for each in reading.faults] == [True]
    assert reading.state
    assert reading.state.signing.certificate == A.certificate


@pytest.mark.parametrize("time", ["NaN", "Infinity", '"soon"', "null", "[]"])
def test_times_that_are_none_are_unknown(time: str) -> None:
    times = f'{{"{name_of(C.certificate)}": {time}}}'
    reading = read_state({**write_state(FULL), "old.json": times.encode()}, NOW)
    assert reading.state
    assert [each.until for each in reading.state.retired] == [None]


@given(st.dictionaries(st.sampled_from(KEYS), st.binary(max_size=200)))
def test_any_bytes_are_read(data: dict[str, bytes]) -> None:
    reading = read_state(data, NOW)
    assert reading.state is None
    # White space is no certificate that is broken.
    wrong = {**data, "old.crt": data.get("old.crt", b"").strip()}
    assert bool(reading.faults) == any(wrong.values())


def step(
    state: State, *, now: float = NOW, found: tuple[object, ...] = (), since: float | None = None
) -> State:
    carried = {} if since is None else dict.fromkeys(state.certificates(), since)
    return advanced(state, found=found, carried=carried, now=now, timing=TIMING)  # type: ignore[arg-type]


def test_nothing_is_due_for_most_of_a_life() -> None:
    state = first(NOW, TIMING)
    for day in (0, 100, 242):
        assert write_state(step(state, now=NOW + day * DAY)) == write_state(state)


def test_a_successor_comes_with_a_third_left_and_signs_when_known() -> None:
    state = first(NOW, TIMING)
    now = NOW + 244 * DAY
    prepared = step(state, now=now)
    assert prepared.signing is state.signing
    assert prepared.following
    for since in (None, now, now - TIMING.grace + 1):
        assert step(prepared, now=now, since=since).signing is state.signing
    promoted = step(prepared, now=now, since=now - TIMING.grace)
    assert promoted.signing is prepared.following
    assert promoted.following is None
    (old,) = promoted.retired
    assert (old.certificate, old.until) == (
        state.signing.certificate,
        now + TIMING.leaf_life + BACKDATE,
    )


def test_a_ca_of_the_future_does_not_sign() -> None:
    future = new_authority(NOW + 10 * DAY, 300 * DAY)
    carried = {future.certificate: NOW - DAY}
    assert not may_sign(future, carried, NOW, TIMING)
    assert may_sign(future, carried, NOW + 10 * DAY, TIMING)


def test_a_stranger_is_retired_at_once_and_for_the_life_of_a_leaf() -> None:
    state = step(State(signing=A), found=(C.certificate, A.certificate, C.certificate))
    ((certificate, until),) = [(each.certificate, each.until) for each in state.retired]
    assert (certificate, until) == (C.certificate, NOW + TIMING.leaf_life + BACKDATE)
    assert write_state(step(state, found=(C.certificate,))) == write_state(state)


def test_a_stranger_that_has_expired_is_nobody() -> None:
    expired = new_authority(NOW - 9 * DAY, DAY).certificate
    assert step(State(signing=A), found=(expired,)).retired == ()


def test_what_is_over_leaves_the_bundles_before_the_secret() -> None:
    state = State(signing=A, retired=(Retired(C.certificate, NOW),))
    assert is_over(state.retired[0], NOW)
    assert required(state, None, NOW) == (A.certificate,)
    assert step(state, found=(C.certificate,)).retired != ()
    assert step(state).retired == ()


def test_what_a_pod_serves_under_is_required_whatever_the_secret_says() -> None:
    state = State(signing=A, retired=(Retired(C.certificate, NOW),))
    assert required(state, C.certificate, NOW) == (A.certificate, C.certificate)


def test_an_unknown_end_is_that_of_a_leaf_from_now() -> None:
    (retired,) = step(State(signing=A, retired=(Retired(C.certificate, None),))).retired
    assert retired.until == NOW + TIMING.leaf_life + BACKDATE


def test_an_end_beyond_reason_is_cut() -> None:
    (retired,) = step(State(signing=A, retired=(Retired(C.certificate, 1e300),))).retired
    assert retired.until == NOW + TIMING.leaf_life + BACKDATE


def test_strangers_are_limited_and_ours_are_not() -> None:
    crowd = tuple(new_authority(NOW, DAY).certificate for _ in range(30))
    state = State(signing=A, retired=(Retired(C.certificate, NOW + 5),))
    retired = step(state, found=crowd).retired
    assert len(retired) == MOST_RETIRED
    assert retired[0].certificate == C.certificate
    assert len(write_certificates(each.certificate for each in retired)) < LIMIT


def test_strangers_never_make_the_secret_too_long_to_read() -> None:
    names = tuple(f"{i}.{'x' * 60}" for i in range(60))
    crowd = tuple(make(NOW, names=names)[0] for _ in range(MOST_RETIRED))
    assert len(write_certificates(crowd)) > LIMIT
    data = write_state(step(State(signing=A), found=crowd))
    assert LIMIT / 3 < len(data["old.crt"]) < LIMIT
    assert read_state(data, NOW).faults == ()


def test_times_are_whole_seconds() -> None:
    data = write_state(State(signing=A, retired=(Retired(C.certificate, NOW + 0.4),)))
    assert json.loads(data["old.json"]) == {name_of(C.certificate): int(NOW)}
