"""Secrets, API servers and clocks that fail a pod which issues its own certificates."""

from __future__ import annotations

import time

import pytest
from certs_pods import EXPIRED_PEM, FOREIGN, FOREIGN_PEM, LEAF_DUE, TIMING, common_ca, ready
from certs_world import DAY, Api, Clock, believed, fail, no_context, pod, served

from kguard.webhook.certificates import CertificateUnavailable
from kguard.webhook.certificates.authority import new_authority
from kguard.webhook.certificates.pem import ends, write_key
from kguard.webhook.certificates.self_issued import SelfIssued
from kguard.webhook.front.tls import server_context


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


def test_a_clock_set_before_the_ca_gets_another_ca(api: Api, clock: Clock) -> None:
    # The API server's as well: nothing it was given so far is valid for it.
    certificates = pod(api, make_context=no_context)
    certificates.step()
    clock.turn(-900 * DAY)
    certificates.step()
    certificates.step()
    assert api.bundles is not None
    assert believed(served(certificates), api.bundles[0], clock())
    assert certificates.problems() == []


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
