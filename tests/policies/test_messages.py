"""What findings say where the words depend on the case: examples mark only place and severity."""

from __future__ import annotations

from textwrap import dedent

import pytest

from kguard.engine import run
from kguard.facts import Assumptions, Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.policy.registry import builtin
from kguard.source import read

WORKFLOW = """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {name: w}
    spec:
      entrypoint: main
"""
CRON = """
    apiVersion: argoproj.io/v1alpha1
    kind: CronWorkflow
    metadata: {name: w}
    spec:
      schedules: ["0 3 * * *"]
      workflowSpec:
        entrypoint: main
"""
LOOP = (
    WORKFLOW
    + """
      templates:
        - name: main
          steps:
            - - {name: many, template: a, withSequence: {count: "60"}}
            - - {name: left, template: a, withParam: "{{steps.many.outputs.result}}"}
        - {name: a, container: {image: "a:1"}}
"""
)
POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - {name: web, image: "corp/web:1", command: [sh, -c, "%s"]}
"""
QUANTITY = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: web, image: "a:1", resources: {limits: {memory: %s}}}]}
"""
NO_QUANTITY = "memory limit of container `web` is no quantity: "
STAYS = "`sh` stays PID 1 and does not forward SIGTERM to `serve`"
SHELLS = "SIGTERM does not stop container `web` gracefully where `/bin/sh` is "

SAID = {
    "a workflow without TTL": (
        "argo-ttl-missing",
        WORKFLOW,
        ["no `ttlStrategy`: nothing deletes finished workflows"],
    ),
    "a cron workflow without TTL": (
        "argo-ttl-missing",
        CRON,
        ["no `ttlStrategy`: only the history limits delete finished workflows"],
    ),
    "a cron workflow with an empty TTL": (
        "argo-ttl-empty",
        CRON + "        ttlStrategy: {}\n",
        ["`ttlStrategy` sets no time: only the history limits delete finished workflows"],
    ),
    "no deadline anywhere": (
        "argo-no-deadline",
        WORKFLOW + '      templates: [{name: main, container: {image: "a:1"}}]',
        ["no `activeDeadlineSeconds` of the workflow: a run that hangs never ends"],
    ),
    "a deadline of the pod": (
        "argo-no-deadline",
        WORKFLOW
        + '      templates: [{name: main, activeDeadlineSeconds: 9, container: {image: "a:1"}}]',
        ["no `activeDeadlineSeconds` of the workflow: a run that stays pending never ends"],
    ),
    "loops": (
        "argo-loop-no-parallelism",
        LOOP,
        [
            "step `many` starts 60 items of `withSequence` at once: no `parallelism` limits them",
            "step `left` starts up to 60 items of `withParam` at once: "
            "no `parallelism` limits them",
        ],
    ),
    "a shell that stays as dash": (
        "signal-shell-form",
        POD % "prepare && serve",
        [f"{SHELLS}dash: {STAYS}"],
    ),
    "a shell that stays as bash, too": (
        "signal-shell-form",
        POD % "serve 2>&1",
        [f"{SHELLS}dash or bash: {STAYS}"],
    ),
    "no quantity": ("quantity-invalid", QUANTITY % "lots", [f"{NO_QUANTITY}`lots`"]),
    "a space": ("quantity-invalid", QUANTITY % "1 Gi", [f"{NO_QUANTITY}`1 Gi` has a space in it"]),
}


@pytest.mark.parametrize(("policy", "text", "expected"), SAID.values(), ids=SAID)
def test_what_is_said(policy: str, text: str, expected: list[str]) -> None:
    source = read("world.yaml", dedent(text).encode())
    assert source.errors == ()
    world = [
        resource
        for document in source.documents
        for resource in resources(document.data, "world.yaml", document.index)
    ]
    policies = [each for each in builtin() if each.id == policy]
    outcome = run(policies, world, Facts(Index(world), Assumptions()))
    assert expected == [finding.message for finding in outcome.findings]
