"""Judge one request: the same engine and policies as the command line, in front of a cluster.

Pure: what it knows of policies and cluster is handed in, and what it comes to is handed back.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kguard.engine import Outcome, Took
from kguard.facts import Assumptions, Expiry, Facts
from kguard.fingerprint import ratchet_key
from kguard.ignore import Ignore, from_annotations
from kguard.model import Confidence, Finding, Origin, Resource, Severity, dig
from kguard.overlay import Overlay
from kguard.record import replace
from kguard.rules import Table
from kguard.webhook.cluster.snapshot import Snapshot
from kguard.webhook.cluster.sources import NAMESPACE
from kguard.webhook.decision import REPLACED, Decision, Effect, Judged
from kguard.webhook.exceptions import IN_FORCE
from kguard.webhook.policyset import PolicySet
from kguard.webhook.request import Request
from kguard.webhook.skip import content, skip_reason
from kguard.webhook.stances import UNEVALUABLE, Mode, Stance

_NOT_READ = "cluster not read yet"


def review(
    request: Request,
    policies: PolicySet,
    world: Snapshot,
    *,
    today: datetime.date,
    expired: Expiry = lambda needed=0.0: False,
    took: Took | None = None,
) -> Decision:
    """The decision on a request.

    `today` (UTC) dates exceptions and ignores. From the first yes of `expired` on, policies go
    unasked and count as unanswered. `took` is told how long each policy took.
    """
    decision = Decision(request, policies.revision, skipped=skip_reason(request))
    if decision.skipped:
        return decision
    labels = _labels(request, world)
    stances = policies.stances.at(request.namespace, labels)
    judge = _Judge(policies, world, stances, expired, took)
    if request.unevaluable or request.object is None:
        resource = resource_of(request, {})
        if stances[UNEVALUABLE].mode is not Mode.OFF:
            _Weigher(decision, judge, resource, today).weigh_unevaluable()
        return decision
    resource = resource_of(request, request.object)
    outcome = judge.run(resource)
    findings = [f for f in outcome.findings if policies.settings.reports(f)]
    _Weigher(decision, judge, resource, today).weigh(findings)
    _note_unanswered(decision, outcome, stances)
    return decision


def failed(request: Request, policies: PolicySet, world: Snapshot, error: Exception) -> Decision:
    """The decision where a bug kept a review from coming to one: as if no policy had answered."""
    decision = Decision(request, policies.revision, crashes=[error])
    stances = policies.stances.at(request.namespace, _labels(request, world))
    decision.unanswered[UNEVALUABLE] = "error"
    if any(each.mode is Mode.ENFORCE and each.deny_on_error for each in stances.values()):
        decision.refusing.append(UNEVALUABLE)
    return decision


def resource_of(request: Request, data: Mapping[str, Any]) -> Resource:
    """An object of a request as the engine knows it; on CREATE the request knows the namespace."""
    metadata = data.get("metadata") or {}
    name, generated = (metadata.get(key) for key in ("name", "generateName"))
    return Resource(
        data=data,
        origin=Origin(""),
        group=request.group,
        version=request.version,
        kind=request.kind,
        namespace=request.namespace,
        name=request.name or (name if isinstance(name, str) else ""),
        generate_name=generated if isinstance(generated, str) else "",
    )


def _labels(request: Request, world: Snapshot) -> Mapping[str, str] | None:
    return world.namespaces.get(request.namespace) if request.namespace else {}


class _Judge:
    """One request's view of policies and cluster."""

    def __init__(
        self,
        policies: PolicySet,
        world: Snapshot,
        stances: Mapping[str, Stance],
        expired: Expiry,
        took: Took | None,
    ) -> None:
        self.policies, self.stances = policies, stances
        self.expired, self._world, self._took = expired, world, took
        self.unsynced = False
        """Whether an answer rests on what was not known yet."""
        self.unlabelled = NAMESPACE in world.unsynced
        """Whether no namespace's labels are known."""

    def run(self, resource: Resource, only: frozenset[str] | None = None) -> Outcome:
        """What the policies that are on say of an object; `only` some of them, where given."""
        index = Overlay(self._world.index, resource)
        facts = Facts(index, self._assumptions(), self.expired)

        def rules(judged: Resource) -> Table:
            return self.policies.table(judged, self.stances)

        engine = self.policies.engine
        try:
            outcome = engine.run([resource], facts, rules, self.expired, self._took, only)
        finally:
            facts.release()
        self.unsynced |= not self._world.unknown_to(resource.namespace).isdisjoint(index.asked)
        return outcome

    def _assumptions(self) -> Assumptions:
        settings, world = self.policies.settings, self._world
        said = "kube-version" in settings.origin
        return Assumptions(
            kube=settings.kube if said or world.kube is None else world.kube,
            argo=settings.argo,
            argo_controller=world.argo_controller,
            argo_configs=world.argo_configs,
            argo_assume_none=settings.argo_assume_none,
            drone_requests_given=settings.drone_requests_given,
            drone_limits_given=settings.drone_limits_given,
            images=self.policies.images,
        )


class _Weigher:
    """Gives every finding its effect."""

    def __init__(
        self, decision: Decision, judge: _Judge, resource: Resource, today: datetime.date
    ) -> None:
        self._decision, self._judge, self._resource = decision, judge, resource
        self._today = today
        self._ignores: list[Ignore] | None = None
        self._spared = spared(decision.request, judge.policies.trusted)

    def weigh_unevaluable(self) -> None:
        """Add to the decision that nobody can judge the object."""
        request = self._decision.request
        message = f"the object cannot be judged: {request.unevaluable or 'there is none'}"
        finding = Finding(UNEVALUABLE, Severity.ERROR, Confidence.HIGH, message, self._resource, ())
        judged = self._weighed(finding)
        stance = self._judge.stances[UNEVALUABLE]
        if judged.effect is Effect.DENIED and stance.ratchet and request.stored_unevaluable:
            judged = replace(judged, effect=Effect.WARNED, why="there before")
        self._decision.add([judged])

    def weigh(self, findings: Iterable[Finding]) -> None:
        """Add findings to the decision; the stored object is judged only where it may matter."""
        judged = [self._weighed(finding) for finding in findings]
        if any(each.effect is Effect.DENIED for each in judged):
            judged = self._ratcheted(judged)
        self._decision.add(judged)

    def _weighed(self, finding: Finding) -> Judged:
        stance = self._judge.stances[finding.policy]
        exemption = self._judge.policies.exemption(finding, self._today)
        ended = ""
        if exemption is not None:
            if exemption.state(self._today) in IN_FORCE:
                why, reason = exemption.effective, exemption.reason
                return Judged(finding, stance.mode, Effect.EXCEPTED, why, exemption, reason=reason)
            ended = exemption.ineffective(self._today)
        if stance.annotations and (ignore := self._ignored(finding)):
            why = "annotation" + (f" until {ignore.why.until}" if ignore.why.until else "")
            return Judged(finding, stance.mode, Effect.EXCEPTED, why, reason=ignore.why.reason)
        effect, why = self._effect(finding, stance)
        return Judged(finding, stance.mode, effect, why, ended=ended)

    def _effect(self, finding: Finding, stance: Stance) -> tuple[Effect, str]:
        if stance.mode is Mode.AUDIT:
            return Effect.AUDITED, self._spared
        if self._spared:
            return Effect.WARNED, self._spared
        if stance.mode is Mode.WARN:
            return Effect.WARNED, "after enforce-through" if stance.held else ""
        if finding.severity < stance.deny_at:
            return Effect.WARNED, f"{finding.severity.word}, below deny-at"
        # An object is judged for itself; what is wrong with others is not its author's doing.
        if finding.resource is not self._resource:
            return Effect.WARNED, "other object"
        # Of a namespace that is merely new the strictest is assumed, but not while none is known.
        if self._judge.unsynced or (stance.guessed and self._judge.unlabelled):
            return Effect.WARNED, _NOT_READ
        return Effect.DENIED, ""

    def _ignored(self, finding: Finding) -> Ignore | None:
        if self._ignores is None:
            registry = self._judge.policies.registry
            written = from_annotations(self._resource, registry, slips=False)
            self._ignores = [each for each in written if isinstance(each, Ignore)]
        hiding = (i for i in self._ignores if not i.expired(self._today) and i.hides(finding))
        return next(hiding, None)

    def _ratcheted(self, judged: list[Judged]) -> list[Judged]:
        """The same, where violations of the stored object deny no more.

        It only ever grants what was there before: the same fault at the same place with the same
        value. Whatever else it says counts for nothing. A policy that could not be asked about it,
        or was not compared in time, has no answer: what it found may have been there before.
        """
        request, stances = self._decision.request, self._judge.stances
        denying = {each.finding.policy for each in judged if each.effect is Effect.DENIED}
        only = frozenset(policy for policy in denying if stances[policy].ratchet)
        if not only or (request.old_object is None and not request.stored_unevaluable):
            return judged
        stored = resource_of(request, request.old_object or {})
        outcome = self._judge.run(stored, only)
        unsure = _unanswered(outcome)
        if request.stored_unevaluable:
            unsure = dict.fromkeys(only, "stored-object")
        known: dict[str, int] = defaultdict(int)
        for finding in outcome.findings:
            if self._judge.expired():
                unsure |= dict.fromkeys(only, "deadline")
                break
            # What merely warned of the stored object has become worse.
            if finding.resource is stored and finding.severity >= stances[finding.policy].deny_at:
                known[ratchet_key(finding)] += 1
        result = []
        for each in judged:
            policy = each.finding.policy
            if each.effect is Effect.DENIED and policy in only:
                if self._judge.expired():
                    unsure[policy] = "deadline"
                if policy in unsure:
                    each = replace(each, effect=Effect.WARNED, why="stored object not judged")
                elif known.get(key := ratchet_key(each.finding)):
                    known[key] -= 1
                    each = replace(each, effect=Effect.WARNED, why="there before")
            result.append(each)
        self._decision.unanswered.update(unsure)
        self._decision.crashes += (crash.error for crash in outcome.crashes)
        return result


def spared(request: Request, trusted: frozenset[str]) -> str:
    """Why a trusted controller is denied nothing; empty where it is, or where others ask.

    The API server vouches for the user's name. A reference to an owner alone could be anybody's,
    and without one the controller's account was used for something else than making objects from
    a template, which was judged itself. What a controller notes on an object that stands already
    (the Deployment's its revision) changes nothing that could be refused.
    """
    if request.username not in trusted:
        return ""
    if request.object is None:  # The owner stands in what cannot be read.
        return REPLACED
    owners = dig(request.object, "metadata", "ownerReferences")
    if isinstance(owners, list) and any(dig(each, "controller") is True for each in owners):
        return REPLACED
    if request.old_object is not None and content(request.object) == content(request.old_object):
        return "kept by a controller"
    return ""


def _note_unanswered(decision: Decision, outcome: Outcome, stances: Mapping[str, Stance]) -> None:
    decision.crashes += (crash.error for crash in outcome.crashes)
    decision.unanswered.update(_unanswered(outcome))
    decision.refusing = [
        policy
        for policy in decision.unanswered
        if stances[policy].mode is Mode.ENFORCE and stances[policy].deny_on_error
    ]


def _unanswered(outcome: Outcome) -> dict[str, str]:
    """The policies without an answer, with the reason."""
    crashed = {policy: "error" for crash in outcome.crashes for policy in crash.unanswered}
    return crashed | dict.fromkeys(outcome.unfinished, "deadline")
