"""See argo_manifest_repetition.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.sizes import json_bytes, written
from kguard.model import Fault, Related
from kguard.policy.context import Context

_GENERATED = "pipelines.kubeflow.org/"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for templates that differ in texts and numbers only."""
    if _is_generated(workflow):
        return
    templates = ctx.facts.argo_templates(workflow.resource)
    if len(templates) < ctx.params["min_templates"]:
        return
    alike: dict[str, list[Template]] = {}
    for template in templates:
        if template.kind not in ("steps", "dag"):
            alike.setdefault(_form(template.data), []).append(template)
    for group in alike.values():
        size = sum(json_bytes(template.data) for template in group)
        if len(group) >= ctx.params["min_templates"] and size > ctx.params["min_bytes"]:
            first, second = group[:2]
            yield first.fault(
                (),
                f"{len(group)} templates of {written(size)} together differ in texts only",
                help="one template with inputs does the work of all, called by `withItems`",
                related=[Related(second.resource, second.route, "the next of them")],
            )


def _form(data: Any) -> str:
    """What is left of a template without its texts and numbers."""
    return json.dumps(_without_values(data), sort_keys=True)


def _without_values(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _without_values(value) for key, value in data.items()}
    return [_without_values(each) for each in data] if isinstance(data, list) else None


def _is_generated(workflow: Workflow) -> bool:
    """Whether Kubeflow Pipelines has written it: its source is no YAML."""
    metadata = workflow.resource.data.get("metadata")
    found = metadata if isinstance(metadata, Mapping) else {}
    return any(
        str(key).startswith(_GENERATED)
        for section in ("labels", "annotations")
        if isinstance(keys := found.get(section), Mapping)
        for key in keys
    )
