"""Certificates this webhook issues itself: one CA for all pods, a certificate for each.

The CA lives in a Secret that exists already; there is no right to create one. The certificate and
its key live in this process only. Pods agree through the Secret's version: there is no leader.

A pod changes to another CA only once it has seen it in every bundle for a while, and puts the CA
of what it serves back wherever it finds it missing. So what is served can be verified, except

- before the first bundle is written: the pod is not ready then;
- from somebody else's write that drops the CA from a bundle to the next look at it;
- where the API server stays out of a pod's reach, or refuses it, for as long as a certificate
  lives: it goes on with the CA it knows, which may have been retired by then.

The API server's clock is the one that counts: it looks whether a certificate is valid. A pod whose
clock is far from that goes by the API server's, and writes nothing: the CA it would make is of
another time than the others', and each would replace the other's.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Iterable, Mapping

from cryptography import x509

from kguard.webhook.certificates.authority import BACKDATE, Leaf, issue, service_names
from kguard.webhook.certificates.notes import Count, Notes, Say
from kguard.webhook.certificates.pem import LIMIT, begins, date, ends, sort_certificates
from kguard.webhook.certificates.pem import write_certificates as write
from kguard.webhook.certificates.rotation import (
    Timing,
    advanced,
    first,
    may_sign,
    required,
    usable,
)
from kguard.webhook.certificates.served import SHORT, MakeContext, Served
from kguard.webhook.certificates.state import KEYS, Reading, State, read_state, write_state
from kguard.webhook.certificates.store import (
    Bundles,
    BundleStore,
    Missing,
    SecretStore,
    Stored,
    StoreError,
)
from kguard.webhook.certificates.worker import Worker

_SOON = 5.0  # Seconds, while something is wrong.
_LAST_RESORT = 1 / 6  # Of a leaf's life: half of what is left when it is due.

SKEW = BACKDATE / 2
"""Seconds by which this pod's clock may differ from the API server's. Two that do are at most
BACKDATE apart, so what either makes has begun for the other."""

_DAY = 86_400.0  # By which exceptions end: reviews would be judged by another day.


def _nothing(_: str) -> None:
    pass


class SelfIssued:
    """Keeps a certificate of `service`.`namespace`.svc, and the bundles that vouch for it.

    `warn` gets a line for what goes wrong, `say` for the rest; `count` gets one word for each
    failed step (see Worker). `make_context` is the server's own way to make a context. `steady`
    is a clock that nobody sets, of no particular beginning. Raises ValueError for names that no
    Service can have.
    """

    def __init__(
        self,
        *,
        service: str,
        namespace: str,
        secret: SecretStore,
        bundles: BundleStore,
        make_context: MakeContext,
        say: Say,
        warn: Say | None = None,
        count: Count = _nothing,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._names = service_names(service, namespace)
        self._secret, self._bundles = secret, bundles
        self._say = say
        self._timing, self._clock, self._steady = timing or Timing(), clock, steady
        self._notes = Notes(say, warn)
        self._worker = Worker("certificates", self.step, self._notes, count)
        self._served = Served(make_context)
        self._leaf: Leaf | None = None
        self._state: State | None = None
        # What stands in every bundle, as far as was seen, and since when; of which version.
        self._carried: dict[x509.Certificate, float] = {}
        self._version = ""
        self._published = False
        # By how much the API server's clock was ahead of the steady one when last heard of.
        self._offset: float | None = None
        self._told = 0.0  # The difference that was noted.

    def start(self) -> None:
        """Begin to look after Secret, bundles and certificate."""
        self._worker.start()

    def stop(self) -> None:
        """End after the step under way; the certificate is served on."""
        self._worker.stop()

    def context(self) -> ssl.SSLContext:
        """The context for the next connection. Raises CertificateUnavailable before the first."""
        return self._served.context(self.problems)

    def refresh(self) -> None:
        """Make the context anew, of the same certificate."""
        self._served.refresh()

    def problems(self) -> list[str]:
        """Why API servers would not connect: no or a dying certificate, or a CA they lack."""
        # Every pod has its own: those that could renew theirs are to take over in time.
        found = [self._served.problem(self._now(), SHORT), *self._notes.blocking()]
        if not self.published():
            found.append("the CA of the served certificate is not in every `caBundle`")
        return [text for text in found if text]

    def warnings(self) -> list[str]:
        """What else is wrong with Secret and bundles."""
        return self._notes.other()

    def published(self) -> bool:
        """Whether every bundle had the CA of the served certificate when last seen."""
        return self._published

    def expiry(self) -> Mapping[str, float]:
        """When `leaf` and its `ca` expire, Unix time."""
        leaf = self._leaf
        return {"leaf": ends(leaf.certificate), "ca": ends(leaf.issuer)} if leaf else {}

    def step(self) -> float:
        """Look at everything once and do what is due; the seconds until it is to be done again.

        Raises Conflict where another pod was faster.
        """
        try:
            stored = self._read_secret()
            bundles = self._read_bundles()
            now = self._now()
            found = self._look(bundles) if bundles else []
            fresh = stored is not None and self._settle(stored, found, now)
            if bundles and self._state:
                self._publish(self._state, bundles, found, fresh, now)
            if self._state and self._is_due(self._state, fresh, now):
                self._renew(self._state, now)
        finally:
            self._published = self._leaf is not None and self._leaf.issuer in self._carried
        wait = self._timing.poll if fresh and not self.problems() else _SOON
        return min(wait, self._timing.poll) * random.uniform(0.75, 1.25)

    def _read_secret(self) -> Stored | None:
        try:
            stored = self._secret.read()
        except Missing as error:
            text = f"{error}, and there is no right to create it"
        except StoreError as error:
            text = str(error)
        else:
            self._notes.clear("read secret")
            self._heard(stored.date)
            return stored
        if self._state:
            text += ": the CA in memory is used on, and is not renewed"
        self._notes.set("read secret", text, blocks=self._state is None)
        return None

    def _read_bundles(self) -> Bundles | None:
        try:
            bundles = self._bundles.read()
        except (Missing, StoreError) as error:
            # Whether it held the CA until now is not known: waiting for that begins anew.
            missing = isinstance(error, Missing)
            self._carried = {} if missing else dict.fromkeys(self._carried, self._now())
            self._notes.set("read bundles", str(error), blocks=not self._carried)
            return None
        self._notes.clear("read bundles")
        self._heard(bundles.date)
        return bundles

    def _heard(self, date: float | None) -> None:
        """The API server's clock says this now, None where it does not say."""
        if date is None:
            return
        self._offset = date - self._steady()
        skew = self._skew()
        if not skew:
            self._told = 0.0
            self._notes.clear("clock")
        elif abs(skew - self._told) > 60:  # One line, however it varies.
            self._told = skew
            text = f"this pod's clock is {_amount(skew)} the API server's"
            text += ": it goes by that one, and writes nothing"
            self._notes.set("clock", text, blocks=abs(skew) >= _DAY)

    def _skew(self) -> float:
        """Seconds by which this pod's clock is ahead of the API server's; 0 where that is near."""
        if self._offset is None:
            return 0.0
        skew = self._clock() - (self._steady() + self._offset)
        return skew if abs(skew) > SKEW else 0.0

    def _now(self) -> float:
        """Unix time, by the API server's clock where this pod's is far from it."""
        return self._clock() - self._skew()

    def _look(self, bundles: Bundles) -> list[x509.Certificate]:
        """Remember what every bundle holds; all certificates of any."""
        parsed = [sort_certificates(entry)[0] for entry in bundles.entries]
        everywhere = set(parsed[0]).intersection(*parsed[1:]) if parsed else set()
        # Another version may have been without them in between.
        before = self._carried if bundles.version == self._version else {}
        self._remember(everywhere, before, bundles.version)
        return list(dict.fromkeys(each for entry in parsed for each in entry))

    def _settle(self, stored: Stored, found: list[x509.Certificate], now: float) -> bool:
        """Take the Secret's state over, or write what it is to be; False where that failed."""
        reading = read_state(stored.data, now)
        self._notes.set("secret", "; ".join(f"Secret: {each}" for each in reading.faults))
        state = reading.state or self._restored(reading, now)
        own = [self._leaf.issuer] if self._leaf else []
        state = advanced(
            state,
            found=(*own, *(() if reading.state else reading.certificates), *found),
            carried=self._carried,
            now=now,
            timing=self._timing,
        )
        wanted = write_state(state)
        if reading.state and not reading.faults and wanted == write_state(reading.state):
            self._notes.clear("write secret")
            self._state = state
            return True
        if self._skew():
            self._notes.clear("write secret")
            self._state = reading.state or self._state
            return False
        others = {name: value for name, value in stored.data.items() if name not in KEYS}
        try:
            self._secret.write(stored, {**others, **wanted})
        except (Missing, StoreError) as error:
            self._notes.set("write secret", str(error), blocks=self._state is None)
            self._state = reading.state or self._state
            return False
        self._notes.clear("write secret")
        self._say(_changes(reading, state))
        self._state = state
        return True

    def _restored(self, reading: Reading, now: float) -> State:
        """What to write where the Secret holds no CA: the one in memory, else a new one."""
        known = usable(self._state, now) if self._state else None
        return known or first(now, self._timing)

    def _publish(
        self,
        state: State,
        bundles: Bundles,
        found: list[x509.Certificate],
        fresh: bool,
        now: float,
    ) -> None:
        """Give every bundle what it has to hold.

        What else is in it goes only if the Secret was seen: it may be what other pods serve under.
        """
        wanted = required(state, self._leaf.issuer if self._leaf else None, now)
        if not fresh:
            wanted = tuple(dict.fromkeys((*wanted, *(each for each in found if ends(each) > now))))
        while len(bundle := write(wanted)) > LIMIT:  # Strangers are last.
            wanted = wanted[:-1]
        if self._skew() or all(_holds(entry, wanted) for entry in bundles.entries):
            self._notes.clear("write bundles")
            return
        lost = self._published and self._leaf and self._leaf.issuer not in self._carried
        try:
            written = self._bundles.write(bundles, bundle)
        except (Missing, StoreError) as error:
            self._notes.set("write bundles", str(error))
            return
        self._notes.clear("write bundles")
        self._say(f"`caBundle` {'repaired' if lost else 'written'}: {len(wanted)} CA certificates")
        self._remember(wanted, self._carried, written.version)

    def _remember(
        self,
        certificates: Iterable[x509.Certificate],
        before: Mapping[x509.Certificate, float],
        version: str,
    ) -> None:
        """These stand in every bundle; the wait of new ones begins when the answer is here."""
        now = self._now()  # The step may have begun long ago.
        self._carried = {each: before.get(each, now) for each in certificates}
        self._version = version

    def _is_due(self, state: State, fresh: bool, now: float) -> bool:
        """Whether to issue a certificate: there is none, it ends, or its CA signs no more."""
        leaf, signing = self._leaf, state.signing.certificate
        if leaf is None:
            return True
        end, same = ends(leaf.certificate), leaf.issuer == signing
        if begins(signing) > now or ends(signing) <= (end if same else now):
            return False  # It would be no better.
        if begins(leaf.certificate) > now or end - now <= leaf.life * _LAST_RESORT:
            return True
        if not fresh:  # A CA from memory may have given way; only the Secret says for how long.
            return False
        if same:
            return end - now <= leaf.life * self._timing.left
        return may_sign(state.signing, self._carried, now, self._timing)

    def _renew(self, state: State, now: float) -> None:
        """Issue a certificate and serve it."""
        leaf = issue(state.signing, self._names, now, self._timing.leaf_life)
        self._served.exchange(leaf.certificate, write([leaf.certificate]), leaf.key_pem)
        self._leaf = leaf
        self._say(f"certificate issued, valid until {date(ends(leaf.certificate))}")


def _holds(entry: bytes, wanted: tuple[x509.Certificate, ...]) -> bool:
    """Whether a bundle is of these certificates, in any order, and nothing else."""
    certificates, broken = sort_certificates(entry)
    return not broken and set(certificates) == set(wanted)


def _amount(skew: float) -> str:
    size, words = abs(skew), "ahead of" if skew > 0 else "behind"
    for unit, seconds in (("days", _DAY), ("hours", 3600.0)):
        if size >= 2 * seconds:
            return f"{size / seconds:.0f} {unit} {words}"
    return f"{size / 60:.0f} minutes {words}"


def _changes(reading: Reading, state: State) -> str:
    if reading.state is None:
        return f"CA written to the Secret, valid until {date(ends(state.signing.certificate))}"
    if state.signing.certificate != reading.state.signing.certificate:
        return "the next CA signs from now on"
    if state.following and not reading.state.following:
        end = date(ends(state.following.certificate))
        return f"the next CA is made known, valid until {end}"
    return f"Secret brought up to date: {len(state.retired)} retired CA certificates"
