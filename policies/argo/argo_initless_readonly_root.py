"""See argo_initless_readonly_root.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.containers import MAIN, main_containers
from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.volumes import mounts
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related
from kguard.policy.context import Context

_SINCE = (4, 1)


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each input artifact that cannot be put where it belongs."""
    config = workflow.config
    version = argo_version(ctx.facts, workflow.resource)
    if config is None or config.get("initlessPod", "enabled") is not True:
        return
    if version is not None and version < _SINCE:
        return
    there = Related(config.resource, config.at("initlessPod", "enabled"), "pods without init")
    for container in main_containers(ctx.facts, workflow):
        template = container.template
        readonly = container.effective.get("securityContext", "readOnlyRootFilesystem")
        if readonly is not True or container.effective.name != MAIN:
            continue
        paths = [mount.path for mount in mounts(template)]
        artifacts = template.get("inputs", "artifacts")
        for number, artifact in enumerate(artifacts if isinstance(artifacts, list) else ()):
            path = artifact.get("path") if isinstance(artifact, dict) else None
            if isinstance(path, str) and not is_placeholder(path) and not _under(path, paths):
                yield template.fault(
                    ("inputs", "artifacts", number, "path"),
                    f"artifact `{artifact.get('name', '')}` of {template.called} belongs on a root "
                    "file system that is read-only",
                    help="Argo makes a link there and fails (EROFS); mount a volume above the path",
                    related=[there],
                )


def _under(path: str, mounted: list[str]) -> bool:
    """Whether a path lies in one of the mounts."""
    return any(each and f"{path}/".startswith(f"{each.rstrip('/')}/") for each in mounted)
