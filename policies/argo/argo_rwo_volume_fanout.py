"""See argo_rwo_volume_fanout.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.scheduling import on_one_node
from kguard.facts.argo.templates import Call, Template, below, calls_of, target_of
from kguard.facts.argo.volumes import access_modes, mounts, volumes
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context

_ONCE, _ONE_POD = "ReadWriteOnce", "ReadWriteOncePod"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each loop whose pods share a volume that one node has at a time."""
    if str(workflow.value("parallelism")) == "1":
        return
    for template in ctx.facts.argo_templates(workflow.resource):
        if str(template.value("parallelism")) == "1":
            continue
        for call in calls_of(ctx.facts, template):
            loop = call.loop
            if loop is not None and (loop.dynamic or (loop.count or 0) > 1):
                yield from _of_loop(call, loop.key, workflow, ctx)


def _of_loop(call: Call, key: str, workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    said: set[str] = set()
    called = target_of(ctx.facts, call).template
    if called is not None and _locked(called, workflow):
        return
    ctx.facts.go_on()
    for template in below(ctx.facts, call):
        found = {} if _locked(template, workflow) else volumes(template) or {}
        for mount in mounts(template):
            volume = found.get(mount.name)
            modes = access_modes(ctx.facts, workflow, volume) if volume else ()
            if mount.name in said or modes not in ((_ONCE,), (_ONE_POD,)):
                continue
            alone = modes[0] == _ONE_POD
            if not alone and on_one_node(ctx.facts, template):
                continue
            said.add(mount.name)
            yield call.fault(
                (key,),
                f"pods of {call.called} run side by side and mount `{mount.name}`, which is "
                f"{modes[0]}",
                severity=ERROR if alone else WARNING,
                help="one pod at a time can use it, the others stay Pending"
                if alone
                else "one node at a time can attach it: pods on other nodes hang",
            )


def _locked(template: Template, workflow: Workflow) -> bool:
    """Whether its runs wait for each other; a semaphore may let in one as a mutex does."""
    return template.value("synchronization", of=workflow) is not None
