"""What the Secret holds: the CA that signs, its successor, and those that still have to be trusted.

ca.crt, ca.key      the CA that signs
next.crt, next.key  the one that will, while it is made known
old.crt             those that signed, or were found in the bundle, and until when: old.json,
old.json            {SHA-256 of the certificate in hexadecimal: Unix time}
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from kguard.record import record
from kguard.webhook.certificates.authority import Authority, read_authority, write_authority
from kguard.webhook.certificates.pem import (
    LIMIT,
    PemError,
    sort_certificates,
    write_certificates,
)

KEYS = ("ca.crt", "ca.key", "next.crt", "next.key", "old.crt", "old.json")
"""All that is ours in the Secret; other values are left alone."""


@record(eq=False)
class Retired:
    """A CA that signs no more, and the Unix time from which nobody needs it.

    None where the Secret does not say.
    """

    certificate: x509.Certificate
    until: float | None


@record(eq=False)
class State:
    """One generation of CAs."""

    signing: Authority
    following: Authority | None = None
    retired: tuple[Retired, ...] = ()

    def certificates(self) -> Iterator[x509.Certificate]:
        """All of them, the most important first."""
        yield self.signing.certificate
        if self.following:
            yield self.following.certificate
        for each in self.retired:
            yield each.certificate


@record(eq=False)
class Reading:
    """A Secret's values as they were understood.

    `state` is None where no CA of it can sign, `faults` what is wrong with it: empty for an empty
    Secret. `certificates` are all that can be read, usable or not.
    """

    state: State | None
    faults: tuple[str, ...]
    certificates: tuple[x509.Certificate, ...]


def read_state(data: Mapping[str, bytes], now: float) -> Reading:
    """Understand the values of a Secret. Never raises: it may hold anything."""
    faults: list[str] = []
    signing = _authority(data, "ca", now, faults)
    following = _authority(data, "next", now, faults)
    old, broken = sort_certificates(data.get("old.crt", b""))
    if broken:
        faults.append(f"`old.crt`: {broken}")
    times = _times(data.get("old.json", b""), faults)
    found = [
        certificate
        for name in ("ca.crt", "next.crt", "old.crt")
        for certificate in sort_certificates(data.get(name, b""))[0]
    ]
    if signing is None:  # Its successor is better than a new one: the bundle may have it already.
        signing, following = following, None
    state = None
    if signing:
        current = {each.certificate for each in (signing, following) if each}
        retired = tuple(Retired(each, times.get(name_of(each))) for each in old)
        retired = tuple(each for each in retired if each.certificate not in current)
        state = State(signing=signing, following=following, retired=retired)
    return Reading(state=state, faults=tuple(faults), certificates=tuple(found))


def write_state(state: State) -> dict[str, bytes]:
    """The values a Secret holds for a state; without those that would be empty."""
    data = {}
    data["ca.crt"], data["ca.key"] = write_authority(state.signing)
    if state.following:
        data["next.crt"], data["next.key"] = write_authority(state.following)
    if state.retired:
        times = {
            name_of(each.certificate): round(each.until)
            for each in state.retired
            if each.until is not None
        }
        data["old.crt"] = write_certificates(each.certificate for each in state.retired)
        data["old.json"] = json.dumps(times, sort_keys=True).encode()
    return data


def name_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _authority(
    data: Mapping[str, bytes], name: str, now: float, faults: list[str]
) -> Authority | None:
    certificate, key = data.get(f"{name}.crt", b""), data.get(f"{name}.key", b"")
    if not certificate and not key:
        return None
    try:
        return read_authority(certificate, key, now)
    except PemError as error:
        faults.append(f"`{name}.crt` and `{name}.key`: {error}")
        return None


def _times(data: bytes, faults: list[str]) -> dict[str, float]:
    if not data:
        return {}
    try:
        if len(data) > LIMIT:
            raise ValueError
        times = json.loads(data)
        return {
            str(name): float(time)
            for name, time in times.items()
            if isinstance(time, int | float) and math.isfinite(time)
        }
    except (ValueError, AttributeError, OverflowError, RecursionError):
        faults.append("`old.json`: not JSON of certificates and times")
        return {}
