"""The volumes of Argo workflows: who mounts them, and what they are.

Sources: argo-workflows workflow/controller/workflowpod.go (addVolumeReferences, which comes before
any podSpecPatch), pkg/apis/workflow/v1alpha1/workflow_types.go (Template.GetVolumeMounts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Route, dig
from kguard.record import record


@record
class Mount:
    """One volumeMount below a template: where it stands, the volume, and the path."""

    keys: Route
    name: str
    path: str
    called: str


@record
class Volume:
    """A volume in force. `claim` is its claim template, or None where it is a volume as of pods."""

    data: Mapping[str, Any]
    claim: Mapping[str, Any] | None = None


def mounts(template: Template) -> Iterator[Mount]:
    """The mounts that a template writes, of its containers and of a containerSet as a whole."""
    yield from _mounts(template.get("containerSet"), ("containerSet",), template.called)
    for keys, _, container in argo.containers(template.data):
        name = container.get("name")
        called = f"`{name}` of {template.called}" if isinstance(name, str) else template.called
        yield from _mounts(container, keys, called)


def _mounts(holder: Any, keys: Route, called: str) -> Iterator[Mount]:
    found = dig(holder, "volumeMounts")
    for number, each in enumerate(found if isinstance(found, list) else ()):
        name, path = dig(each, "name"), dig(each, "mountPath")
        if isinstance(name, str) and name:
            place = (*keys, "volumeMounts", number)
            yield Mount(place, name, path if isinstance(path, str) else "", called)


def volumes(template: Template, of: Workflow | None = None) -> dict[str, Volume] | None:
    """The volumes that the pods of a template can mount, by name.

    `of` is the workflow that runs it where that is not the template's own. None where something is
    filled in later, or is no list: then any name may be among them.
    """
    workflow = of or template.workflow
    lists = [template.get("volumes"), workflow.value("templateDefaults", "volumes")]
    lists += [layer.data.get("volumes") for layer in workflow.layers]
    found: dict[str, Volume] = {}
    if not all(_add(found, each) for each in lists):
        return None
    for layer in workflow.layers:
        claims = layer.data.get("volumeClaimTemplates")
        for claim in claims if isinstance(claims, list) else ():
            name = dig(claim, "metadata", "name")
            if isinstance(name, str) and isinstance(claim, Mapping):
                found.setdefault(name, Volume(claim, claim))
    return None if any(is_placeholder(name) for name in found) else found


def _add(found: dict[str, Volume], listed: Any) -> bool:
    for each in listed if isinstance(listed, list) else ():
        name = dig(each, "name")
        if isinstance(name, str) and isinstance(each, Mapping):
            found.setdefault(name, Volume(each))
    return listed is None or isinstance(listed, list)


def access_modes(facts: Facts, workflow: Workflow, volume: Volume) -> tuple[str, ...]:
    """The access modes of the claim behind a volume; empty where there is none or it is unknown."""
    claim: Any = volume.claim
    if claim is None:
        name = dig(volume.data, "persistentVolumeClaim", "claimName")
        if isinstance(name, str):
            found = facts.index.named(workflow.resource, "", "PersistentVolumeClaim", name)
            claim = found[0].data if len(found) == 1 else None
        else:
            claim = None
    modes = dig(claim, "spec", "accessModes")
    return tuple(mode for mode in modes if isinstance(mode, str)) if isinstance(modes, list) else ()
