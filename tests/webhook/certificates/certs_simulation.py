"""Three pods, an API server and somebody else, interleaved request by request from a seed.

Each pod runs on a thread that stops ahead of every request and behind every write, so that exactly
one thing happens at a time and anything may happen in between: another pod's request, a crash, an
answer that gets lost, an API server that is away, somebody else's write, time that passes, and a
clock that somebody sets: each pod has its own.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping

from certs_world import Api, BundlesOf, Clock, SecretOf, believed, no_context, served
from cryptography import x509

from kguard.webhook.certificates.authority import new_authority
from kguard.webhook.certificates.pem import sort_certificates, write_certificates, write_key
from kguard.webhook.certificates.rotation import Timing
from kguard.webhook.certificates.self_issued import SKEW, SelfIssued
from kguard.webhook.certificates.state import read_state
from kguard.webhook.certificates.store import Bundles, Stored, StoreError

HOUR, DAY = 3600.0, 86_400.0
TIMING = Timing(ca_life=12 * DAY, leaf_life=2 * DAY)

CLOCK = "this pod's clock is"

LAG = TIMING.grace / 2
"""Seconds by which an API server may lag behind what is stored."""


class _Crash(BaseException):
    """The pod is killed, past every `except Exception`."""


class Pod:
    """One pod, on a thread that moves only when it is told, from one request to the next."""

    def __init__(self, api: Api, skew: float = 0.0) -> None:
        self.skew = skew  # Seconds by which its clock is ahead.
        self.certificates = SelfIssued(
            service="kguard",
            namespace="kguard",
            secret=_Secret(api, self),
            bundles=_Bundles(api, self),
            make_context=no_context,
            say=lambda line: None,
            timing=TIMING,
            clock=lambda: api.clock() + self.skew,
            steady=api.clock,
        )
        self.away_until = 0.0
        self.busy = self.dead = False
        self.steps = 0  # Begun.
        self.clean: tuple[float, int] = (-1.0, 0)  # The last without a fault: (begun, steps).
        self.leaves: list[x509.Certificate] = []
        self._clock = api.clock
        self._fate = ""
        self._go, self._parked = threading.Semaphore(0), threading.Semaphore(0)
        threading.Thread(target=self._run, daemon=True).start()
        self._parked.acquire()

    def writes(self) -> bool:
        """Whether its clock lets it write."""
        return abs(self.skew) <= SKEW

    def faults(self) -> list[str]:
        """What is wrong besides its clock."""
        return [each for each in self.certificates.warnings() if CLOCK not in each]

    def move(self, fate: str = "") -> None:
        """On to the next request, where its `fate` is to `crash` or to be `lost`."""
        self._fate = fate
        self._go.release()
        self._parked.acquire()
        leaf = self.certificates._leaf
        if leaf and leaf.certificate not in self.leaves:
            self.leaves.append(leaf.certificate)

    def pause(self) -> None:
        """A request is about to take effect, or has."""
        self._stop()
        if self._fate == "lost" or self._clock() < self.away_until:
            raise StoreError("no answer in time")

    def _stop(self) -> None:
        self._parked.release()
        self._go.acquire()
        if self._fate == "crash":
            raise _Crash

    def _run(self) -> None:
        try:
            while True:
                self.busy = False
                self._stop()
                self.busy = True
                self.steps += 1
                begun = self._clock.ticks
                self.certificates._worker.once()
                if not self.faults() and not self.certificates._worker._failures:
                    self.clean = (begun, self.steps)
        except _Crash:
            self.dead = True
            self._parked.release()


class _Secret:
    def __init__(self, api: Api, pod: Pod) -> None:
        self._store, self._pod = SecretOf(api), pod

    def read(self) -> Stored:
        self._pod.pause()
        return self._store.read()

    def write(self, stored: Stored, data: Mapping[str, bytes]) -> Stored:
        self._pod.pause()
        written = self._store.write(stored, data)
        self._pod.pause()
        return written


class _Bundles:
    def __init__(self, api: Api, pod: Pod) -> None:
        self._store, self._pod = BundlesOf(api), pod

    def read(self) -> Bundles:
        self._pod.pause()
        return self._store.read()

    def write(self, bundles: Bundles, bundle: bytes) -> Bundles:
        self._pod.pause()
        written = self._store.write(bundles, bundle)
        self._pod.pause()
        return written


class World:
    """What happens, and whether every ready pod is believed all the while."""

    def __init__(
        self, seed: int, *, tamper: bool, skews: tuple[float, ...] = (0, 0, 0), sets: bool = False
    ) -> None:
        """`skews` are by how many seconds the pods' clocks are ahead; with `sets` somebody corrects
        them and puts them wrong again."""
        self.skews, self.sets = skews, sets
        self.random = random.Random(seed)
        self.tamper = tamper
        self.clock = Clock(1_800_000_000.0)
        self.api = Api(self.clock)
        self.api.put_bundles([b"", b""])
        self.pods = [Pod(self.api, skew) for skew in skews]
        self.damaged = -1  # The tick of somebody else's last write to the bundles.
        self.healed: dict[int, float] = {}  # Unix time, by the pod's id.
        self.backups: list[tuple[float, dict[str, bytes]]] = []
        self.rotations: set[x509.Certificate] = set()
        self.long_pause = 0
        self.checks = 0

    def run(self, moves: int) -> None:
        """So many things happen; then all is left in peace, and has to settle."""
        for _ in range(moves):
            self.act()
            self.check()
        self.settle()
        for pod in self.pods:
            pod.skew = 0.0
        self.settle()
        for pod in self.pods:
            pod.move("crash")

    def act(self) -> None:
        """One thing happens."""
        self.clock.ticks += 1
        pod = self.random.choice(self.pods)
        dice = self.random.random()
        if dice < 0.76:
            self.move(pod)
        elif dice < 0.86:
            self.clock.turn(self.random.choice([1.0, 10.0, 60.0, 130.0]))
        elif dice < 0.98:
            self.pause()
        elif dice < 0.99:
            # Out of reach for longer than a certificate lives, a pod may miss a whole rotation.
            if self.clock() > pod.away_until and pod.clean[0] > self.long_pause:
                pod.away_until = self.clock() + self.random.uniform(0, 1.25 * DAY)
        elif self.sets and dice < 0.993:
            at = self.pods.index(pod)
            pod.skew = 0.0 if pod.skew else self.skews[at]
        elif self.tamper:
            self.random.choice([self.spoil_bundles, self.spoil_secret])()

    def move(self, pod: Pod) -> None:
        """A pod gets on, or is killed and replaced, or gets no answer."""
        self.clock.ticks += 1
        fate = self.random.random()
        pod.move("crash" if fate < 0.01 else "lost" if fate < 0.04 else "")
        if pod.dead:
            self.pods[self.pods.index(pod)] = Pod(self.api, pod.skew)
        state = read_state(self.api.secret or {}, self.clock()).state
        if self.api.secret and state:
            self.backups.append((self.clock(), dict(self.api.secret)))
            self.rotations.add(state.signing.certificate)

    def pause(self) -> None:
        """Hours pass, in which pods that reach the API server keep their beat."""
        while late := [
            pod
            for pod in self.pods
            if pod.busy or (pod.clean[0] < self.long_pause and self.clock() >= pod.away_until)
        ]:
            self.move(self.random.choice(late))
            self.check()
            if self.api.secret is None:  # Nothing is clean without.
                self.api.put_secret({})
        self.clock.turn(self.random.choice([HOUR, 6 * HOUR]))
        self.clock.ticks += 1
        self.long_pause = self.clock.ticks

    def spoil_bundles(self) -> None:
        """Somebody writes another bundle into the entries, or adds one."""
        assert self.api.bundles
        other = write_certificates([new_authority(self.clock(), 9 * DAY).certificate])
        bundle = self.random.choice([b"", b"garbage", other])
        kept = self.api.bundles[: self.random.randrange(3)]
        self.api.put_bundles([*kept, *([bundle] * (2 - len(kept)))])
        self.damaged = self.clock.ticks

    def spoil_secret(self) -> None:
        """Somebody empties, spoils, deletes, replaces or restores the Secret."""
        other = new_authority(self.clock(), 9 * DAY)
        recent = [data for time, data in self.backups if time > self.clock() - TIMING.leaf_life]
        current = self.api.secret or {}
        self.api.put_secret(
            self.random.choice(
                [
                    {},
                    None,
                    {"ca.crt": b"garbage"},
                    {name: current[name] for name in current if name != "ca.key"},
                    {name: current[name] for name in current if name != "old.json"},
                    {
                        "ca.crt": write_certificates([other.certificate]),
                        "ca.key": write_key(other.key),
                    },
                    self.random.choice(recent) if recent else {},
                ]
            )
        )

    def check(self) -> None:
        """Every ready pod is believed by API servers that lag, but for what cannot be helped."""
        now = self.clock()
        for pod in self.pods:
            if self._is_damaged(pod) or pod.certificates.problems():
                continue
            leaf = served(pod.certificates)
            for bundles in self._views(pod):
                self.checks += 1
                assert bundles, "a ready pod without bundles"
                assert all(believed(leaf, bundle, now) for bundle in bundles)

    def _is_damaged(self, pod: Pod) -> bool:
        """Whether somebody's write to the bundles could not be repaired yet.

        Any pod repairs what the Secret knows, and each what it serves itself.
        """
        if self.damaged < 0:
            return False
        leaf = pod.certificates._leaf
        known = read_state(self.api.secret or {}, 0).certificates
        healers = [each for each in self.pods if each.writes()]
        if not leaf or leaf.issuer not in known:
            healers = [pod]
        if all(each.clean[0] < self.damaged for each in healers):
            self.healed[id(pod)] = self.clock()
            return True
        return self.clock() < self.healed.get(id(pod), 0) + LAG

    def _views(self, pod: Pod) -> Iterator[tuple[bytes, ...]]:
        """What API servers may go by: the bundles of now, and those of up to LAG ago.

        A new CA signs for a pod that has none to go on with, and the API servers have yet to learn
        of it: the first of all, or one that somebody put into the Secret.
        """
        history = self.api.history
        yield history[-1][1]
        leaf = pod.certificates._leaf
        assert leaf
        if pod.leaves == [leaf.certificate] and (self.tamper or len(self.rotations) == 1):
            return
        for i in range(len(history) - 1, 0, -1):
            if history[i][0] <= self.clock() - LAG:
                return
            yield history[i - 1][1]

    def settle(self) -> None:
        """Nobody disturbs: all pods get ready, under one CA, and only what is needed is left."""
        if self.api.secret is None:
            self.api.put_secret({})
        for pod in self.pods:
            pod.away_until = 0
        for _ in range(12):
            for pod in self.pods:
                self.clock.ticks += 1
                pod.move()
                while pod.busy:
                    pod.move()
                self.check()
            self.clock.turn(TIMING.grace / 2 + 1)
        assert [pod.faults() for pod in self.pods] == [[], [], []]
        for pod in self.pods:
            problems = pod.certificates.problems()
            if abs(pod.skew) < DAY:
                assert problems == []
            else:
                assert [CLOCK in each for each in problems] == [True]
            assert bool(pod.certificates.warnings()) == (SKEW < abs(pod.skew) < DAY)
        issuers = {pod.certificates._leaf.issuer for pod in self.pods if pod.certificates._leaf}
        assert len(issuers) == 1
        state = read_state(self.api.secret or {}, self.clock()).state
        assert state
        assert issuers == {state.signing.certificate}
        assert self.api.bundles
        for bundle in self.api.bundles:
            assert set(sort_certificates(bundle)[0]) == set(state.certificates())
            assert all(
                believed(served(pod.certificates), bundle, self.clock()) for pod in self.pods
            )
