"""What breaks pipelines on Drone's Kubernetes runner, and the runner itself."""

from __future__ import annotations

from typing import Any

from mutating import Row, drop, misspelt, plus, quoted, renamed, swap, to

PIPE = "pipeline"
MAP = "ConfigMap"


def pipeline(policy: str, where: str, change: Any, names: str = "") -> Row:
    """A pipeline differs; what the runner adds is not seen."""
    return Row(policy, where, change, kinds=PIPE, names=names, alone=True)


def env(name: str, value: str) -> Any:
    """A variable of the runner gets a value, or comes to it."""
    return lambda those: [
        *(each for each in those if each["name"] != name),
        {"name": name, "value": value},
    ]


ROWS = [
    pipeline("drone-stage-requests-missing", "resources", drop),
    pipeline("drone-stage-requests-missing", "resources.requests.cpu", drop),
    pipeline("drone-stage-requests-missing", "resources.requests.memory", drop),
    pipeline("drone-stage-limits-forbidden", "resources", plus(limits={"cpu": 2000})),
    pipeline("drone-stage-limits-forbidden", "resources", plus(limits={"memory": "4GiB"})),
    pipeline("drone-step-requests-ignored", "steps.*.resources", plus(requests={"cpu": 500})),
    pipeline("drone-step-requests-ignored", "services.*.resources", plus(requests={"cpu": 500})),
    pipeline("drone-step-limits-missing", "steps.*.resources", drop),
    pipeline("drone-step-limits-missing", "services.*.resources.limits.memory", drop),
    pipeline("drone-cpu-unit", "resources.requests.cpu", to(4)),
    pipeline("drone-cpu-unit", "resources.requests.cpu", to(0.5)),
    pipeline("drone-cpu-unit", "resources.requests.cpu", quoted),
    pipeline("drone-cpu-unit", "**.limits.cpu", to("500m")),
    pipeline("drone-memory-unit", "resources.requests.memory", to(2048)),
    pipeline("drone-memory-unit", "**.limits.memory", to("2Ei")),
    pipeline("drone-memory-unit", "**.limits.memory", to("512m")),
    pipeline("drone-request-shrinks", "steps.*.resources.limits.cpu", to(50), "arm-build"),
    pipeline("drone-unknown-key", "", plus(nodeSelector={"a": "b"})),
    pipeline("drone-unknown-key", "", plus(serviceAccountName="builder")),
    pipeline("drone-unknown-key", "steps.*", plus(timeout="10m")),
    pipeline("drone-unknown-key", "", renamed("steps")),
    pipeline("drone-unknown-key", "", renamed("trigger")),
    pipeline("drone-unknown-key", "steps.*", renamed("image")),
    pipeline("drone-unknown-key", "steps.*", renamed("commands")),
    pipeline("drone-unknown-key", "**.steps.*", renamed("resources")),
    pipeline("drone-unknown-key", "**.services.*", renamed("resources")),
    pipeline("drone-unknown-key", "**.resources", renamed("limits")),
    pipeline("drone-unknown-key", "steps.*", plus(command_s=["make"])),
    pipeline("drone-toleration-seconds", "tolerations.*", plus(toleration_seconds=300)),
    pipeline("drone-arch-not-scheduled", "node_selector", drop),
    pipeline("drone-latest-not-pulled", "steps.*.image", lambda image: image.partition(":")[0],
             "test image deploy"),
    pipeline("drone-latest-not-pulled", "services.*.image", to("postgres:latest")),
    pipeline("drone-pull-invalid", "steps.*", plus(pull="IfNotPresent")),
    pipeline("drone-step-name", "steps.*.name", to("clone")),
    pipeline("drone-step-name", "steps.*.name", drop),
    pipeline("drone-step-name", "steps.*.name", to("x" * 101)),
    pipeline("drone-step-name", "services.*.name", to("unit")),
    pipeline("drone-depends-on-order", "steps.*.depends_on.*", misspelt),
    pipeline("drone-depends-on-order", "steps.0", plus(depends_on=["sign"]), "arm-build"),
    pipeline("drone-graph-mixed", "steps.2.depends_on", drop, "arm-build"),
    pipeline("drone-temp-size-ignored", "volumes.*.temp.medium", drop),
    pipeline("drone-volume-default-mode", "volumes.*.secret.default_mode", drop),
    pipeline("drone-volume-default-mode", "volumes.*.secret.default_mode", to(440)),
    pipeline("drone-reserved-volume", "volumes.*.name", to("_workspace")),
    pipeline("drone-reserved-volume", "**.volumes.*.path", to("/run/drone/bin")),
    pipeline("drone-secret-literal", "**.SIGNER_PASSWORD", to("Xq7-vR2-mK9-tB4")),
    pipeline("drone-secret-literal", "**.settings.password", to("Xq7-vR2-mK9-tB4")),
    Row("drone-policy-keys", "data.*", swap("limit:", "limits:"), kinds=MAP),
    Row("drone-policy-match-key", "data.*", swap("repo:", "repos:"), kinds=MAP),
    Row("drone-policy-match-key", "data.*", swap("event:", "events:"), kinds=MAP),
    Row("drone-runner-env-unit", "**.env", env("DRONE_RESOURCE_REQUEST_CPU", "2")),
    Row("drone-runner-env-unit", "**.env", env("DRONE_RESOURCE_LIMIT_CPU", "500m")),
    Row("drone-runner-env-unit", "**.env", env("DRONE_RESOURCE_MIN_REQUEST_CPU", "0.5")),
    Row("drone-runner-env-unit", "**.env", env("DRONE_RESOURCE_LIMIT_MEMORY", "512")),
    Row("drone-runner-env-unit", "**.env", env("DRONE_RESOURCE_REQUEST_MEMORY", "1Ei")),
    Row("drone-runner-restartable", "spec.template.spec.terminationGracePeriodSeconds", drop),
    Row("drone-other-type", "type", drop, kinds=PIPE),
    Row("drone-other-type", "type", to("docker"), kinds=PIPE),
]  # fmt: skip
