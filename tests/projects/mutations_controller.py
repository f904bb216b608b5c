"""What breaks Argo's controller and what stands around it."""

from __future__ import annotations

from typing import Any

from mutating import Row, drop, plus, swap, to

CONFIG = "workflow-controller-configmap"
CONTAINER = "spec.template.spec.containers.0"


def env(name: str, value: str) -> Any:
    """A variable of the controller gets a value, or comes to it."""
    return lambda those: [
        *(each for each in those if each["name"] != name),
        {"name": name, "value": value},
    ]


def without(name: str) -> Any:
    """A list of named things loses one."""
    return lambda those: [each for each in those if name not in (each["name"], each.get("value"))]


def verbs(resource: str, *lost: str) -> Any:
    """A role loses verbs on a resource."""

    def change(rule: Any) -> Any:
        if resource not in rule["resources"]:
            return rule
        return {**rule, "verbs": [verb for verb in rule["verbs"] if verb not in lost]}

    return change


def config(policy: str, key: str, old: str, new: str) -> Row:
    """A line of the controller's configuration says something else."""
    return Row(policy, f"data.{key}", swap(old, new), names=CONFIG)


def controller(policy: str, where: str, change: Any) -> Row:
    """The controller's Deployment differs."""
    return Row(policy, where, change, names="workflow-controller", kinds="Deployment")


CONFIGURATION = [
    Row("argo-executor-resources", "data.executor", drop, names=CONFIG),
    Row("argo-quota-without-requests", "data.executor", drop, names=CONFIG, elsewhere=True),
    Row("argo-rate-limit-missing", "data.resourceRateLimit", drop, names=CONFIG),
    Row("argo-events-enabled-scale", "data.nodeEvents", drop, names=CONFIG),
    Row("argo-events-enabled-scale", "data.workflowEvents", drop, names=CONFIG),
    Row("argo-failed-pod-restart-off", "data.failedPodRestart", drop, names=CONFIG),
    Row("argo-instance-id-mismatch", "data", plus(instanceID="a"), names=CONFIG, elsewhere=True),
    Row(
        "argo-strict-override",
        "data",
        plus(workflowRestrictions="templateReferencing: Strict\n"),
        names=CONFIG,
        elsewhere=True,
    ),
    Row("argo-config-layout", "data", plus(config="parallelism: 10\n"), names=CONFIG),
    Row("argo-config-unknown-key", "data", plus(paralelism="10"), names=CONFIG),
    Row("argo-config-unknown-key", "data", plus(containerRuntimeExecutor="emissary"), names=CONFIG),
    Row("argo-config-wrong-type", "data.parallelism", to("many"), names=CONFIG),
    Row("argo-config-wrong-type", "data.namespaceParallelism", to("1.5"), names=CONFIG),
    config("argo-rate-limit-no-burst", "resourceRateLimit", "burst: 40\n", ""),
    config("argo-rate-limit-no-burst", "resourceRateLimit", "burst: 40", "burst: 0"),
    config("argo-rate-limit-no-burst", "resourceRateLimit", "limit: 20\n", ""),
    config("argo-rate-limit-inverted", "resourceRateLimit", "burst: 40", "burst: 10"),
    config("argo-config-wrong-type", "resourceRateLimit", "limit: 20", 'limit: "20"'),
    config("argo-config-unknown-key", "resourceRateLimit", "burst", "bursts"),
    config("argo-retention-policy-partial", "retentionPolicy", "completed: 500\n", ""),
    config("argo-retention-policy-partial", "retentionPolicy", "failed: 500\n", ""),
    config("argo-retention-policy-partial", "retentionPolicy", "errored: 500\n", ""),
    config("argo-retention-policy-partial", "retentionPolicy", "failed: 500", "failed: 0"),
    config("argo-config-wrong-type", "retentionPolicy", "failed: 500", "failed: all"),
    config("argo-archive-no-ttl", "persistence", "archiveTTL: 90d\n", ""),
    config("argo-config-ttl-format", "persistence", "90d", "2160"),
    config("argo-config-ttl-format", "persistence", "connMaxLifetime: 1h", "connMaxLifetime: 90x"),
    config("argo-config-ttl-format", "metricsConfig", "10m", "1.5h"),
    config("argo-config-wrong-type", "persistence", "port: 5432", 'port: "5432"'),
    config("argo-config-wrong-type", "persistence", "archive: true", 'archive: "true"'),
    config("argo-config-unknown-key", "persistence", "tableName", "table"),
    config("argo-config-unknown-key", "persistence", "key: username", "field: username"),
    config("argo-config-unknown-key", "artifactRepository", "useSDKCreds", "useCreds"),
    config("argo-config-unknown-key", "metricsConfig", "modifiers", "options"),
    config("argo-config-unknown-key", "metricsConfig", "disabled: true", "disable: true"),
    config("argo-config-unknown-key", "executor", "resources", "resource"),
    config("argo-config-unknown-key", "nodeEvents", "enabled", "enable"),
    config("argo-config-unknown-key", "failedPodRestart", "maxRestarts", "maxRestart"),
    config("argo-config-wrong-type", "failedPodRestart", "enabled: true", 'enabled: "yes"'),
    Row("argo-config-wrong-type", "data.links", to("https://logs.example.com"), names=CONFIG),
    config("argo-metrics-off", "metricsConfig", "enabled: true", "enabled: false"),
    config("argo-events-enabled-scale", "nodeEvents", "false", "true"),
    config("argo-events-enabled-scale", "workflowEvents", "false", "true"),
    config("argo-config-layout", "workflowDefaults", "  ", "\t"),
]
SERVER_SIDE = [
    Row(
        "argo-fanout-status-forecast",
        "data.persistence",
        swap("OffLoad: true", "OffLoad: false"),
        names=CONFIG,
        elsewhere=True,
    ),
    Row(
        "spread-selector-mismatch",
        "**.topologySpreadConstraints.0.labelSelector.matchLabels.app",
        to("server"),
    ),
    Row("image-latest", "**.template.spec.containers.0.image", to("quay.io/argoproj/argocli")),
    Row("service-target-port-unknown", "spec.ports.0.targetPort", to("http"), kinds="Service"),
    controller("argo-controller-priorityclass", "spec.template.spec.priorityClassName", drop),
    controller("argo-controller-surge", "spec.strategy", drop),
    controller("argo-controller-surge", "spec.strategy.type", to("RollingUpdate")),
    controller("argo-controller-leader-election-conflict", "spec.replicas", to(2)),
    controller(
        "argo-controller-leader-election-value",
        f"{CONTAINER}.env",
        env("LEADER_ELECTION_DISABLE", "True"),
    ),
    controller(
        "argo-controller-leader-election-value",
        f"{CONTAINER}.env",
        env("LEADER_ELECTION_DISABLE", "1"),
    ),
    controller(
        "argo-controller-leader-identity", f"{CONTAINER}.env", without("LEADER_ELECTION_DISABLE")
    ),
    controller(
        "argo-controller-requeue-time", f"{CONTAINER}.env", env("DEFAULT_REQUEUE_TIME", "200ms")
    ),
    controller(
        "argo-controller-requeue-time", f"{CONTAINER}.env", env("DEFAULT_REQUEUE_TIME", "30")
    ),
    controller(
        "argo-agent-memory-limit", f"{CONTAINER}.env", env("ARGO_AGENT_MEMORY_LIMIT", "256m")
    ),
    controller("argo-max-workflow-size", f"{CONTAINER}.env", env("MAX_WORKFLOW_SIZE", "4194304")),
    controller("argo-controller-qps-burst", f"{CONTAINER}.args.5", to("--burst=10")),
    controller("missing-cpu-request", f"{CONTAINER}.resources.requests.cpu", drop),
    controller("missing-memory-limit", f"{CONTAINER}.resources.limits", drop),
    controller("memory-absurdly-small", f"{CONTAINER}.resources.limits.memory", to("8")),
    controller("quantity-invalid", f"{CONTAINER}.resources.limits.memory", to("8GB")),
    controller("image-latest", f"{CONTAINER}.image", to("quay.io/argoproj/workflow-controller")),
    Row("argo-pipeline-webhook-scope", "webhooks.*.matchConditions", drop),
    Row("argo-rbac-pods-exec", "rules.*", verbs("pods/exec", "create"), names="argo"),
    Row("argo-rbac-configmaps-create", "rules.*", verbs("configmaps", "create"), names="argo"),
    Row("argo-rbac-configmaps-create", "rules.*", verbs("configmaps", "update"), names="argo"),
    Row(
        "argo-service-account-default",
        "rules.*",
        verbs("workflowtaskresults", "patch"),
        names="pipeline",
        elsewhere=True,
    ),
    Row("argo-semaphore-unresolved", "data.licences", drop, elsewhere=True),
    Row("argo-semaphore-unresolved", "data.licences", to("twelve"), elsewhere=True),
    Row("argo-template-unresolved", "metadata.name", to("tools"), names="toolbox", elsewhere=True),
    Row("argo-template-unresolved", "metadata.name", to("none"), names="mosaic", elsewhere=True),
    Row(
        "argo-hook-template-unresolved",
        "metadata.name",
        to("news"),
        names="notifications",
        elsewhere=True,
    ),
    Row("pdb-blocks-drain", "spec.maxUnavailable", to(0), kinds="PodDisruptionBudget"),
]
ROWS = [*CONFIGURATION, *SERVER_SIDE]
