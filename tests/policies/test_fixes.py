"""Which findings have a fix, and whether it is safe: a page's examples mark only the place."""

from __future__ import annotations

import pytest
from judging import the_finding

from kguard.model import REMOVE, Route

POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec: {containers: [{name: a, image: "a:1", resources: {requests: {memory: %s}}}]}
"""
ROLLING = """
    apiVersion: apps/v1
    kind: %s
    metadata: {name: d}
    spec:
      %s
      template: {spec: {containers: [{name: a, image: "a:1"}]}}
"""
PIPELINE = """
    kind: pipeline
    type: kubernetes
    steps: [{name: a, image: %s, resources: {limits: {cpu: %s}}}]
"""
CONTROLLER = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: c}
    spec: {template: {spec: {containers: [{image: argoproj/workflow-controller:v4.0.6, %s}]}}}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: env}
    data: {ARGO_AGENT_MEMORY_LIMIT: 256m}
"""
RUNNER = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: c}
    spec: {template: {spec: {containers: [{image: drone/drone-runner-kube:1.0.0-rc.3, %s}]}}}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: env}
    data: {DRONE_RESOURCE_LIMIT_CPU: 500m}
"""
RUNNER_POLICY = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: runner}
    spec:
      template:
        spec:
          volumes: [{name: policy, configMap: {name: policy}}]
          containers:
            - image: drone/drone-runner-kube:1.0.0-rc.3
              env: [{name: DRONE_POLICY_FILE, value: /etc/drone/policy.yml}]
              volumeMounts: [{name: policy, mountPath: /etc/drone}]
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: policy}
    data: {policy.yml: "%s"}
"""
POLICY = """
    kind: policy
    %s
"""
STOPPED = """
    apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec: {containers: [{name: a, image: "a:1", lifecycle: {stopSignal: SIGQUIT}}], %s}
"""
SERVICE = """
    apiVersion: v1
    kind: Service
    metadata: {name: s}
    spec: {ports: [{port: 80, targetPort: "%s"}]}
"""
SCALED = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d}
    spec: {replicas: %s, template: {spec: {containers: [{name: a, image: "a:1"}]}}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: d}
    spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}
"""
VERSION = """
    apiVersion: %s
    kind: %s
    metadata: {name: v}
"""
BUDGET = """
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: b}
    spec: {selector: {}, %s}
"""

CASES = {
    "a request that may be what it takes": ("missing-memory-limit", POD % "64Mi", False),
    "one that is only counted": ("missing-memory-limit", POD % "63Mi", None),
    "nobody said when to pull": ("drone-latest-not-pulled", PIPELINE % ("a", 9), True),
    "somebody did": (
        "drone-latest-not-pulled",
        PIPELINE % ("a, pull: if-not-exists", "100"),
        False,
    ),
    "a number of megabytes": (
        "argo-agent-memory-limit",
        CONTROLLER % "env: [{name: ARGO_AGENT_MEMORY_LIMIT, value: 256m}]",
        True,
    ),
    "one that may be anything": (
        "argo-agent-memory-limit",
        CONTROLLER % 'env: [{name: ARGO_AGENT_MEMORY_LIMIT, value: "256"}]',
        None,
    ),
    "one that other objects may use": (
        "argo-agent-memory-limit",
        CONTROLLER % "envFrom: [{configMapRef: {name: env}}]",
        None,
    ),
    "a part of a millicore": ("drone-cpu-unit", PIPELINE % ("a:1", "1500.5"), None),
    "a text of a ConfigMap: cpu": (
        "drone-cpu-unit",
        RUNNER_POLICY % "resources: {limit: {cpu: 1}}",
        None,
    ),
    "a text of a ConfigMap: keys": (
        "drone-policy-keys",
        RUNNER_POLICY % "resources: {limits: {cpu: 1000}}",
        None,
    ),
    "a text of a ConfigMap: a match": (
        "drone-policy-match-key",
        RUNNER_POLICY % "match: {repos: [a]}",
        None,
    ),
    "a key that is taken: amounts": (
        "drone-policy-keys",
        POLICY % "resources: {limits: {cpu: 1000}, limit: {cpu: 2000}}",
        None,
    ),
    "a key that is taken: a match": (
        "drone-policy-match-key",
        POLICY % "match: {repos: [a], repo: [b]}",
        None,
    ),
    "a key that is taken: a toleration": (
        "drone-toleration-seconds",
        PIPELINE % ("a:1", "100")
        + "    tolerations: [{toleration_seconds: 9, tolerationseconds: 8}]",
        None,
    ),
    "a key that may be another: a match": (
        "drone-policy-match-key",
        POLICY % "match: {brnch: [a]}",
        None,
    ),
    "a key that is like none: a match": ("drone-policy-match-key", POLICY % "match: {x: 1}", None),
    "a key that may be another: a step": (
        "drone-unknown-key",
        PIPELINE % ("a:1, resourcez: {}", "100"),
        None,
    ),
    "a variable of a runner": (
        "drone-runner-env-unit",
        RUNNER % "env: [{name: DRONE_RESOURCE_LIMIT_CPU, value: 500m}]",
        False,
    ),
    "one with which nothing can be meant": (
        "drone-runner-env-unit",
        RUNNER % "env: [{name: DRONE_RESOURCE_LIMIT_CPU, value: lots}]",
        None,
    ),
    "one that other objects may use, too": (
        "drone-runner-env-unit",
        RUNNER % "envFrom: [{configMapRef: {name: env}}]",
        None,
    ),
    "a unit with which no build starts": ("drone-cpu-unit", PIPELINE % ("a:1", "500m"), True),
    "one with which they do": ("drone-cpu-unit", PIPELINE % ("a:1", "1"), False),
    "one that counts as not set": ("drone-cpu-unit", PIPELINE % ("a:1", "0.5"), False),
    "all pods that stand in for each other": (
        "rollout-max-unavailable-all",
        ROLLING % ("Deployment", "strategy: {rollingUpdate: {maxUnavailable: 100%}}"),
        True,
    ),
    "all pods, one on each node": (
        "rollout-max-unavailable-all",
        ROLLING % ("DaemonSet", "updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}"),
        False,
    ),
    "a system that nobody chose": ("stop-signal-needs-os", STOPPED % "", False),
    "one the selector chooses": ("stop-signal-needs-os", STOPPED % "nodeSelector: {a: b}", None),
    "one the affinity chooses": ("stop-signal-needs-os", STOPPED % "affinity: {}", None),
    "the last port": ("service-target-port-unknown", SERVICE % "65535", True),
    "one behind the last": ("service-target-port-unknown", SERVICE % "65536", None),
    "a text of six digits": ("service-target-port-unknown", SERVICE % "080808", None),
    "none at all": ("service-target-port-unknown", SERVICE % "0", None),
    "a number that an autoscaler sets": ("hpa-replicas-conflict", SCALED % 2, False),
    "one that switches it off": ("hpa-replicas-conflict", SCALED % 0, None),
    "a version with the same fields": ("api-removed", VERSION % ("batch/v1beta1", "CronJob"), True),
    "one with others": ("api-removed", VERSION % ("extensions/v1beta1", "Ingress"), None),
}


@pytest.mark.parametrize(("policy", "text", "safe"), CASES.values(), ids=CASES)
def test_a_fix_is_safe_where_it_overrules_nobody(policy: str, text: str, safe: bool | None) -> None:
    finding = the_finding(policy, text)

    assert (finding.fix.safe if finding.fix else None) is safe


CONTAINER = ("spec", "template", "spec", "containers", 0)
OWN_NAME = {
    "name": "LEADER_ELECTION_IDENTITY",
    "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
}
WRITTEN = {
    "the first variable": (
        "argo-controller-leader-identity",
        CONTROLLER % "name: c",
        {(*CONTAINER, "env"): [OWN_NAME]},
    ),
    "a variable behind others": (
        "argo-controller-leader-identity",
        CONTROLLER % "env: [{name: A}, {name: B}]",
        {(*CONTAINER, "env", 2): OWN_NAME},
    ),
    "another strategy": (
        "argo-controller-surge",
        CONTROLLER % 'env: [{name: LEADER_ELECTION_DISABLE, value: "true"}]',
        {("spec", "strategy"): {"type": "Recreate"}},
    ),
    "nodes of an architecture": (
        "drone-arch-not-scheduled",
        PIPELINE % ("a:1", "100") + "    platform: {arch: aarch64}",
        {("node_selector",): {"kubernetes.io/arch": "arm64"}},
    ),
    "amounts under another key": (
        "drone-policy-keys",
        POLICY % "resources: {limits: {cpu: 1000}}",
        {("resources", "limits"): REMOVE, ("resources", "limit"): {"cpu": 1000}},
    ),
    "a match under another key": (
        "drone-policy-match-key",
        POLICY % "match: {repos: [a]}",
        {("match", "repos"): REMOVE, ("match", "repo"): ["a"]},
    ),
    "one limit of a budget for the other": (
        "pdb-blocks-drain",
        BUDGET % "minAvailable: 100%",
        {("spec", "minAvailable"): REMOVE, ("spec", "maxUnavailable"): 1},
    ),
    "the same limit": (
        "pdb-blocks-drain",
        BUDGET % "maxUnavailable: 0",
        {("spec", "maxUnavailable"): 1},
    ),
}


@pytest.mark.parametrize(("policy", "text", "edits"), WRITTEN.values(), ids=WRITTEN)
def test_what_a_fix_writes(policy: str, text: str, edits: dict[Route, object]) -> None:
    fix = the_finding(policy, text).fix

    assert fix is not None
    assert {edit.route: edit.value for edit in fix.edits} == edits
