"""How one generation of CAs gives way to the next: decisions only, nothing is read or written.

1. A new CA is written to the Secret beside the one that signs, and every bundle gets both.
2. Once every bundle has had it for a while, so that every API server knows it, it signs.
3. The old one stays in the bundles until the last certificate it signed has expired.

No pod leads: each decides for itself, and the Secret's version lets one write through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kguard.record import record
from kguard.webhook.certificates.authority import BACKDATE, Authority, fault, new_authority
from kguard.webhook.certificates.pem import LIMIT, begins, ends
from kguard.webhook.certificates.state import Retired, State

_DAY = 86_400.0

MOST_RETIRED = 16
MOST_BYTES = LIMIT // 2
"""A bundle full of strangers is cut to so many, and to so many bytes of DER (PEM: a third more)."""


@record
class Timing:
    """Lives and waits, all in seconds.

    A certificate is renewed when the part `left` of its life remains. `grace` is how long a CA has
    to stand in every bundle before it signs: API servers learn of a bundle by a watch, which takes
    seconds. `poll` is the time between two looks at what is stored.
    """

    ca_life: float = 365 * _DAY
    leaf_life: float = 7 * _DAY
    left: float = 1 / 3
    grace: float = 120.0
    poll: float = 30.0

    def retirement(self, now: float) -> float:
        """Until when a CA that signs no more after `now` has to be trusted.

        The last leaf's life, and an hour for pods that have not heard of it or whose clock is slow.
        """
        return now + self.leaf_life + BACKDATE


def first(now: float, timing: Timing) -> State:
    """A generation without ancestors."""
    return State(signing=new_authority(now, timing.ca_life))


def usable(state: State, now: float) -> State | None:
    """What can be gone on with, without a CA that is not of this time; None where none is left."""
    both = (each for each in (state.signing, state.following) if each)
    left = [each for each in both if not fault(each.certificate, now)]
    if not left:
        return None
    following = left[1] if len(left) > 1 else None
    return State(signing=left[0], following=following, retired=state.retired)


def advanced(
    state: State,
    *,
    found: Iterable[x509.Certificate],
    carried: Mapping[x509.Certificate, float],
    now: float,
    timing: Timing,
) -> State:
    """The state that is to follow, of the same content where nothing is due.

    `found` are the certificates of any bundle, and what this pod serves under; `carried` those that
    stand in every bundle, with the Unix time since when this pod has seen them there.
    """
    found = list(found)
    signing, following = state.signing, state.following
    retired = _adopted(state, found, now, timing)
    if following and may_sign(following, carried, now, timing):
        retired = (Retired(signing.certificate, timing.retirement(now)), *retired)
        signing, following = following, None
    elif following is None and _is_due(signing.certificate, now, timing):
        following = new_authority(now, timing.ca_life)
    return State(signing=signing, following=following, retired=retired)


def may_sign(
    authority: Authority, carried: Mapping[x509.Certificate, float], now: float, timing: Timing
) -> bool:
    """Whether every API server knows the CA by now."""
    since = carried.get(authority.certificate)
    known = since is not None and since + timing.grace <= now
    return known and begins(authority.certificate) <= now


def is_over(retired: Retired, now: float) -> bool:
    """Whether nobody needs a retired CA any more."""
    until = ends(retired.certificate)
    return now >= (until if retired.until is None else min(until, retired.until))


def required(
    state: State, issuer: x509.Certificate | None, now: float
) -> tuple[x509.Certificate, ...]:
    """What every bundle has to hold for all pods to be believed.

    `issuer` is the CA of what this pod serves: a pod stands up for its own, whatever the Secret
    says.
    """
    retired = (each.certificate for each in state.retired if not is_over(each, now))
    current = (each.certificate for each in (state.signing, state.following) if each)
    own = (issuer,) if issuer else ()
    return tuple(dict.fromkeys((*current, *own, *retired)))


def _adopted(
    state: State, found: list[x509.Certificate], now: float, timing: Timing
) -> tuple[Retired, ...]:
    """The retired CAs, with those of a bundle that the Secret does not know, and less what is over.

    An unknown CA may be that of pods which still run: before a change of --tls-mode, of another
    release under the same name, or of a Secret that was emptied. So it is neither thrown out at
    once nor trusted for ever, but kept for as long as one of our own.
    """
    latest = timing.retirement(now)
    kept = [
        Retired(each.certificate, latest if each.until is None else min(each.until, latest))
        for each in state.retired
        # It leaves the bundles first: the other way round it would be taken for unknown.
        if not is_over(each, now) or each.certificate in found
    ]
    known = set(state.certificates())
    strangers = [each for each in dict.fromkeys(found) if each not in known and ends(each) > now]
    size = sum(_size(each.certificate) for each in kept)
    for each in strangers:
        size += _size(each)
        if len(kept) < MOST_RETIRED and size <= MOST_BYTES:
            kept.append(Retired(each, latest))
    return tuple(kept)


def _size(certificate: x509.Certificate) -> int:
    return len(certificate.public_bytes(Encoding.DER))


def _is_due(certificate: x509.Certificate, now: float, timing: Timing) -> bool:
    start, end = begins(certificate), ends(certificate)
    return end - now < (end - start) * timing.left
