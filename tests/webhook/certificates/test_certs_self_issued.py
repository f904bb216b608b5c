"""A CA in a Secret, a certificate for each pod: real handshakes in every phase."""

from __future__ import annotations

import time

import pytest
from certs_made import make
from certs_world import (
    DAY,
    HOUR,
    Api,
    Clock,
    believed,
    fail,
    handshake,
    no_context,
    pod,
    served,
)
from cryptography import x509

from kguard.webhook.certificates import CertificateUnavailable
from kguard.webhook.certificates.authority import new_authority
from kguard.webhook.certificates.pem import (
    LIMIT,
    ends,
    sort_certificates,
    write_certificates,
    write_key,
)
from kguard.webhook.certificates.rotation import MOST_RETIRED, Timing
from kguard.webhook.certificates.self_issued import SelfIssued
from kguard.webhook.certificates.store import Conflict
from kguard.webhook.front.tls import server_context

# All of it happens before the true now, for OpenSSL looks at the true clock.
TIMING = Timing(ca_life=9 * DAY, leaf_life=4 * DAY, left=2 / 3)
CA_DUE, LEAF_DUE = 3.1 * DAY, 1.4 * DAY


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time() - 3.8 * DAY)


@pytest.fixture
def api(clock: Clock) -> Api:
    return Api(clock)


def ready(certificates: SelfIssued, api: Api) -> bool:
    """Ready, and believed by clients with any entry's bundle."""
    assert api.bundles
    answers = {handshake(certificates.context(), bundle) for bundle in api.bundles}
    return certificates.problems() == [] and answers == {"ok"}


def common_ca(*pods: SelfIssued) -> bool:
    return len({each._leaf.issuer for each in pods if each._leaf}) == 1


def test_nothing_is_served_before_the_first_step(api: Api) -> None:
    certificates = pod(api)
    with pytest.raises(CertificateUnavailable, match="no certificate yet"):
        certificates.context()
    assert certificates.problems() == [
        "no certificate yet",
        "the CA of the served certificate is not in every `caBundle`",
    ]
    assert (certificates.expiry(), certificates.published()) == ({}, False)


def test_one_step_makes_a_pod_ready(api: Api) -> None:
    certificates = pod(api)
    certificates.step()
    assert ready(certificates, api)
    assert api.secret is not None
    assert sorted(api.secret) == ["ca.crt", "ca.key"]
    expiry = certificates.expiry()
    assert [round((expiry[each] - api.clock()) / DAY) for each in ("leaf", "ca")] == [7, 365]
    assert handshake(certificates.context(), api.secret["ca.crt"], "other.kguard.svc") != "ok"


def test_a_quiet_step_only_reads(api: Api) -> None:
    certificates = pod(api)
    certificates.step()
    context = certificates.context()
    api.requests.clear()
    wait = certificates.step()
    assert api.requests == ["get secret", "get bundles"]
    assert certificates.context() is context
    assert 20 < wait < 40


def test_no_request_is_made_for_a_connection_or_a_probe(api: Api) -> None:
    certificates = pod(api)
    certificates.step()
    api.before = fail()
    certificates.context()
    certificates.problems(), certificates.warnings(), certificates.expiry()
    assert ready(certificates, api)


def test_two_pods_at_once_agree_on_one_ca(api: Api) -> None:
    first, second = pod(api), pod(api)

    def overtake(request: str) -> None:
        if request == "put secret":
            api.before = lambda request: None
            second.step()

    api.before = overtake
    with pytest.raises(Conflict):
        first.step()
    first.step()
    assert common_ca(first, second)
    assert ready(first, api)
    assert ready(second, api)
    assert served(first).serial_number != served(second).serial_number


def test_other_values_of_the_secret_stay(api: Api) -> None:
    api.put_secret({"mine": b"1"})
    pod(api).step()
    assert api.secret is not None
    assert sorted(api.secret) == ["ca.crt", "ca.key", "mine"]


def test_the_certificate_is_renewed_when_a_third_is_left(api: Api, clock: Clock) -> None:
    certificates = pod(api, make_context=no_context)
    certificates.step()
    before = served(certificates)
    clock.turn(7 * DAY * 2 / 3 - 60)
    certificates.step()
    assert served(certificates) is before
    clock.turn(120)
    certificates.step()
    assert ends(served(certificates)) > ends(before)


def test_handshakes_before_and_after_a_renewal(api: Api, clock: Clock) -> None:
    certificates = pod(api, timing=TIMING)
    certificates.step()
    before = certificates.context()
    clock.turn(LEAF_DUE)
    certificates.step()
    assert certificates.context() is not before
    assert ready(certificates, api)
    assert api.bundles
    assert handshake(before, api.bundles[0]) == "ok"


def test_handshakes_in_every_phase_of_a_rotation(api: Api, clock: Clock) -> None:
    pods = [pod(api, timing=TIMING) for _ in range(3)]
    for each in pods:
        each.step()
    assert api.secret is not None
    old = api.secret["ca.crt"]
    clock.turn(CA_DUE)

    pods[0].step()  # Made known: still signed by the old one.
    assert api.secret["ca.crt"] == old
    following = api.secret["next.crt"]
    assert api.bundles == [old + following] * 2
    stale = [each.context() for each in pods]

    clock.turn(TIMING.grace - 1)
    for each in pods:
        each.step()
    assert api.secret["ca.crt"] == old
    assert all(ready(each, api) for each in pods)

    clock.turn(2)
    pods[0].step()  # The one that has seen it for long enough signs with it.
    assert api.secret["ca.crt"] == following
    assert api.secret["old.crt"] == old
    assert "next.crt" not in api.secret
    assert not common_ca(*pods)
    assert all(ready(each, api) for each in pods)

    clock.turn(TIMING.grace)
    for each in pods:
        each.step()
    assert common_ca(*pods)
    assert all(ready(each, api) for each in pods)
    assert [handshake(each, api.bundles[0]) for each in stale] == ["ok"] * 3

    clock.turn(TIMING.leaf_life)  # Some pod that heard of nothing may still serve under it.
    for each in pods:
        each.step()
    assert all(old in each for each in api.bundles)
    clock.turn(2 * HOUR)
    for _ in range(2):
        for each in pods:
            each.step()
    assert old not in api.bundles[0]
    assert old not in api.secret.get("old.crt", b"")
    assert all(handshake(each, api.bundles[0]) != "ok" for each in stale)
    assert all(believed(served(each), api.bundles[0], clock()) for each in pods)


def test_a_lapse_in_one_bundle_starts_the_wait_anew(api: Api, clock: Clock) -> None:
    certificates = pod(api, timing=TIMING)
    certificates.step()
    clock.turn(CA_DUE)
    certificates.step()
    assert api.secret is not None
    assert api.bundles is not None
    old = api.secret["ca.crt"]
    clock.turn(TIMING.grace - 1)
    api.put_bundles([api.bundles[0], old])
    certificates.step()
    clock.turn(TIMING.grace - 1)
    certificates.step()
    assert api.secret["ca.crt"] == old
    clock.turn(2)
    certificates.step()
    assert api.secret["ca.crt"] != old


def test_a_lapse_that_another_pod_repaired_starts_the_wait_anew(api: Api, clock: Clock) -> None:
    certificates = pod(api, timing=TIMING)
    certificates.step()
    clock.turn(CA_DUE)
    certificates.step()
    assert api.secret is not None
    assert api.bundles is not None
    old, both = api.secret["ca.crt"], list(api.bundles)
    clock.turn(TIMING.grace - 1)
    api.put_bundles([b"", b""])
    api.put_bundles(both)
    clock.turn(2)
    certificates.step()
    assert api.secret["ca.crt"] == old


def test_unknown_cas_stay_while_the_secret_is_out_of_reach(api: Api) -> None:
    """They may be those of pods that wrote to the Secret what this one cannot read."""
    certificates = pod(api)
    certificates.step()
    assert api.secret is not None
    assert api.bundles is not None
    api.put_bundles([api.secret["ca.crt"] + FOREIGN_PEM, FOREIGN_PEM])
    api.before = fail("get secret")
    certificates.step()
    assert [FOREIGN_PEM in each for each in api.bundles] == [True, True]
    assert ready(certificates, api)


def test_a_bundle_keeps_its_size_while_the_secret_is_out_of_reach(api: Api) -> None:
    certificates = pod(api)
    certificates.step()
    assert api.bundles is not None
    names = tuple(f"{i}.{'x' * 60}" for i in range(40))
    crowd: list[x509.Certificate] = []
    for size in (names, ()):  # Less room is left than our CA takes.
        while len(write_certificates(crowd)) <= LIMIT:
            crowd.append(make(api.clock(), names=size)[0])
        crowd.pop()
    api.put_bundles([write_certificates(crowd)] * 2)
    api.before = fail("get secret")
    certificates.step()
    assert all(LIMIT - 5000 < len(each) <= LIMIT for each in api.bundles)
    assert ready(certificates, api)


FOREIGN = new_authority(time.time() - 5 * DAY, 30 * DAY)
FOREIGN_PEM = write_certificates([FOREIGN.certificate])
EXPIRED_PEM = write_certificates([new_authority(time.time() - 30 * DAY, DAY).certificate])


@pytest.mark.parametrize(
    ("bundle", "kept"),
    [
        pytest.param(b"", b"", id="empty"),
        pytest.param(b"\n", b"", id="the placeholder Cg=="),
        pytest.param(FOREIGN_PEM, FOREIGN_PEM, id="another CA"),
        pytest.param(EXPIRED_PEM, b"", id="an expired CA"),
        pytest.param(b"\xff\x00 no PEM", b"", id="bytes"),
        pytest.param(FOREIGN_PEM[:-40], b"", id="a CA cut short"),
        pytest.param(b"# " + b"x" * LIMIT, b"", id="too many bytes"),
    ],
)
def test_a_bundle_somebody_overwrote_is_repaired(api: Api, bundle: bytes, kept: bytes) -> None:
    certificates = pod(api)
    certificates.step()
    assert api.secret is not None
    ours = api.secret["ca.crt"]
    api.put_bundles([bundle, ours])
    certificates.step()
    assert api.bundles == [ours + kept] * 2
    assert ready(certificates, api)


def test_a_foreign_ca_is_kept_as_long_as_a_retired_one(api: Api, clock: Clock) -> None:
    clock.now = time.time()
    certificates = pod(api, make_context=no_context)
    certificates.step()
    assert api.bundles is not None
    api.put_bundles([FOREIGN_PEM] * 2)
    certificates.step()
    clock.turn(7 * DAY)
    certificates.step()
    assert all(FOREIGN_PEM in each for each in api.bundles)
    clock.turn(2 * HOUR)
    certificates.step()
    assert all(FOREIGN_PEM not in each for each in api.bundles)
    certificates.step()
    assert api.secret is not None
    assert "old.crt" not in api.secret


def test_a_bundle_full_of_strangers_is_cut(api: Api, clock: Clock) -> None:
    crowd = [new_authority(clock(), 30 * DAY).certificate for _ in range(80)]
    api.put_bundles([write_certificates(crowd)] * 2)
    certificates = pod(api)
    certificates.step()
    assert api.bundles is not None
    assert len(sort_certificates(api.bundles[0])[0]) == MOST_RETIRED + 1
    assert ready(certificates, api)
    api.requests.clear()
    certificates.step()
    assert api.requests == ["get secret", "get bundles"]


def test_an_entry_added_later_gets_the_bundle(api: Api) -> None:
    certificates = pod(api)
    certificates.step()
    assert api.bundles is not None
    api.put_bundles([*api.bundles, b""])
    certificates.step()
    assert len(set(api.bundles)) == 1
    assert ready(certificates, api)


@pytest.mark.parametrize("bundles", [None, []], ids=["deleted", "without entries"])
def test_without_a_webhook_configuration_a_pod_is_not_ready(
    api: Api, bundles: list[bytes] | None
) -> None:
    certificates = pod(api)
    certificates.step()
    api.put_bundles(bundles)
    certificates.step()
    assert certificates.problems()[-1] == (
        "the CA of the served certificate is not in every `caBundle`"
    )
    api.put_bundles([b""] * 2)
    certificates.step()
    assert ready(certificates, api)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="emptied"),
        pytest.param({"ca.crt": b"x", "ca.key": b"y"}, id="garbage"),
        pytest.param(
            {"ca.crt": FOREIGN_PEM, "ca.key": write_key(new_authority(0, 1).key)}, id="a wrong key"
        ),
        pytest.param({"ca.crt": FOREIGN_PEM}, id="no key"),
        pytest.param({"ca.crt": FOREIGN_PEM * 200, "ca.key": b""}, id="too many bytes"),
    ],
)
def test_an_unusable_secret_gets_the_ca_in_memory(api: Api, data: dict[str, bytes]) -> None:
    said: list[str] = []
    certificates = pod(api, said=said)
    certificates.step()
    assert api.secret is not None
    ours = api.secret["ca.crt"]
    context = certificates.context()
    api.put_secret(data)
    certificates.step()
    assert api.secret["ca.crt"] == ours
    assert certificates.context() is context
    assert [line for line in said if line.startswith("Secret: `ca.crt`")] != [] or not data


def test_a_new_pod_beside_an_emptied_secret_spares_the_others(api: Api) -> None:
    old = pod(api)
    old.step()
    api.put_secret({})
    new = pod(api)
    new.step()
    assert not common_ca(old, new)
    assert ready(old, api)
    assert ready(new, api)
    old.step()
    assert ready(old, api)
    api.clock.turn(121)
    old.step()
    assert common_ca(old, new)
    assert ready(old, api)
    assert ready(new, api)


def test_a_secret_with_another_ca_is_taken_over_in_two_phases(api: Api) -> None:
    certificates = pod(api)
    certificates.step()
    api.put_secret({"ca.crt": FOREIGN_PEM, "ca.key": write_key(FOREIGN.key)})
    certificates.step()
    assert served(certificates).issuer != FOREIGN.certificate.subject
    assert ready(certificates, api)
    api.clock.turn(121)
    certificates.step()
    assert served(certificates).issuer == FOREIGN.certificate.subject
    assert ready(certificates, api)


def test_a_deleted_secret_stops_nothing_but_is_told(api: Api) -> None:
    said: list[str] = []
    certificates = pod(api, said=said)
    certificates.step()
    assert api.secret is not None
    ours = api.secret["ca.crt"]
    api.put_secret(None)
    told = "Secret `kguard/kguard-tls` does not exist, and there is no right to create it"
    for _ in range(3):
        certificates.step()
    assert ready(certificates, api)
    assert [each.startswith(told) for each in certificates.warnings()] == [True]
    assert len([line for line in said if told in line]) == 1
    api.put_bundles([b""] * 2)
    certificates.step()
    assert ready(certificates, api)
    api.put_secret({})
    certificates.step()
    assert api.secret["ca.crt"] == ours
    assert certificates.warnings() == []


def test_a_pod_without_a_secret_says_so_and_is_not_ready(api: Api) -> None:
    api.put_secret(None)
    certificates = pod(api)
    certificates.step()
    with pytest.raises(CertificateUnavailable, match="`kguard/kguard-tls` does not exist"):
        certificates.context()


def test_an_api_server_out_of_reach_leaves_pods_ready(api: Api) -> None:
    certificates = pod(api)
    certificates.step()
    api.before = fail()
    wait = certificates.step()
    assert certificates.problems() == []
    assert certificates.warnings() == [
        "get secret: no answer in time: the CA in memory is used on, and is not renewed",
        "get bundles: no answer in time",
    ]
    assert wait < 10
    assert ready(certificates, api)


def test_a_certificate_from_memory_is_the_last_resort(api: Api, clock: Clock) -> None:
    certificates = pod(api, make_context=no_context)
    certificates.step()
    before = served(certificates)
    api.before = fail()
    clock.turn(7 * DAY * 0.8)
    certificates.step()
    assert served(certificates) is before
    clock.turn(7 * DAY * 0.04)
    certificates.step()
    assert ends(served(certificates)) > ends(before)


def test_a_ca_that_cannot_be_stored_is_not_served(api: Api) -> None:
    api.before = fail("put secret")
    certificates = pod(api)
    certificates.step()
    assert certificates.problems()[:2] == ["no certificate yet", "put secret: no answer in time"]
    api.before = lambda request: None
    certificates.step()
    assert ready(certificates, api)
    assert certificates.warnings() == []


def test_a_bundle_that_cannot_be_written_is_told(api: Api) -> None:
    api.before = fail("patch bundles")
    certificates = pod(api)
    certificates.step()
    assert certificates.problems() == [
        "the CA of the served certificate is not in every `caBundle`"
    ]
    assert certificates.warnings() == ["patch bundles: no answer in time"]


def test_a_write_whose_answer_got_lost_is_found_again(api: Api) -> None:
    certificates = pod(api)
    api.after = fail("put secret", "patch bundles")
    certificates.step()
    api.after = lambda request: None
    certificates.step()
    assert ready(certificates, api)
    assert api.requests.count("put secret") == 1


def test_a_clock_set_back_gets_a_certificate_that_is_valid(api: Api, clock: Clock) -> None:
    certificates = pod(api, make_context=no_context)
    certificates.step()
    clock.turn(6 * DAY)
    certificates.step()
    clock.turn(-2 * DAY)
    certificates.step()
    assert api.bundles is not None
    assert believed(served(certificates), api.bundles[0], clock())
    assert certificates.problems() == []


def test_a_clock_set_before_the_ca_changes_nothing(api: Api, clock: Clock) -> None:
    certificates = pod(api, make_context=no_context)
    certificates.step()
    before = served(certificates)
    assert api.secret is not None
    ours = api.secret["ca.crt"]
    clock.turn(-900 * DAY)
    certificates.step()
    assert served(certificates) is before
    assert api.secret["ca.crt"] == ours


def test_an_hour_before_the_end_a_pod_is_not_ready(api: Api, clock: Clock) -> None:
    certificates = pod(api, make_context=no_context)
    certificates.step()
    clock.turn(7 * DAY - 1800)
    assert certificates.problems() == ["the certificate expires in 30 min"]
    clock.turn(1801)
    assert certificates.problems() == ["the certificate has expired"]


def test_an_expired_ca_is_replaced(api: Api, clock: Clock) -> None:
    api.put_secret({"ca.crt": EXPIRED_PEM, "ca.key": b"x"})
    certificates = pod(api)
    certificates.step()
    assert ready(certificates, api)
    assert certificates.warnings() != []
    certificates.step()
    assert certificates.warnings() == []


def test_a_context_that_cannot_be_made_leaves_the_one_before(api: Api, clock: Clock) -> None:
    full = False

    def make_context(chain: bytes, key: bytes) -> object:
        if full:
            raise OSError(28, "No space left on device")
        return server_context(chain, key)

    certificates = pod(api, timing=TIMING, make_context=make_context)  # type: ignore[arg-type]
    certificates.step()
    before = certificates.context()
    full = True
    clock.turn(LEAF_DUE)
    certificates._worker.once()
    assert certificates.context() is before
    assert certificates.warnings() == ["certificates: OSError: [Errno 28] No space left on device"]
    full = False
    certificates._worker.once()
    assert ready(certificates, api)
    assert certificates.warnings() == []


def test_threads_run_it(api: Api) -> None:
    certificates = pod(api)
    certificates.start()
    deadline = time.monotonic() + 10
    while certificates.problems() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert ready(certificates, api)
    certificates.stop()
    assert ready(certificates, api)


@pytest.mark.parametrize("name", ["", "Kguard", "a.b", "-a", "a" * 64, "kgüard"])
def test_names_no_service_can_have(api: Api, name: str) -> None:
    with pytest.raises(ValueError, match="is no DNS label of at most 63 characters"):
        SelfIssued(
            service=name,
            namespace="kguard",
            secret=pod(api)._secret,
            bundles=pod(api)._bundles,
            make_context=server_context,
            say=print,
        )
