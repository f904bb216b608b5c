"""Argo: which findings have a fix and what it writes, and what they leave unsaid."""

from __future__ import annotations

import pytest
from judging import the_finding

from kguard.model import REMOVE, Route

WORKFLOW = """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {generateName: w-}
    spec: {entrypoint: a, %s}
"""
CRON = """
    apiVersion: argoproj.io/v1alpha1
    kind: CronWorkflow
    metadata: {name: c}
    spec: {%s}
"""
LIBRARY = """
    apiVersion: argoproj.io/v1alpha1
    kind: WorkflowTemplate
    metadata: {name: l}
    spec: {ttlStrategy: {secondsAfterSuccess: 60}}
    ---"""
ALONE = WORKFLOW % "templates: [{name: a, %s}]"
STEP = ALONE % "steps: [[{name: b, template: a, %s}]]"
GRACE = "terminationGracePeriodSeconds"
LIMIT = "{configMapKeyRef: {name: m, key: k}}"

FIXES = {
    "a grace period where no patch is": (
        "argo-grace-period-misplaced",
        WORKFLOW % f"{GRACE}: 60",
        True,
    ),
    "one beside a patch": (
        "argo-grace-period-misplaced",
        WORKFLOW % f"podSpecPatch: 'priority: 5', {GRACE}: 60",
        None,
    ),
    "one that is no number": ("argo-grace-period-misplaced", WORKFLOW % f"{GRACE}: true", None),
    "one of what makes no pod": (
        "argo-grace-period-misplaced",
        ALONE % f"steps: [], {GRACE}: 60",
        None,
    ),
    "a duration of which nothing can be made": (
        "argo-duration-unit",
        WORKFLOW % "podGC: {deleteDelayDuration: soon}",
        None,
    ),
    "an exit handler": ("argo-onexit-deprecated", STEP % "onExit: a", True),
    "one beside the hook": (
        "argo-onexit-deprecated",
        STEP % "onExit: a, hooks: {exit: {template: a}}",
        None,
    ),
    "a time that is filled in": (
        "argo-ttl-legacy-field",
        WORKFLOW % "ttlSecondsAfterFinished: '{{ttl}}'",
        None,
    ),
    "a gap beside a time that is filled in": (
        "argo-ttl-error-phase-gap",
        WORKFLOW % "ttlStrategy: {secondsAfterSuccess: 60, secondsAfterFailure: '{{ttl}}'}",
        None,
    ),
    "a gap of a library": (
        "argo-ttl-error-phase-gap",
        LIBRARY + WORKFLOW % "workflowTemplateRef: {name: l}",
        None,
    ),
    "a field of another place": ("argo-unknown-field", WORKFLOW % "limit: 3", None),
    "a lock that is none": ("argo-removed-field", WORKFLOW % "synchronization: {mutex: [a]}", None),
    "an empty one": ("argo-removed-field", WORKFLOW % "synchronization: {mutex: {}}", None),
    "one beside what is no list": (
        "argo-removed-field",
        WORKFLOW % "synchronization: {mutex: {name: a}, mutexes: a}",
        None,
    ),
    "a schedule beside schedules": (
        "argo-removed-field",
        CRON % "schedule: '@daily', schedules: ['@daily'], workflowSpec: {entrypoint: a}",
        None,
    ),
    "a schedule that is empty": (
        "argo-removed-field",
        CRON % "schedule: '', workflowSpec: {entrypoint: a}",
        None,
    ),
}


@pytest.mark.parametrize(("policy", "text", "safe"), FIXES.values(), ids=FIXES)
def test_there_is_a_fix_where_it_is_certain(policy: str, text: str, safe: bool | None) -> None:
    fix = the_finding(policy, text).fix

    assert (fix.safe if fix else None) is safe


TTL = ("spec", "ttlStrategy", "secondsAfterCompletion")
WRITTEN = {
    "a patch": (
        "argo-grace-period-misplaced",
        WORKFLOW % f"{GRACE}: 60",
        {("spec", "podSpecPatch"): f"{GRACE}: 60", ("spec", GRACE): REMOVE},
    ),
    "a hook": (
        "argo-onexit-deprecated",
        STEP % "onExit: a",
        {
            ("spec", "templates", 0, "steps", 0, 0, "hooks", "exit", "template"): "a",
            ("spec", "templates", 0, "steps", 0, 0, "onExit"): REMOVE,
        },
    ),
    "the time at its new place": (
        "argo-ttl-legacy-field",
        WORKFLOW % "ttlSecondsAfterFinished: 60",
        {TTL: 60, ("spec", "ttlSecondsAfterFinished"): REMOVE},
    ),
    "the longest of the times": (
        "argo-ttl-error-phase-gap",
        WORKFLOW % "ttlStrategy: {secondsAfterSuccess: 60, secondsAfterFailure: 90, other: 99}",
        {TTL: 90},
    ),
    "a day": ("argo-ttl-missing", WORKFLOW % "podGC: {}", {TTL: 86400}),
    "a collection that waits": (
        "argo-podgc-missing",
        WORKFLOW % "priority: 5",
        {("spec", "podGC"): {"strategy": "OnPodCompletion", "deleteDelayDuration": "30s"}},
    ),
    "a collection of volumes": (
        "argo-pvc-leak-on-failure",
        WORKFLOW % "volumeClaimTemplates: [{metadata: {name: v}}]",
        {("spec", "volumeClaimGC", "strategy"): "OnWorkflowCompletion"},
    ),
    "a list of one schedule": (
        "argo-removed-field",
        CRON % "schedule: '@daily', workflowSpec: {entrypoint: a}",
        {("spec", "schedules"): ["@daily"], ("spec", "schedule"): REMOVE},
    ),
    "a lock behind the others": (
        "argo-removed-field",
        WORKFLOW
        % f"synchronization: {{semaphore: {LIMIT}, semaphores: [{{database: {{key: a}}}}]}}",
        {
            ("spec", "synchronization"): {
                "semaphores": [
                    {"database": {"key": "a"}},
                    {"configMapKeyRef": {"name": "m", "key": "k"}},
                ]
            }
        },
    ),
}


@pytest.mark.parametrize(("policy", "text", "edits"), WRITTEN.values(), ids=WRITTEN)
def test_what_a_fix_writes(policy: str, text: str, edits: dict[Route, object]) -> None:
    fix = the_finding(policy, text).fix

    assert fix is not None
    assert {edit.route: edit.value for edit in fix.edits} == edits


SAID = {
    "one container": (
        "argo-container-resources",
        ALONE % "container: {resources: {requests: {cpu: 1, memory: 1Gi}}}",
        "template `a` has no memory limit",
    ),
    "one program": (
        "argo-missing-command",
        ALONE % "container: {image: 'a:1'}",
        "template `a` has no `command`",
    ),
    "one template on spot nodes": (
        "argo-retry-spot",
        ALONE % "container: {}, nodeSelector: {karpenter.sh/capacity-type: spot}",
        "template `a` may run on spot nodes and is not retried",
    ),
    "a field at the top": (
        "argo-unknown-field",
        WORKFLOW.replace("spec", "specs") % "podGC: {}",
        "Argo has no field `specs`",
    ),
}


@pytest.mark.parametrize(("policy", "text", "message"), SAID.values(), ids=SAID)
def test_nothing_is_counted_in_vain(policy: str, text: str, message: str) -> None:
    assert the_finding(policy, text).message == message


OF_KEYS = {
    "a field that Argo lacks": ("argo-unknown-field", WORKFLOW % "limit: 3"),
    "one that went": ("argo-removed-field", WORKFLOW % "podPriority: 3"),
    "one that went long ago": ("argo-ttl-legacy-field", WORKFLOW % "ttlSecondsAfterFinished: 3"),
    "one that never was": ("argo-grace-period-misplaced", WORKFLOW % f"{GRACE}: 60"),
    "one that others have": ("argo-onexit-deprecated", STEP % "onExit: a"),
}


@pytest.mark.parametrize(("policy", "text"), OF_KEYS.values(), ids=OF_KEYS)
def test_it_is_shown_at_the_key(policy: str, text: str) -> None:
    assert the_finding(policy, text).at_key
