"""What findings say where the words depend on the case: examples mark only place and severity."""

from __future__ import annotations

from textwrap import dedent

import pytest

from kguard.engine import run
from kguard.facts import Assumptions, Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Finding
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
DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      progressDeadlineSeconds: %s
      template:
        spec:
          containers:
            - {name: web, image: "a:1", startupProbe: {periodSeconds: 5, failureThreshold: 20}}
          initContainers: [%s]
"""
SIDECARS = """
    {name: a, restartPolicy: Always, startupProbe: {periodSeconds: 3, failureThreshold: 30}},
    {name: i}, {name: b, restartPolicy: Always, startupProbe: {periodSeconds: 60,
    failureThreshold: 1}}, {name: c, restartPolicy: Always}
"""
CONFIG = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a}
    data: {%s}
"""
SERVICE = """
    apiVersion: v1
    kind: Service
    metadata: {name: a}
    spec: {type: ExternalName, externalName: %s}
"""
CONTROLLER = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: workflow-controller}
    spec:
      template:
        spec: {containers: [{name: c, image: argoproj/workflow-controller, args: [%s]}]}
"""
RATE = """
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap}
    data: {resourceRateLimit: "{%s}"}
"""
NO_TTL = "`ttlStrategy` sets no time: nothing deletes finished workflows"
MISSED = "a rollout of Deployment `web` fails after"
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
    "a hook and an exit handler that lead nowhere": (
        "argo-hook-template-unresolved",
        WORKFLOW
        + """
      hooks: {exit: {template: tidyup}}
      templates:
        - {name: main, steps: [[{name: a, template: tidyUp, onExit: tidy-up}]]}
        - {name: tidyUp, container: {image: "a:1"}}
""",
        [
            "hook `exit` of the workflow runs template `tidyup`: no such one; "
            "did you mean `tidyUp`?",
            "`onExit` of step `a` names template `tidy-up`: no such one; did you mean `tidyUp`?",
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
    "a rate limit of 0 and none": (
        "argo-rate-limit-no-burst",
        RATE % "limit: 5, burst: 0" + RATE % "limit: 5" + RATE % "burst: 7" + RATE % "limit: 0",
        [
            "`resourceRateLimit` has `burst: 0`: no pod is ever created",
            "`resourceRateLimit` has no `burst`: no pod is ever created",
            "`resourceRateLimit` has no `limit`: only 7 pods are ever created",
            "`resourceRateLimit` has no `burst` and `limit: 0`: no pod is ever created",
        ],
    ),
    "a slow start": (
        "progress-deadline-too-short",
        DEPLOYMENT % (60, ""),
        [f"{MISSED} 60 s, while probes give container `web` 100 s to start"],
    ),
    "a slow start behind sidecars": (
        "progress-deadline-too-short",
        DEPLOYMENT % (200, SIDECARS),
        [
            f"{MISSED} 200 s, while probes give container `web` 100 s to start "
            "after 90 s for sidecar `a` and 60 s for sidecar `b`"
        ],
    ),
    "a key of labels that is none": (
        "schema-invalid-value",
        (CONFIG % "").replace("name: a", 'name: a, labels: {"a b": c}'),
        [
            "`metadata.labels` has the key `a b`, and the name in it has to be letters, digits, "
            "`-`, `_` and `.`, with a letter or digit at both ends"
        ],
    ),
    "a key of data that is none": (
        "schema-invalid-value",
        CONFIG % '"a/b": c',
        ["`data` has a key that is not of letters, digits, `-`, `_` and `.`"],
    ),
    "a name with a dot at its end": (
        "schema-invalid-value",
        SERVICE % "my_db.example.com.",
        [
            "`spec.externalName` is `my_db.example.com.`, and it has to be lower-case letters, "
            "digits, `-` and `.`, with a letter or digit at both ends"
        ],
    ),
    "a number below 0 with a vowel": (
        "probe-invalid",
        DEPLOYMENT.replace("periodSeconds: 5", "exec: {command: [a]}, initialDelaySeconds: -1")
        % (600, ""),
        ["`startupProbe` of container `web` has an `initialDelaySeconds` below 0"],
    ),
    "no quantity": ("quantity-invalid", QUANTITY % "lots", [f"{NO_QUANTITY}`lots`"]),
    "a space": ("quantity-invalid", QUANTITY % "1 Gi", [f"{NO_QUANTITY}`1 Gi` has a space in it"]),
}

REFUSED = "Kubernetes refuses the object; quotes make it a string"
READS = "Argo reads a text there; quotes make it one"
HELPS = {
    "a word that YAML takes for false": (
        "argo-spec-invalid",
        WORKFLOW + "      templates: [{name: n, container: {image: a, command: [a]}}]",
        ("`name` is the boolean `false`", f"{READS} (YAML takes `n`, `no` and `off` for `false`)"),
    ),
    "a number": (
        "argo-spec-invalid",
        WORKFLOW + "      templates: [{name: 1.10, container: {image: a, command: [a]}}]",
        ("`name` is the number `1.1`", READS),
    ),
    "steps that are no groups": (
        "argo-spec-invalid",
        WORKFLOW + "      templates: [{name: main, steps: [{name: a, template: main}]}]",
        (
            "`steps[0]` is a mapping",
            "Argo reads a list there: the steps that start together, as in `- - name: a`",
        ),
    ),
    "a value": (
        "string-field-not-string",
        CONFIG % "a: y",
        (
            "`data.a` is the boolean `true`, and only a string can stand there",
            f"{REFUSED} (YAML takes `y`, `yes` and `on` for `true`)",
        ),
    ),
    "a key and its value": (
        "string-field-not-string",
        CONFIG % "n: no",
        (
            "`data.false` is the boolean `false`, and only a string can stand there",
            f"{REFUSED} (YAML takes `n`, `no` and `off` for `false`, in keys too)",
        ),
    ),
    "a key": (
        "string-field-not-string",
        CONFIG % "y: 5",
        (
            "`data.true` is the number `5`, and only a string can stand there",
            f"{REFUSED} (YAML takes `y`, `yes` and `on` for `true` in keys)",
        ),
    ),
    "a field at the root": (
        "field-misplaced",
        DEPLOYMENT.replace("spec:\n", "replicas: 1\n    spec:\n", 1) % (600, ""),
        (
            "`replicas` is no field of a Deployment: Kubernetes refuses or drops it",
            "it belongs into `spec`",
        ),
    ),
    "a field of other kinds": (
        "field-misplaced",
        DEPLOYMENT.replace("progressDeadlineSeconds: %s", "serviceName: a") % "",
        (
            "`serviceName` is no field of `spec`: Kubernetes refuses or drops it",
            "of a StatefulSet it is one",
        ),
    ),
    "neither": (
        "string-field-not-string",
        CONFIG % "port: 80",
        ("`data.port` is the number `80`, and only a string can stand there", REFUSED),
    ),
    "a TTL that is null": (
        "argo-ttl-empty",
        WORKFLOW + "      ttlStrategy: {secondsAfterCompletion: null}\n",
        (
            NO_TTL,
            "one without a time is none; `secondsAfterCompletion: 86400` deletes them after a day",
        ),
    ),
    "a TTL under another name": (
        "argo-ttl-empty",
        WORKFLOW + "      ttlStrategy: {secondAfterFailure: 5, secondsAfterCompletion: null}\n",
        (NO_TTL, "`secondAfterFailure` is no field of it; did you mean `secondsAfterFailure`?"),
    ),
    "a burst below the rate": (
        "argo-controller-qps-burst",
        CONTROLLER % "--qps=50, --burst=20",
        (
            "`--burst` of 20 is below `--qps` of 50: not a second's worth of requests",
            "what the controller leaves unused is lost, and it asks in bursts: set it above",
        ),
    ),
}


@pytest.mark.parametrize(("policy", "text", "expected"), HELPS.values(), ids=HELPS)
def test_what_help_says_beside_the_message(
    policy: str, text: str, expected: tuple[str, str]
) -> None:
    (finding,) = _findings(policy, text)
    assert (finding.message, finding.help) == expected


@pytest.mark.parametrize(
    ("policy", "text", "marked"),
    [
        ("schema-invalid-value", CONFIG % '"a b": c', True),
        ("argo-spec-invalid", WORKFLOW.replace("name: w", 'name: w, labels: {"a b": c}'), True),
        ("argo-spec-invalid", WORKFLOW.replace("name: w", "name: w, labels: {a: b c}"), False),
        (
            "argo-spec-invalid",
            WORKFLOW + "      templates: [{name: main, dag: {}, steps: []}]",
            True,
        ),
    ],
)
def test_what_is_wrong_of_a_key_is_shown_at_the_key(policy: str, text: str, marked: bool) -> None:
    assert _findings(policy, text)[0].at_key is marked


@pytest.mark.parametrize(("policy", "text", "expected"), SAID.values(), ids=SAID)
def test_what_is_said(policy: str, text: str, expected: list[str]) -> None:
    assert expected == [finding.message for finding in _findings(policy, text)]


def _findings(policy: str, text: str) -> list[Finding]:
    source = read("world.yaml", dedent(text).encode())
    assert source.errors == ()
    world = [
        resource
        for document in source.documents
        for resource in resources(document.data, "world.yaml", document.index)
    ]
    policies = [each for each in builtin() if each.id == policy]
    return list(run(policies, world, Facts(Index(world), Assumptions())).findings)
