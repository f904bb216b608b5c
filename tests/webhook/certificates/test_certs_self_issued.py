"""Certificates of a pod's own: made, renewed, rotated."""

from __future__ import annotations

import pytest
from certs_pods import CA_DUE, LEAF_DUE, TIMING, common_ca, ready
from certs_world import DAY, HOUR, Api, Clock, believed, fail, handshake, no_context, pod, served

from kguard.webhook.certificates import CertificateUnavailable
from kguard.webhook.certificates.pem import ends
from kguard.webhook.certificates.store import Conflict


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
