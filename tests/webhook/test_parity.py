"""The command line and the webhook say the same of the same object beside the same others.

Compared are policy, place, message and severity of every finding of the policies that both ask,
before anything is suppressed. On both sides one object is judged over all others of its unit, which
are context: as `kguard check OBJECT --context OTHERS` does, and as the webhook does with an
AdmissionReview and a snapshot of the cluster.

What the two cannot see alike, and is therefore left out:

- Dockerfiles, Drone pipelines and Helm values are no objects of a cluster.
- Manifests inside a workflow arrive with its tags replaced; with them only a run sees them.
- `--complete`, patched Kustomize bases and images that Skaffold tags say something of files.
- A run over all objects of a unit says what concerns two of them once (AT_ONE_PLACE): of two
  budgets over the same pods at the later one, and of a WorkflowTemplate that lacks a setting at the
  template and not at every Workflow that runs it. A review only ever sees one of the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from webhook_reviews import REGISTRY, asked, decide, policy_set

from kguard.engine import Engine
from kguard.facts import Assumptions, Facts
from kguard.index import Index
from kguard.inputs.files import discover
from kguard.inputs.load import load
from kguard.kube.recognise import is_kubernetes
from kguard.model import Finding, Resource, named_route
from kguard.record import replace
from kguard.webhook.cluster.snapshot import Snapshot
from kguard.webhook.stances import Mode

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"

POLICIES = policy_set(Mode.WARN, kguard="profile: all")
ENGINE = Engine(policy for policy in REGISTRY.policies.values() if policy.doors == "both")

AT_ONE_PLACE = {
    *("argo-no-deadline", "argo-podgc-missing", "argo-ttl-missing", "argo-ttl-zero-no-archive"),
    *("argo-podgc-loses-logs", "argo-podgc-workflow-scope-fanout"),
    "argo-service-account-default",
    *("hpa-duplicate-target", "pdb-overlap"),
}
"""Policies that report what concerns two objects at one of them, where both are judged."""

Said = set[tuple[str, str, str, str, str]]


def said(finding: Finding) -> tuple[str, str, str, str, str]:
    """What two findings have to agree in, with the object by its name: the data are copies."""
    resource = finding.resource
    return (
        finding.policy,
        resource.label,
        named_route(resource.data, finding.route),
        finding.message,
        finding.severity.word,
    )


class Unit:
    """The objects of one unit as both sides know them."""

    def __init__(self, resources: list[Resource]) -> None:
        self.resources = resources
        # The API server sends JSON; what YAML makes of dates and the like comes along as text.
        self.sent = {id(each): json.loads(json.dumps(each.data, default=str)) for each in resources}
        self.facts = Facts(Index(resources), Assumptions())
        self._as_context = {id(each): replace(each, context=True) for each in resources}

    def run(self, resource: Resource) -> Said:
        """What a run finds that judges one object and is given the others as context."""
        seen = [each if each is resource else self._as_context[id(each)] for each in self.resources]
        return self._judged(resource, Facts(Index(seen), Assumptions()))

    def run_of_all(self, resource: Resource) -> Said:
        """What a run that judges all objects finds at one of them."""
        return self._judged(resource, self.facts)

    def _judged(self, resource: Resource, facts: Facts) -> Said:
        rules = POLICIES.settings.rules(REGISTRY)
        return {said(each) for each in ENGINE.run([resource], facts, rules).findings}

    def review(self, resource: Resource) -> Said:
        """What the webhook finds."""
        others = [
            replace(each, data=self.sent[id(each)], unit="", context=True)
            for each in self.resources
            if each is not resource
        ]
        review = asked(self.sent[id(resource)])
        decision = decide(review, POLICIES, Snapshot(Index(others)))
        assert decision.skipped == ""
        assert decision.unanswered == {}
        return {said(each.finding) for each in decision.judged}


def units(folder: Path) -> Iterator[Unit]:
    """The units of a folder, with only what both sides can know."""
    loaded = load(discover([str(folder)], use_gitignore=False))
    by_unit: dict[str, list[Resource]] = {}
    for resource in loaded.resources:
        if is_kubernetes(resource.data):
            by_unit.setdefault(resource.unit, []).append(resource)
    for resources in by_unit.values():
        yield Unit(resources)


def differences(folder: Path) -> tuple[int, int, list[str]]:
    """How many objects and findings were compared, and every one that only one side has."""
    objects = findings = 0
    found = []
    for unit in units(folder):
        for resource in unit.resources:
            if resource.embedded and "{{" in json.dumps(resource.data, default=str):
                continue
            run, review = unit.run(resource), unit.review(resource)
            objects, findings = objects + 1, findings + len(run)
            where = f"{resource.origin.path}: {resource.label}"
            found += [f"{where}: only in a run: {each}" for each in sorted(run - review)]
            found += [f"{where}: only in a review: {each}" for each in sorted(review - run)]
            of_all = unit.run_of_all(resource)
            alone = [each for each in sorted(review ^ of_all) if each[0] not in AT_ONE_PLACE]
            found += [f"{where}: only in a review or a run of all: {each}" for each in alone]
            assert of_all <= run
    return objects, findings, found


@pytest.mark.parametrize(
    "project", ["argo-at-scale", "argo-pipeline", "queue-worker", "web-service"]
)
def test_both_doors_say_the_same_of_the_examples(project: str) -> None:
    objects, findings, found = differences(ROOT / "examples" / project)
    assert found == []
    assert objects > 3
    assert findings > 3


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus of public manifests beside the checkout")
def test_both_doors_say_the_same_of_public_manifests() -> None:
    objects, findings, found = differences(CORPUS)
    assert found == []
    assert objects > 950
    assert findings > 1500
