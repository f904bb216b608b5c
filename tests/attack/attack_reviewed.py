"""Objects for the server under attack."""

from __future__ import annotations

from typing import Any

from webhook_reviews import deployment, pod


def workflow(*templates: Any, **spec: Any) -> dict[str, Any]:
    """A Workflow of some templates."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "run", "namespace": "shop"},
        "spec": {"entrypoint": "main", "templates": list(templates), **spec},
    }


def script(**fields: Any) -> dict[str, Any]:
    """A template that runs a container."""
    container = {"image": "alpine:3.20", "command": ["sh", "-c"], "args": ["true"]}
    return {"name": "main", "container": container, **fields}


def steps(name: str, *called: str) -> dict[str, Any]:
    """A template that calls others at once."""
    return {
        "name": name,
        "steps": [[{"name": f"s{n}", "template": c} for n, c in enumerate(called)]],
    }


def cron(schedule: Any) -> dict[str, Any]:
    """A CronJob."""
    spec = {"schedule": schedule, "jobTemplate": {"spec": {"template": {"spec": pod()["spec"]}}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"}, "spec": spec}


def budget(value: Any) -> dict[str, Any]:
    """A PodDisruptionBudget."""
    spec = {"minAvailable": value, "selector": {"matchLabels": {"app": "web"}}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": spec,
    }


def shell(text: str) -> dict[str, Any]:
    """A Deployment that runs a line of shell."""
    return deployment(command=["sh", "-c", text])


def with_pod(**fields: Any) -> dict[str, Any]:
    """A Deployment with other fields in its pod's spec."""
    data = deployment()
    data["spec"]["template"]["spec"] |= fields
    return data


CONTAINER = deployment()["spec"]["template"]["spec"]["containers"][0]
