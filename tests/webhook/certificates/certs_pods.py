"""Pods that issue their own certificates, as tests look at them."""

from __future__ import annotations

import time

from certs_world import DAY, Api, handshake

from kguard.webhook.certificates.authority import new_authority
from kguard.webhook.certificates.pem import write_certificates
from kguard.webhook.certificates.rotation import Timing
from kguard.webhook.certificates.self_issued import SelfIssued

# All of it happens before the true now, for OpenSSL looks at the true clock.
TIMING = Timing(ca_life=9 * DAY, leaf_life=4 * DAY, left=2 / 3)
CA_DUE, LEAF_DUE = 3.1 * DAY, 1.4 * DAY


def ready(certificates: SelfIssued, api: Api) -> bool:
    """Ready, and believed by clients with any entry's bundle."""
    assert api.bundles
    answers = {handshake(certificates.context(), bundle) for bundle in api.bundles}
    return certificates.problems() == [] and answers == {"ok"}


def common_ca(*pods: SelfIssued) -> bool:
    return len({each._leaf.issuer for each in pods if each._leaf}) == 1


FOREIGN = new_authority(time.time() - 5 * DAY, 30 * DAY)
FOREIGN_PEM = write_certificates([FOREIGN.certificate])
EXPIRED_PEM = write_certificates([new_authority(time.time() - 30 * DAY, DAY).certificate])
