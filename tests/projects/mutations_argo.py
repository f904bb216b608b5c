"""What breaks workflows: one row for each way, every field of the examples it applies to."""

from __future__ import annotations

import re
from typing import Any

from mutating import Row, drop, misspelt, plus, renamed, swap, to

_REFERENCE = re.compile(r"\{\{(?:item\.|inputs\.|outputs\.|steps\.|tasks\.)[\w.-]*\w")
LONG = "x" * 140_000
LEAF = {"name": "more", "container": {"image": "registry.example.com/a:1", "command": ["a"]}}


def _many(templates: list[Any]) -> list[Any]:
    return [*templates, *({**LEAF, "name": f"more-{n}"} for n in range(201))]


def _again(items: list[Any]) -> list[Any]:
    return [*items, items[0]]


def _crowd(containers: list[Any]) -> list[Any]:
    return [{**containers[n % len(containers)], "name": f"c{n}"} for n in range(51)]


def _unread(text: Any) -> Any:
    """A text whose first reference names what nothing provides.

    `{{itemx}}` is Argo's own idea of a placeholder for others, and what a WorkflowTemplate reads of
    `workflow.parameters` may come from the Workflow that runs it.
    """
    return _REFERENCE.sub(r"\g<0>z", text, count=1) if isinstance(text, str) else text


def _untagged(image: str) -> str:
    return image.partition(":")[0]


GARBAGE = [
    Row("argo-ttl-missing", "$.ttlStrategy", drop, alone=True),
    Row("argo-ttl-empty", "$.ttlStrategy", to({}), alone=True),
    Row("argo-ttl-error-phase-gap", "$.ttlStrategy", to({"secondsAfterSuccess": 60}), alone=True),
    Row("argo-ttl-legacy-field", "$", plus(ttlSecondsAfterFinished=60), names="mosaic levels"),
    Row(
        "argo-ttl-too-long",
        "$.ttlStrategy.secondsAfterCompletion",
        to(9_999_999),
        kinds="Workflow WorkflowTemplate",
    ),
    Row("argo-ttl-zero-no-archive", "$.ttlStrategy.secondsAfterCompletion", to(5), alone=True),
    Row("argo-podgc-missing", "$.podGC", drop, alone=True),
    Row("argo-podgc-no-strategy", "$.podGC.strategy", drop, alone=True),
    Row("argo-podgc-loses-logs", "$.podGC.deleteDelayDuration", drop, alone=True),
    Row(
        "argo-podgc-workflow-scope-fanout",
        "$.podGC.strategy",
        to("OnWorkflowSuccess"),
        names="render-tiles",
    ),
    Row(
        "argo-artifactgc-blocks-delete",
        "$",
        plus(artifactGC={"strategy": "OnWorkflowDeletion"}),
        names="train-clouds water-levels",
        alone=True,
    ),
]
SIZE = [
    Row(
        "argo-manifest-too-large",
        "metadata",
        plus(annotations={"a": "x" * 600_000}),
        names="mosaic train-clouds",
    ),
    Row(
        "argo-client-apply-too-large",
        "metadata",
        plus(annotations={"a": "x" * 300_000}),
        kinds="WorkflowTemplate CronWorkflow ClusterWorkflowTemplate",
    ),
    Row("argo-parameter-too-large", "$.arguments.parameters.*.value", to("x" * 40_000)),
    Row(
        "argo-parameter-too-large",
        "$.templates.*.steps.*.*.arguments.parameters.*.value",
        to("x" * 40_000),
        names="migrate-catalogue order-imagery",
    ),
    Row(
        "argo-parameter-amplification",
        "$.templates.*.steps.*.*.arguments.parameters.*.value",
        to("x" * 300),
        names="render-tiles",
    ),
    Row("argo-arg-string-too-long", "$.templates.*.container.args.0", to(LONG)),
    Row("argo-large-template-rbac", "$.templates.*.script.source", to(LONG), alone=True),
    Row(
        "argo-result-as-list",
        "$.templates.*.steps.*.*.withParam",
        swap("parameters.objects", "result"),
        names="ingest-scenes",
    ),
    Row("argo-crd-max-items", "$.templates", _many, names="mosaic ingest-scenes train-clouds"),
    Row(
        "argo-fanout-status-forecast",
        "$.templates.*.steps.*.*.withSequence.count",
        to("48000"),
        names="render-tiles",
    ),
    Row(
        "argo-fanout-status-forecast",
        "$.templates.*.dag.tasks.*.withSequence.count",
        to("48000"),
        names="simulate-flood",
    ),
    Row(
        "argo-fanout-retry-worst-case",
        "$.templates.*.retryStrategy.limit",
        to("90"),
        names="simulate-flood",
        alone=True,
    ),
    Row("argo-withparam-literal-invalid", "$.templates.*.steps.*.*.withParam", to("[1, 2")),
]
CONCURRENCY = [
    Row("argo-loop-no-parallelism", "$.parallelism", drop, names="render-tiles", alone=True),
    Row("argo-loop-no-parallelism", "$.templates.*.parallelism", drop, names="ingest-scenes"),
    # Of a CronWorkflow that forbids overlaps another policy speaks.
    Row(
        "argo-no-deadline",
        "$.activeDeadlineSeconds",
        drop,
        alone=True,
        kinds="Workflow WorkflowTemplate",
    ),
    Row("argo-no-deadline", "$.activeDeadlineSeconds", drop, alone=True, names="thumbnails"),
    Row("argo-duration-unit", "$.**.backoff.duration", to("1d")),
    Row("argo-duration-unit", "$.**.backoff.maxDuration", to("2 h")),
    Row("argo-duration-unit", "$.templates.*.timeout", to("7200")),
    Row("argo-duration-unit", "$.templates.*.suspend.duration", to("1 day")),
    Row("argo-duration-unit", "$.podGC.deleteDelayDuration", to("30 seconds")),
    Row("argo-duration-unit", "$.templates.*.memoize.maxAge", to("3600")),
    Row(
        "argo-cron-forbid-no-deadline",
        "$.activeDeadlineSeconds",
        drop,
        kinds="CronWorkflow",
        names="ingest-scenes backup-catalogue clean-buckets",
        alone=True,
    ),
    Row("argo-cron-allow-overlap", "spec.concurrencyPolicy", to("Allow"), names="ingest-scenes"),
    Row(
        "argo-cron-no-starting-deadline",
        "spec.startingDeadlineSeconds",
        drop,
        names="backup-catalogue clean-buckets",
    ),
    Row("argo-cron-no-timezone", "spec.timezone", drop, names="backup-catalogue clean-buckets"),
    Row(
        "argo-mutex-self-deadlock",
        "$.templates.2",
        plus(synchronization={"mutexes": [{"name": "catalogue"}]}),
        names="migrate-catalogue",
    ),
    Row(
        "argo-lock-no-deadline",
        "$.activeDeadlineSeconds",
        drop,
        alone=True,
        names="migrate-catalogue simulate-flood",
    ),
    Row("argo-semaphore-unresolved", "$.**.configMapKeyRef.key", misspelt),
    Row("argo-recursion-unbounded", "$.templates.1.steps.2.0.when", drop, names="order-imagery"),
]
FAILURE = [
    Row(
        "argo-retry-backoff-ignored",
        "$.templates.*.retryStrategy.limit",
        drop,
        names="ingest-scenes correct-scene render-tiles train-clouds simulate-flood mosaic "
        "backup-catalogue toolbox",
    ),
    Row("argo-retry-backoff-no-duration", "$.templates.*.retryStrategy.backoff.duration", drop),
    Row(
        "argo-retry-nested",
        "$",
        plus(retryStrategy={"limit": "2"}),
        kinds="Workflow WorkflowTemplate",
        names="train-clouds water-levels correct-scene mosaic",
    ),
    Row(
        "argo-retry-spot",
        "$.templates.*.retryStrategy.retryPolicy",
        to("OnFailure"),
        names="render-tiles",
    ),
    Row("argo-retry-spot", "$.templates.*.retryStrategy.retryPolicy", drop, names="render-tiles"),
    Row(
        "argo-retry-policy-invalid",
        "$",
        plus(retryStrategy={"limit": 1, "retryPolicy": "On"}),
        names="mosaic train-clouds ingest-scenes correct-scene water-levels",
    ),
    Row("argo-retry-policy-invalid", "$.templates.*.retryStrategy.retryPolicy", to("On")),
    Row("argo-hook-template-unresolved", "$.hooks.exit.templateRef.template", misspelt),
    Row("argo-spec-invalid", "$.hooks.exit.templateRef", drop),
    Row("argo-spec-invalid", "$.hooks.exit.arguments.parameters.0.name", misspelt),
    Row("argo-spec-invalid", "$.templates.*.steps.*.*.arguments.parameters.0.name", misspelt),
    Row("argo-spec-invalid", "$.templates.*.dag.tasks.*.arguments.parameters.0.name", misspelt),
    Row("argo-spec-invalid", "$.templates.*.steps.*.*.arguments", drop),
    Row(
        "argo-hook-expression-missing",
        "$.templates.*.dag.tasks.*",
        lambda task: {**task, "hooks": {"running": {"template": task["template"]}}},
        names="water-levels train-clouds",
    ),
    Row(
        "argo-hooks-discouraged",
        "$.templates.*.dag.tasks.*",
        lambda task: {
            **task,
            "hooks": {"late": {"template": task["template"], "expression": "true"}},
        },
        names="water-levels",
    ),
    Row(
        "argo-container-lifecycle",
        "$.templates.*.container",
        plus(lifecycle={"preStop": {"exec": {"command": ["save"]}}}),
    ),
    Row(
        "argo-onexit-deprecated",
        "$.templates.*.steps.*.*",
        plus(onExit="run"),
        names="migrate-catalogue",
    ),
    Row(
        "argo-sidecar-work-ignored",
        "$.templates.*.sidecars.*.image",
        to("registry.example.com/earth/train:1.19.2"),
    ),
]
PODS = [
    Row("extended-resource-invalid", "$.templates.*.container.resources.requests", renamed("cpu")),
    Row(
        "extended-resource-invalid",
        "$.**.containerSet.containers.*.resources.limits",
        renamed("memory"),
    ),
    Row(
        "argo-container-resources",
        "$.templates.*.container.resources.requests.cpu",
        drop,
        alone=True,
    ),
    Row(
        "argo-container-resources",
        "$.templates.*.container.resources.limits.memory",
        drop,
        alone=True,
    ),
    Row("argo-container-resources", "$.templates.*.script.resources", drop, alone=True),
    Row("argo-container-resources", "$.**.containerSet.containers.*.resources", drop, alone=True),
    Row("argo-sidecar-resources", "$.templates.*.sidecars.*.resources.requests.cpu", drop),
    Row("argo-sidecar-resources", "$.templates.*.sidecars.*.resources.limits.memory", drop),
    Row("argo-sidecar-resources", "$.templates.*.initContainers.*.resources", drop),
    Row(
        "argo-containerset-requests-sum",
        "$.**.containerSet.containers.0.resources.requests.cpu",
        to("1"),
    ),
    Row("argo-containerset-too-many", "$.**.containerSet.containers", _crowd),
    Row("argo-missing-command", "$.templates.*.container.command", drop),
    Row("argo-missing-command", "$.templates.*.sidecars.*.command", drop),
    Row("argo-missing-command", "$.**.containerSet.containers.*.command", drop),
    Row("image-latest", "$.templates.*.container.image", _untagged),
    Row("argo-image-pull-always-fanout", "$.**.imagePullPolicy", to("Always")),
    Row(
        "argo-grace-period-misplaced",
        "$.templates.*",
        plus(terminationGracePeriodSeconds=60),
        names="train-clouds migrate-catalogue",
    ),
    Row("argo-podspecpatch-invalid", "$.podSpecPatch", to("terminationGracePeriod: 300")),
    Row("argo-podspecpatch-invalid", "$.podSpecPatch", to("containers: [{name: none}]")),
    Row("argo-podspecpatch-invalid", "$.podSpecPatch", to("terminationGracePeriodSeconds: [")),
    Row("argo-daemon-no-readiness", "$.templates.*.container.readinessProbe", drop),
    Row(
        "argo-injected-sidecar-kill",
        "$.podMetadata.annotations.workflows/argoproj/io/kill-cmd-istio-proxy",
        drop,
    ),
    Row("argo-volume-unresolved", "$.**.volumeMounts.*.name", misspelt),
    Row(
        "argo-rwo-volume-fanout",
        "$.templates.0.dag.tasks.2",
        plus(withItems=[1, 2, 3]),
        names="correct-scene",
    ),
    Row("argo-service-account-default", "$.serviceAccountName", drop, alone=True),
    Row("memory-absurdly-small", "$.templates.*.container.resources.limits.memory", to("512m")),
    Row("quantity-invalid", "$.templates.*.container.resources.requests.memory", to("2GB")),
    Row("request-exceeds-limit", "$.templates.*.container.resources.limits.memory", to("16Mi")),
]
STRUCTURE = [
    Row("argo-template-unresolved", "$.templates.*.steps.*.*.template", misspelt),
    Row("argo-template-unresolved", "$.templates.*.dag.tasks.*.template", misspelt),
    Row("argo-template-unresolved", "$.templates.*.steps.*.*.templateRef.template", misspelt),
    Row("argo-template-unresolved", "$.entrypoint", misspelt),
    Row("argo-dag-invalid", "$.templates.*.dag.tasks.*.depends", misspelt),
    Row("argo-dag-invalid", "$.templates.*.dag.tasks.0", plus(depends="gone")),
    Row("argo-dag-invalid", "$.templates.*.dag.tasks.1", plus(dependencies=["gone"])),
    Row(
        "argo-unused-template",
        "$.templates",
        lambda all_of_them: [*all_of_them, LEAF],
        names="train-clouds ingest-scenes water-levels order-imagery",
    ),
    Row(
        "argo-unused-parameter",
        "$.arguments.parameters",
        lambda those: [*those, {"name": "unread", "value": "x"}],
        names="render-region mosaic",
    ),
    Row(
        "argo-unused-parameter",
        "$.templates.*.inputs.parameters",
        lambda those: [*those, {"name": "unread", "value": "x"}],
        kinds="Workflow CronWorkflow",
    ),
    Row("argo-removed-field", "spec", plus(schedule="0 0 * * *"), kinds="CronWorkflow"),
    Row("argo-removed-field", "$.synchronization", plus(mutex={"name": "a"})),
    Row("argo-removed-field", "$", plus(podPriority=1), names="mosaic train-clouds"),
    Row(
        "argo-field-too-new",
        "$.templates.*",
        plus(podResources={"requests": {"cpu": "1"}}),
        names="mosaic",
    ),
    Row("argo-unknown-field", "$", plus(paralellism=3)),
    Row(
        "argo-unknown-field",
        "",
        renamed("spec"),
        kinds="Workflow WorkflowTemplate ClusterWorkflowTemplate CronWorkflow",
    ),
    Row(
        "argo-reference-unresolved",
        "$.templates.*.resource.manifest",
        swap("workflow.parameters.region", "workflow.parameters.area"),
    ),
    Row("argo-unknown-field", "$.templates.*.container", plus(imagePullPolcy="Always")),
    Row("argo-unknown-field", "$.templates.*.retryStrategy", plus(limits=3)),
    Row("argo-spec-invalid", "$.templates.*.name", to("")),
    Row("argo-spec-invalid", "$.templates", _again),
    Row("argo-spec-invalid", "$.templates.*.steps.*.*.name", to("a b")),
    Row(
        "argo-spec-invalid",
        "$.templates.*.dag.tasks.*",
        plus(withItems=[1], withParam="[1]"),
        names="simulate-flood water-levels",
    ),
    Row("argo-spec-invalid", "$.entrypoint", drop, kinds="Workflow CronWorkflow"),
    Row("argo-spec-invalid", "spec.concurrencyPolicy", to("Never"), kinds="CronWorkflow"),
    Row("argo-spec-invalid", "spec.schedules.0", to("61 * * * *"), kinds="CronWorkflow"),
    Row("argo-spec-invalid", "$.podGC.strategy", to("Always")),
    Row("argo-spec-invalid", "$.templates.*.container", plus(image="")),
]
REFERENCES = [
    Row("argo-reference-unresolved", "$.templates.*.container.args.*", _unread),
    Row("argo-reference-unresolved", "$.templates.*.container.command.*", _unread),
    Row("argo-reference-unresolved", "$.**.arguments.parameters.*.value", _unread),
    Row("argo-reference-unresolved", "$.**.arguments.artifacts.*.from", _unread),
    Row("argo-reference-unresolved", "$.templates.*.steps.*.*.withParam", _unread),
    Row("argo-reference-unresolved", "$.templates.*.steps.*.*.when", _unread),
    Row("argo-reference-unresolved", "$.templates.*.script.source", _unread),
    Row("argo-reference-unresolved", "$.templates.*.resource.manifest", _unread),
    Row(
        "argo-reference-unresolved",
        "$.hooks.*.arguments.parameters.*.value",
        swap("workflow.status", "workflow.statuz"),
    ),
    Row("argo-reference-unresolved", "$.templates.*.http.body", _unread),
]
ROWS = [
    *GARBAGE, *SIZE, *CONCURRENCY, *FAILURE, *PODS, *STRUCTURE, *REFERENCES,
]  # fmt: skip
