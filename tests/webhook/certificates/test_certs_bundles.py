"""The bundle in the webhook configurations: what is kept in it, repaired and cut."""

from __future__ import annotations

import time

import pytest
from certs_made import make
from certs_pods import EXPIRED_PEM, FOREIGN_PEM, ready
from certs_world import DAY, HOUR, Api, Clock, fail, no_context, pod
from cryptography import x509

from kguard.webhook.certificates.authority import new_authority
from kguard.webhook.certificates.pem import LIMIT, sort_certificates, write_certificates
from kguard.webhook.certificates.rotation import MOST_RETIRED


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
