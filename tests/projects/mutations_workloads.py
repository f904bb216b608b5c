"""What breaks services and queue workers: resources, rollouts, scaling, budgets, signals."""

from __future__ import annotations

from typing import Any

from mutating import Row, drop, misspelt, plus, quoted, renamed, swap, to

PODS = "Deployment StatefulSet Job CronJob"
BUDGET = "PodDisruptionBudget"
SCALER = "HorizontalPodAutoscaler"
ROLLING = "spec.strategy.rollingUpdate"


def container(policy: str, below: str, change: Any, kinds: str = PODS, names: str = "") -> Row:
    """The containers of a workload differ."""
    return Row(policy, f"**.template.spec.containers.*.{below}", change, kinds, names)


def pod(policy: str, below: str, change: Any, kinds: str = PODS, names: str = "") -> Row:
    """The pod template of a workload differs."""
    return Row(policy, f"**.template.spec{below}", change, kinds, names)


def dockerfile(policy: str, change: Any, names: str = "Dockerfile") -> Row:
    """A Dockerfile says something else."""
    return Row(policy, "text", change, kinds="Dockerfile", names=names, elsewhere=True)


def _untagged(image: str) -> str:
    return image.partition(":")[0]


def _spaced(text: str) -> str:
    return text.replace('"', "'")


RESOURCES = [
    container("missing-cpu-request", "resources.requests.cpu", drop),
    container("missing-memory-limit", "resources.limits.memory", drop),
    container("missing-memory-request", "resources", to({"requests": {"cpu": "1"}})),
    container("quantity-invalid", "resources.requests.memory", to("1GB")),
    container("extended-resource-invalid", "resources.requests", renamed("memory")),
    container("extended-resource-invalid", "resources.limits", renamed("memory")),
    container("quantity-invalid", "resources.limits.memory", to("1 Gi")),
    container("quantity-invalid", "resources.requests.cpu", to("100M1")),
    container("cpu-memory-unit", "resources.requests.cpu", to("500Mi")),
    container("memory-absurdly-small", "resources.limits.memory", to("512m")),
    container("memory-absurdly-small", "resources.requests.memory", to(128)),
    container("zero-request", "resources.requests.cpu", to("0")),
    container("request-exceeds-limit", "resources.requests.memory", to("64Gi")),
]
IMAGES = [
    container("image-latest", "image", _untagged),
    container("image-reference-invalid", "image", lambda image: f"https://{image}"),
    container("image-reference-invalid", "image", to("registry.example.com/Shop:1")),
]
ROLLOUT = [
    Row("selector-template-mismatch", "spec.selector.matchLabels", drop, kinds="Deployment"),
    Row("selector-template-mismatch", "spec.selector", to({}), kinds="Deployment StatefulSet"),
    Row("rollout-zero-zero", ROLLING, to({"maxSurge": 0, "maxUnavailable": 0})),
    Row("rollout-zero-zero", f"{ROLLING}.maxUnavailable", to(0), names="thumbnails"),
    Row("rollout-max-unavailable-all", f"{ROLLING}.maxUnavailable", to("100%"), names="storefront"),
    Row(
        "rollout-recreate-serving",
        "spec.strategy",
        to({"type": "Recreate"}),
        names="checkout storefront payments",
    ),
    # A startup probe, as checkout has one, holds requests back too.
    Row(
        "rollout-no-readiness",
        "**.readinessProbe",
        drop,
        names="storefront payments backoffice sessions",
    ),
    Row(
        "rollout-no-surge-outage",
        "spec",
        plus(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}),
        names="backoffice",
        kinds="Deployment",
    ),
    Row("progress-deadline-too-short", "spec.progressDeadlineSeconds", to(60)),
    Row(
        "selector-template-mismatch",
        "spec.selector.matchLabels.app",
        misspelt,
        kinds="Deployment StatefulSet",
    ),
    Row(
        "selector-template-mismatch",
        "spec.template.metadata.labels.app",
        misspelt,
        kinds="Deployment StatefulSet",
    ),
    Row("revision-history-zero", "spec", plus(revisionHistoryLimit=0), kinds="Deployment"),
    Row("deployment-paused", "spec", plus(paused=True), kinds="Deployment"),
    Row("single-replica", "spec.replicas", to(1), names="payments storefront"),
    Row("statefulset-service-missing", "spec.serviceName", misspelt, names="sessions"),
    Row("service-selects-nothing", "spec.selector.app", misspelt, kinds="Service"),
    Row("service-target-port-unknown", "spec.ports.*.targetPort", misspelt, kinds="Service"),
    Row("probe-port-unknown", "**.httpGet.port", misspelt),
    Row("probe-invalid", "**.readinessProbe.httpGet", drop),
    Row("probe-invalid", "**.readinessProbe", plus(timeoutSeconds=-1)),
    Row(
        "duplicate-object",
        "metadata.name",
        to("payments"),
        names="storefront",
        kinds="Deployment",
        elsewhere=True,
    ),
]
SCALING = [
    Row(
        "hpa-replicas-conflict",
        "spec",
        plus(replicas=3),
        kinds="Deployment",
        names="checkout thumbnails transcode",
    ),
    Row(
        "hpa-missing-request",
        "**.containers.1.resources.requests.cpu",
        drop,
        names="checkout transcode",
        elsewhere=True,
    ),
    Row("hpa-fixed-size", "spec.maxReplicas", to(3), names="checkout"),
    Row("hpa-fixed-size", "spec.maxReplicas", to(2), names="transcode"),
    Row("hpa-min-max", "spec.maxReplicas", to(1), kinds=SCALER),
    Row("hpa-min-one", "spec.minReplicas", to(1), kinds=SCALER),
    Row("hpa-min-zero", "spec.minReplicas", to(0), kinds=SCALER),
    Row("hpa-target-missing", "spec.scaleTargetRef.name", misspelt, kinds=SCALER),
    Row("hpa-target-unscalable", "spec.scaleTargetRef.kind", to("DaemonSet"), kinds=SCALER),
    Row(
        "hpa-target-apiversion",
        "spec.scaleTargetRef.apiVersion",
        to("extensions/v1beta1"),
        kinds=SCALER,
    ),
    Row("keda-name-too-long", "metadata.name", to("x" * 60), kinds="ScaledObject"),
]
BUDGETS = [
    Row("pdb-blocks-drain", "spec.maxUnavailable", to(0), kinds=BUDGET),
    Row("pdb-blocks-drain", "spec.maxUnavailable", to("0%"), kinds=BUDGET),
    Row("pdb-no-policy", "spec.maxUnavailable", drop, kinds=BUDGET),
    Row("pdb-both-fields", "spec", plus(minAvailable=1), kinds=BUDGET),
    Row("pdb-selects-nothing", "spec.selector.matchLabels.app", misspelt, kinds=BUDGET),
    Row(
        "pdb-overlap",
        "spec.selector.matchLabels",
        to({"part-of": "shop"}),
        kinds=BUDGET,
        names="checkout payments storefront",
        elsewhere=True,
    ),
    Row(
        "pdb-unsupported-controller",
        "spec.selector.matchLabels",
        to({"app": "migrate"}),
        kinds=BUDGET,
        names="checkout",
    ),
    Row(
        "pdb-missing",
        "spec.selector.matchLabels.app",
        to("other"),
        kinds=BUDGET,
        elsewhere=True,
        names="checkout payments storefront",
    ),
]
TERMINATION = [
    pod("grace-zero", ".terminationGracePeriodSeconds", to(0)),
    pod(
        "worker-grace-too-short",
        ".terminationGracePeriodSeconds",
        drop,
        names="thumbnails transcode",
    ),
    pod(
        "worker-grace-too-short",
        ".terminationGracePeriodSeconds",
        to(60),
        names="thumbnails transcode",
    ),
    pod("prestop-exceeds-grace", ".terminationGracePeriodSeconds", to(30), names="storefront"),
    container("prestop-exceeds-grace", "lifecycle.preStop.exec.command.1", to("90")),
    container(
        "signal-not-delivered", "command.2", lambda line: f"{line[5:]}; echo done", names="payments"
    ),
    container(
        "signal-not-delivered", "command.2", lambda line: f"{line} | tee /log", names="payments"
    ),
    container(
        "signal-not-delivered",
        "command",
        to(["sh", "-c", "celery --app a worker --time-limit 5\nrm -rf /tmp/x"]),
        names="transcode",
    ),
    container("package-runner-as-pid1", "command", to(["npm", "start"]), names="transcode"),
    dockerfile("package-runner-as-pid1", swap('["node", "server.js"]', '["npm", "start"]')),
    dockerfile(
        "signal-shell-form",
        swap(
            'CMD ["celery", "--app", "media.tasks", "worker"',
            "CMD celery --app media.tasks worker #",
        ),
    ),
    dockerfile(
        "init-wraps-shell",
        swap(
            '"--"]\nCMD ["gunicorn", "checkout.app:app"]',
            '"--", "sh", "-c", "gunicorn checkout.app:app; true"]',
        ),
    ),
    dockerfile(
        "pid1-no-default-signal", swap('ENTRYPOINT ["tini", "--"]\nCMD ["node"', 'CMD ["node"')
    ),
    dockerfile("stop-signal-kill", lambda text: f"{text}\nSTOPSIGNAL SIGKILL\n"),
    dockerfile(
        "dockerfile-broken-exec-form",
        lambda text: "\n".join(
            _spaced(line) if line.startswith("CMD") else line for line in text.split("\n")
        ),
    ),
    Row(
        "image-init-bypassed",
        "spec.template.spec.containers.0",
        plus(command=["node", "server.js"]),
        names="storefront",
        kinds="Deployment",
    ),
]
JOBS = [
    Row("job-no-ttl", "spec.ttlSecondsAfterFinished", drop, kinds="Job"),
    Row("job-restart-policy-invalid", "**.restartPolicy", to("Always")),
    Row("job-restart-policy-invalid", "**.restartPolicy", drop),
    Row("cronjob-invalid-schedule", "spec.schedule", to("20 3 * *")),
    Row("cronjob-invalid-schedule", "spec.schedule", to("20 25 * * *")),
    Row("cronjob-forbid-no-deadline", "spec.jobTemplate.spec.activeDeadlineSeconds", drop),
    Row(
        "cronjob-starting-deadline-too-short",
        "spec",
        plus(startingDeadlineSeconds=5),
        kinds="CronJob",
    ),
]
SHAPE = [
    Row("api-removed", "apiVersion", swap("policy/v1", "policy/v1beta1")),
    Row("api-removed", "apiVersion", swap("autoscaling/v2", "autoscaling/v2beta2")),
    Row("api-removed", "apiVersion", swap("batch/v1", "batch/v1beta1"), kinds="CronJob"),
    Row("api-unknown", "apiVersion", swap("apps/v1", "apps/v2")),
    Row("string-field-not-string", "spec.template.spec.containers.0.env.0.value", to(3)),
    Row("field-misplaced", "spec", plus(terminationGracePeriodSeconds=60), kinds="Deployment"),
    Row("schema-unknown-field", "spec", plus(replica=3), kinds="Deployment"),
    Row("schema-unknown-field", "**.containers.*", plus(resource={}), kinds="Deployment"),
    Row("schema-invalid-value", "spec.replicas", quoted, kinds="Deployment StatefulSet"),
    Row("schema-invalid-value", "**.containerPort", quoted),
    Row("schema-missing-field", "spec.selector", drop, kinds="Deployment StatefulSet"),
]
ROWS = [
    *RESOURCES, *IMAGES, *ROLLOUT, *SCALING, *BUDGETS, *TERMINATION, *JOBS, *SHAPE,
]  # fmt: skip
