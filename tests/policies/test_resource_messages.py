"""What findings on resources say, sums and sources included: examples mark only the place."""

from __future__ import annotations

from textwrap import dedent

import pytest

from kguard.engine import run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.kube.woodpecker import as_workflow
from kguard.model import Origin
from kguard.policy.registry import builtin
from kguard.source import read

POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec:
"""
LIMITS = """
    apiVersion: v1
    kind: LimitRange
    metadata: {name: l}
    spec: {limits: [{type: %s, %s}]}
    ---"""
QUOTA = """
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: q}
    spec: {hard: {%s}}
    ---"""
DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d}
    spec:
      replicas: %s
      strategy: {rollingUpdate: {maxUnavailable: %s}}
      template: {spec: {containers: [{name: a, image: "a:1", resources: {%s}}]}}
"""

RESOURCES = "      containers: [{name: a, image: 'a:1', resources: {requests: {%s}, limits: {%s}}}]"

CASES = {
    "fraction": (
        "fractional-bytes",
        POD + "      containers: [{name: a, image: 'a:1', resources: {limits: {memory: 0.1Gi}}}]",
        "memory limit `0.1Gi` of container `a` is no whole number of bytes",
        "the API server warns of it; `104858Ki` is the next that is whole",
    ),
    "thousandths": (
        "fractional-bytes",
        POD + "      containers: [{name: a, resources: {requests: {ephemeral-storage: 100m}}}]",
        "ephemeral-storage request `100m` of container `a` is no whole number of bytes",
        "`m` means a thousandth of a byte here; did you mean `100Mi`?",
    ),
    "a byte": (
        "memory-absurdly-small",
        POD + "      containers: [{name: a, resources: {requests: {memory: 1}}}]",
        "memory request `1` of container `a` is 1 byte",
        "a number without a suffix counts bytes; did you mean `1Mi`?",
    ),
    "a suffix too small": (
        "memory-absurdly-small",
        POD + "      containers: [{name: a, resources: {limits: {memory: 64k}}}]",
        "memory limit `64k` of container `a` is 64,000 bytes",
        "no program starts in that; check the suffix",
    ),
    "a request that is hardly one": (
        "memory-absurdly-small",
        POD + "      containers: [{name: a, resources: {requests: {memory: 1Mi}}}]",
        "memory request `1Mi` of container `a` is 1,048,576 bytes",
        "the scheduler plans with that; check the suffix",
    ),
    "a limit without its suffix": (
        "request-exceeds-limit",
        POD + RESOURCES % ("memory: 1Gi", "memory: 512"),
        "container `a` requests memory `1Gi`, above its limit `512`",
        "the API server rejects it; did you mean the limit `512Mi`?",
    ),
    "thousandths that were to be cores": (
        "request-exceeds-limit",
        POD + RESOURCES % ("cpu: 500m", "cpu: 2m"),
        "container `a` requests cpu `500m`, above its limit `2m`",
        "the API server rejects it; did you mean the limit `2`?",
    ),
    "cores that were to be thousandths": (
        "request-exceeds-limit",
        POD + RESOURCES % ("cpu: 100", "cpu: 50m"),
        "container `a` requests cpu `100`, above its limit `50m`",
        "the API server rejects it; did you mean `100m`?",
    ),
    "a suffix too large": (
        "request-exceeds-limit",
        POD + RESOURCES % ("memory: 512Gi", "memory: 1Gi"),
        "container `a` requests memory `512Gi`, above its limit `1Gi`",
        "the API server rejects it; did you mean `512Mi`?",
    ),
    "far apart, and both likely": (
        "request-exceeds-limit",
        POD + RESOURCES % ("cpu: 2", "cpu: 100m"),
        "container `a` requests cpu `2`, above its limit `100m`",
        "the API server rejects it",
    ),
    "near": (
        "request-exceeds-limit",
        POD + RESOURCES % ("memory: 2Gi", "memory: 256Mi"),
        "container `a` requests memory `2Gi`, above its limit `256Mi`",
        "the API server rejects it",
    ),
    "init container": (
        "init-container-dominates-request",
        POD
        + """
      initContainers: [{name: i, image: "a:1", resources: {requests: {memory: 3Gi}}}]
      containers: [{name: a, image: "a:1", resources: {requests: {memory: 512Mi}}}]""",
        "init container `i` makes the pod request `3Gi` of memory, and what stays needs `512Mi`",
        "the larger of the two is reserved for the whole life of the pod",
    ),
    "ratio with the default of the LimitRange": (
        "limitrange-violation",
        LIMITS % ("Container", "default: {cpu: 3}, maxLimitRequestRatio: {cpu: 2}")
        + POD
        + "      containers: [{name: a, resources: {requests: {cpu: 1}}}]",
        "default cpu limit `3` of container `a` is 3 times its request `1`, "
        "and LimitRange `l` allows 2",
        "its pods are rejected",
    ),
    "sum over a pod": (
        "limitrange-violation",
        LIMITS % ("Pod", "max: {memory: 1Gi}")
        + POD
        + """
      containers:
        - {name: a, resources: {limits: {memory: 1Gi}}}
        - {name: b, resources: {limits: {memory: 512Mi}}}""",
        "the memory limits add up to `1.5Gi`, above the `max` `1Gi` of LimitRange `l` for pods",
        "its pods are rejected",
    ),
    "nothing to bound": (
        "limitrange-violation",
        LIMITS % ("Pod", "min: {cpu: 100m}") + POD + "      containers: [{name: a}]",
        "no container has a cpu request, which the `min` `100m` of LimitRange `l` for pods wants",
        "its pods are rejected",
    ),
    "nothing to bound of storage": (
        "limitrange-violation",
        LIMITS % ("Pod", "min: {ephemeral-storage: 1Gi}") + POD + "      containers: [{name: a}]",
        "no container has an ephemeral-storage request, which the `min` `1Gi` of LimitRange `l` "
        "for pods wants",
        "its pods are rejected",
    ),
    "quota": (
        "quota-requires-resources",
        QUOTA % "cpu: 4" + POD + "      containers: [{name: a, image: 'a:1'}]",
        "container `a` has no cpu request, which ResourceQuota `q` wants of every container",
        'its pods are rejected: "must specify cpu"',
    ),
    "no room for the replicas": (
        "rollout-surge-exceeds-quota",
        QUOTA % "limits.memory: 2Gi" + DEPLOYMENT % (3, 1, "limits: {memory: 1Gi}"),
        "Deployment `d` with its 3 replicas needs `3Gi` of `limits.memory`, and ResourceQuota `q` "
        "allows `2Gi`",
        "not all of them can run",
    ),
    "no room for one more": (
        "rollout-surge-exceeds-quota",
        QUOTA % "requests.cpu: 3" + DEPLOYMENT % (2, 0, "requests: {cpu: 1500m}"),
        "Deployment `d` with one pod more than its 2 needs `4500m` of `requests.cpu`, and "
        "ResourceQuota `q` allows `3`",
        "a rollout waits for ever: no pod may go before a new one is ready",
    ),
}


WOODPECKER = {
    "1": ("is 1 byte", "a number without a suffix counts bytes; did you mean `1Mi`?"),
    "64m": ("is 0.064 bytes", "`m` means a thousandth of a byte here; did you mean `64Mi`?"),
}


@pytest.mark.parametrize(("text", "expected"), WOODPECKER.items(), ids=WOODPECKER)
def test_a_step_of_woodpecker_is_told_the_same(text: str, expected: tuple[str, str]) -> None:
    options = {"kubernetes": {"resources": {"limits": {"memory": text}}}}
    data = {"steps": {"test": {"image": "a:1", "backend_options": options}}}
    workflow = as_workflow(data, Origin(".woodpecker.yaml"), unit="", context=False)
    chosen = [each for each in builtin() if each.id == "woodpecker-memory-unit"]

    (found,) = run(chosen, [workflow], Facts(Index([workflow]))).findings

    assert (found.message.partition("`test` ")[2], found.help) == expected


@pytest.mark.parametrize(("policy", "text", "message", "help"), CASES.values(), ids=CASES)
def test_message(policy: str, text: str, message: str, help: str) -> None:
    source = read("world.yaml", dedent(text).encode())
    assert source.errors == ()
    found = [
        resource
        for document in source.documents
        for resource in resources(document.data, "world.yaml", document.index)
    ]
    chosen = [each for each in builtin() if each.id == policy]
    outcome = run(chosen, found, Facts(Index(found)))
    assert [(message, help)] == [(each.message, each.help) for each in outcome.findings]


@pytest.mark.parametrize(
    ("amounts", "raised"),
    [
        (("memory: 2Gi", "memory: 256Mi"), "2Gi"),
        (("memory: 2Gi", "memory: 255Mi"), None),
        (("cpu: 100", "cpu: 50m"), None),
        (("memory: 1Gi", "memory: 512"), None),
    ],
)
def test_a_limit_is_raised_to_a_request_that_is_near(
    amounts: tuple[str, str], raised: str | None
) -> None:
    source = read("world.yaml", dedent(POD + RESOURCES % amounts).encode())
    found = list(resources(source.documents[0].data, "world.yaml", 0))
    chosen = [each for each in builtin() if each.id == "request-exceeds-limit"]

    (finding,) = run(chosen, found, Facts(Index(found))).findings

    assert (finding.fix and finding.fix.edits[0].value) == raised
