"""What findings leave unsaid, how sure they are, and what of a key they are: no mark holds that."""

from __future__ import annotations

import pytest
from judging import the_finding

from kguard.model import Confidence

CONTROLLER = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: c}
    spec:
      template:
        spec:
          containers:
            - image: argoproj/workflow-controller:v4.0.6
              env: [{name: ARGO_AGENT_MEMORY_LIMIT, value: %s}]
"""
CONFIG = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap}
    data:
      parallelism: "10"
      %s
"""
PIPELINE = """
    kind: pipeline
    type: kubernetes
    resources: {requests: {cpu: 100, memory: 1GiB}}
    %s
"""
STEP = """
    kind: pipeline
    type: kubernetes
    resources: {requests: {cpu: 100, memory: 1GiB}}
    steps: [{name: a, image: "a:1", resources: {limits: {%s}}}]
"""
BARE = """
    kind: pipeline
    type: kubernetes
"""
POLICY = """
    kind: policy
    name: p
    %s
"""
RUNNER = """
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: runner}
    spec: {template: {spec: {containers: [{image: "drone/drone-runner-kube:1.0.0-rc.3", %s}]}}}
"""
SCALER = """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: a}
    spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, %s}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: a}
    spec: {template: {spec: {containers: [{name: a, image: "a:1"}]}}}
"""
SCALED = """
    apiVersion: keda.sh/v1alpha1
    kind: ScaledObject
    metadata: {name: a}
    spec: {advanced: {horizontalPodAutoscalerConfig: {name: %s}}}
"""
BUDGET = """
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: a}
    spec: {minAvailable: 1, selector: {}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: a}
    spec: {containers: [{name: a, image: "a:1", command: [sleep, infinity]}]}
"""
OLD = """
    apiVersion: v1
    kind: Endpoints
    metadata: {name: a}
"""
MILLICORES = "cpu is counted in millicores"

SAID = {
    "a limit whose unit is right": (
        "argo-agent-memory-limit",
        CONTROLLER % "32Mi",
        "`ARGO_AGENT_MEMORY_LIMIT` `32Mi` is below the 64M that the agent requests: "
        "its pod is refused",
        "",
    ),
    "a TTL that may be anything": (
        "argo-config-ttl-format",
        CONFIG % 'metricsConfig: "{metricsTTL: soon}"',
        None,
        "a TTL is a whole number and one of `d`, `h`, `m`, `s`",
    ),
    "a setting that is like none": (
        "argo-config-unknown-key",
        CONFIG % 'qqq: "1"',
        "`qqq` is no setting of the Argo controller, which exits on it",
        "",
    ),
    "a value without quotes": (
        "argo-config-wrong-type",
        CONFIG % "namespaceParallelism: many",
        None,
        "",
    ),
    "a whole number with a part": (
        "drone-cpu-unit",
        STEP % "cpu: 1500.5",
        "cpu limit `1500.5` of step `a` is cut off to 1500 millicores",
        MILLICORES,
    ),
    "less than nothing": (
        "drone-cpu-unit",
        STEP % "cpu: -0.5",
        "cpu limit `-0.5` of step `a` is cut off to 0 millicores, which counts as not set",
        MILLICORES,
    ),
    "a cpu that may be anything": (
        "drone-cpu-unit",
        STEP % "cpu: lots",
        None,
        "cpu is a number of millicores without quotes or unit",
    ),
    "a variable that may be anything": (
        "drone-runner-env-unit",
        RUNNER % "env: [{name: DRONE_RESOURCE_LIMIT_CPU, value: lots}]",
        None,
        "cpu is a whole number of millicores",
    ),
    "a size that may be anything": (
        "drone-runner-env-unit",
        RUNNER % "env: [{name: DRONE_RESOURCE_LIMIT_MEMORY, value: lots}]",
        None,
        "write `MiB` or `GiB`",
    ),
    "a small size with a unit": (
        "drone-runner-env-unit",
        RUNNER % "env: [{name: DRONE_RESOURCE_LIMIT_MEMORY, value: 512k}]",
        None,
        "",
    ),
    "a match that has other keys": (
        "drone-policy-match-key",
        POLICY % "match: {repo: [a], branches: [main]}",
        "`branches` in the match of policy `p` is not looked at",
        "did you mean `branch`?",
    ),
    "a mode that is octal in no way": (
        "drone-volume-default-mode",
        PIPELINE % "volumes: [{name: v, secret: {name: s, default_mode: 888}}]",
        None,
        "",
    ),
    "a mode of the eight digits there are": (
        "drone-volume-default-mode",
        PIPELINE % "volumes: [{name: v, secret: {name: s, default_mode: 76543210}}]",
        None,
        "a mode is octal: `076543210`",
    ),
    "a container that nobody has": (
        "hpa-container-not-found",
        SCALER % "metrics: [{containerResource: {container: b}}]",
        "Deployment `a` has no container `b` to measure",
        "the metric is never there, so the autoscaler does nothing",
    ),
    "a minimum that is written": (
        "hpa-min-one",
        SCALER % "minReplicas: 1",
        "`a` scales down to 1 pod",
        "when its node fails nothing serves until another pod is ready",
    ),
    "a name that is written": (
        "keda-name-too-long",
        SCALED % ("a" * 64),
        "the name of the autoscaler has 64 characters, more than 63",
        "KEDA refuses it since its admission webhook checks names",
    ),
    "a single pod": (
        "pdb-blocks-drain",
        BUDGET,
        "`minAvailable: 1` allows no eviction: it selects only 1 pod",
        "node drains and upgrades hang; `maxUnavailable: 1` lets one pod go at a time",
    ),
    "a program that certainly ignores it": (
        "pid1-no-default-signal",
        BUDGET,
        None,
        "each stop takes the whole grace period of 30 s; an init (`tini --`) cures it",
    ),
    "a version that nobody removes": (
        "api-deprecated",
        OLD,
        "`v1` of Endpoints is deprecated since Kubernetes 1.33",
        "write `EndpointSlice` of `discovery.k8s.io/v1`",
    ),
}
SURE = {
    "a runner elsewhere may limit": ("drone-step-limits-missing", STEP % "cpu: 100", False),
    "the runner beside it does not": (
        "drone-step-limits-missing",
        STEP % "cpu: 100" + RUNNER % "name: r",
        True,
    ),
    "a runner elsewhere may request": ("drone-stage-requests-missing", BARE, False),
    "the runner beside it requests nothing": (
        "drone-stage-requests-missing",
        BARE + RUNNER % "name: r",
        True,
    ),
    "a cluster elsewhere may be of ARM": (
        "drone-arch-not-scheduled",
        PIPELINE % "platform: {arch: arm}",
        False,
    ),
    "the runner beside it selects nothing": (
        "drone-arch-not-scheduled",
        PIPELINE % "platform: {arch: arm}" + RUNNER % "name: r",
        True,
    ),
    "an extension may read a key": ("drone-unknown-key", PIPELINE % "timeout: 9", False),
    "a key that is misspelt": ("drone-unknown-key", PIPELINE % "nodeName: a", True),
}
OF_KEYS = {
    "a setting": ("argo-config-unknown-key", CONFIG % 'qqq: "1"'),
    "a match": ("drone-policy-match-key", POLICY % "match: {repos: [a]}"),
    "amounts": ("drone-policy-keys", POLICY % "resources: {limits: {cpu: 1000}}"),
    "a toleration": (
        "drone-toleration-seconds",
        PIPELINE % "tolerations: [{toleration_seconds: 9}]",
    ),
    "a key of a pipeline": ("drone-unknown-key", PIPELINE % "timeout: 9"),
    "ports": ("drone-unknown-key", PIPELINE % "services: [{name: a, image: b, ports: [1]}]"),
}


@pytest.mark.parametrize(("policy", "text", "message", "help"), SAID.values(), ids=SAID)
def test_nothing_is_suggested_in_vain(
    policy: str, text: str, message: str | None, help: str
) -> None:
    finding = the_finding(policy, text)

    assert (message or finding.message, help) == (finding.message, finding.help)


@pytest.mark.parametrize(("policy", "text", "sure"), SURE.values(), ids=SURE)
def test_how_sure_it_is(policy: str, text: str, sure: bool) -> None:
    expected = Confidence.HIGH if sure else Confidence.MEDIUM
    assert the_finding(policy, text).confidence is expected


@pytest.mark.parametrize(("policy", "text"), OF_KEYS.values(), ids=OF_KEYS)
def test_it_is_shown_at_the_key(policy: str, text: str) -> None:
    assert the_finding(policy, text).at_key
