"""The pods of Argo templates in the shape of the pod model, for policies that judge any pod.

Resources and image of a container are those its pod gets from what the object itself writes: the
`podSpecPatch` of the template over that of the workflow over the container over `templateDefaults`
of its type. What other objects add is judged where they write it.

Sources: argo-workflows workflow/controller/workflowpod.go (createWorkflowPod, processPodSpecPatch),
workflow/controller/operator.go (mergedTemplateDefaultsInto).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.patches import PodPatch, pod_patches
from kguard.facts.argo.templates import Template
from kguard.facts.pods import Container, Pod, Role
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Resource, Route, Scope, dig
from kguard.record import record

_ROLES = {"main": Role.APP, "sidecar": Role.SIDECAR, "init": Role.INIT}
_LISTS = (("containers", Role.APP), ("initContainers", Role.INIT))
_SECTIONS = ("requests", "limits")


@record
class _Layer:
    """One text that writes a container: its data, where it stands, whether others share it."""

    data: Any
    route: Route
    shared: bool = False


def template_pods(facts: Facts, resource: Resource) -> Iterator[Pod]:
    """One pod per template that runs containers; `data` and `route` are the template's.

    A container without a name (`container`, `script`) is called by its template. Containers that
    only a patch writes come last.
    """
    given: set[Route] = set()
    for template in facts.argo_templates(resource):
        pod = Pod(
            resource,
            template.route,
            template.data,
            template=Scope(resource, template.route, template.data),
        )
        facts.go_on()  # Each container looks through all patches.
        patches = pod_patches(facts, template)
        for keys, role, item in argo.containers(template.data):
            name = item.get("name") or template.data.get("name")
            written = _Layer(item, (*template.route, *keys))
            layers = [*_patches_of(_name_in_pod(template, keys, item), patches), written]
            layers += _defaults(template, keys)
            data, moved = _merged(layers, written, given)
            pod.containers.append(
                Container(
                    resource,
                    written.route,
                    data,
                    name=name if isinstance(name, str) else "",
                    role=_ROLES[role],
                    pod=pod,
                    moved=moved,
                )
            )
        if pod.containers:
            pod.containers.extend(_only_patched(pod, template, patches, given))
            yield pod


def _name_in_pod(template: Template, keys: Route, item: Mapping[str, Any]) -> Any:
    """What the container is called in the pod: what `container` and `script` run is `main`."""
    if keys[0] in ("container", "script"):
        return "main"
    name = item.get("name")
    return name if isinstance(name, str) else None


def _patches_of(name: Any, patches: list[PodPatch]) -> Iterator[_Layer]:
    """What patches write for a container of that name.

    One that is filled in later as a whole may have another image: Kubeflow's compiler writes such.
    """
    for patch in patches:
        if is_placeholder(patch.spec):
            yield _Layer({"image": patch.spec}, patch.at(), patch.shared)
        for key, _ in _LISTS:
            for number, item in enumerate(patch.items(key)):
                if name is not None and dig(item, "name") == name:
                    yield _Layer(item, patch.at(key, number), patch.shared)


def _defaults(template: Template, keys: Route) -> list[_Layer]:
    """What the same object's `templateDefaults` write for a container of that type."""
    workflow = template.workflow
    data = (
        workflow.get("templateDefaults", *keys) if keys in (("container",), ("script",)) else None
    )
    return [_Layer(data, workflow.at("templateDefaults", *keys), shared=True)] if data else []


def _merged(
    layers: list[_Layer], written: _Layer, given: set[Route]
) -> tuple[Mapping[str, Any], Mapping[Route, Route]]:
    """A container with its image and resources in force, and where those of others stand.

    What several containers share is given to the first of them, so that a fault in it is one; to
    the others only beside a request or limit of their own for the same resource.
    """
    if len(layers) == 1:
        return written.data, {}
    found: dict[Route, tuple[Any, _Layer]] = {}
    for layer in layers:
        for keys, value in _leaves(layer.data):
            found.setdefault(keys, (value, layer))
    own = {keys[2] for keys, (_, layer) in found.items() if len(keys) > 1 and not layer.shared}
    data = {key: value for key, value in written.data.items() if key != "resources"}
    resources = dig(written.data, "resources")
    resources = {
        key: value
        for key, value in (resources.items() if isinstance(resources, Mapping) else ())
        if key not in _SECTIONS
    }
    moved: dict[Route, Route] = {}
    for keys, (value, layer) in found.items():
        place = (*layer.route, *keys)
        if layer.shared and place in given and not (len(keys) > 1 and keys[2] in own):
            data.pop(keys[0], None)  # Its own image is not the one it runs.
            continue
        if layer.shared:
            given.add(place)
        if layer is not written:
            moved[keys] = place
        if len(keys) == 1:
            data["image"] = value
        else:
            resources.setdefault(keys[1], {})[keys[2]] = value
    return ({**data, "resources": resources} if resources else data), moved


def _leaves(data: Any) -> Iterator[tuple[Route, Any]]:
    image = dig(data, "image")
    if image is not None:
        yield ("image",), image
    for section in _SECTIONS:
        amounts = dig(data, "resources", section)
        for name, text in amounts.items() if isinstance(amounts, Mapping) else ():
            if text is not None:
                yield ("resources", section, name), text


def _only_patched(
    pod: Pod, template: Template, patches: list[PodPatch], given: set[Route]
) -> Iterator[Container]:
    """The containers that a patch adds resources to and the template does not write: `wait`."""
    known = {_name_in_pod(template, k, item) for k, _, item in argo.containers(template.data)}
    for patch in patches:
        for key, role in _LISTS:
            for number, item in enumerate(patch.items(key)):
                name, route = dig(item, "name"), patch.at(key, number)
                if isinstance(name, str) and name not in known and route not in given:
                    given.add(route)
                    yield Container(pod.resource, route, item, name=name, role=role, pod=pod)
