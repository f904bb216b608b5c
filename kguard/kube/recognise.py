"""What a YAML document is: objects to judge, or something of another tool to leave alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.kube import argo
from kguard.kube.drone import GROUP
from kguard.kube.embedded import manifests
from kguard.kube.woodpecker import as_workflow, is_workflow
from kguard.model import Duplicate, Origin, Resource, Route
from kguard.record import replace

DRONE_KINDS = frozenset(
    {"pipeline", "secret", "signature", "template", "cron", "registry", "policy"}
)
HELM_VALUES = "HelmValues"
"""The kind under which Helm values that configure the Argo controller enter the index."""


def resources(
    data: Any,
    path: str,
    document: int = 0,
    *,
    unit: str = "",
    context: bool = False,
    duplicates: tuple[Duplicate, ...] = (),
    cut: int = 0,
    woodpecker: bool = False,
) -> Iterator[Resource]:
    """The objects in one document: itself, the items of a List, a Drone pipeline, or nothing.

    What an Argo object makes of manifests in it follows it (Resource.embedded).
    `duplicates` are those of the document; each object gets the ones inside it. `cut` is the line
    at which Drone would stop (kguard.kube.drone.lost); `woodpecker` says that its workflows count.
    """
    if woodpecker and is_workflow(data, path):
        yield as_workflow(data, Origin(path, document), unit=unit, context=context)
        return
    for prefix, item in _objects(data):
        resource = Resource(
            item, Origin(path, document, prefix), unit=unit, context=context, **_identity(item)
        )
        if cut and resource.group == GROUP:
            resource = replace(resource, cut=cut)
        if duplicates:
            inside = (d for d in duplicates if d.route[: len(prefix)] == prefix)
            own = tuple(Duplicate(d.route[len(prefix) :], d.lost_line) for d in inside)
            resource = replace(resource, duplicates=own)
        yield resource
        yield from _embedded(resource)


def _identity(item: Mapping[str, Any]) -> dict[str, Any]:
    """What an object is, by the names of Resource's fields."""
    group, _, version = str(item.get("apiVersion") or "").rpartition("/")
    metadata = item.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    kubernetes = "apiVersion" in item
    return {
        "group": group if kubernetes else "drone.io" if item.get("kind") else "",
        "version": version,
        "kind": _text(item.get("kind")) or HELM_VALUES,
        "namespace": _text(metadata.get("namespace")) or None,
        "name": _text(metadata.get("name")) or ("" if kubernetes else _text(item.get("name"))),
        "generate_name": _text(metadata.get("generateName")),
    }


def _embedded(resource: Resource) -> Iterator[Resource]:
    """The objects that an Argo object makes from those in it, in its namespace if in no other.

    What those hold in their turn is left to them.
    """
    for route, data in _inside(resource):
        for prefix, item in _objects(data, (*resource.origin.prefix, *route)):
            identity = _identity(item)
            identity["namespace"] = identity["namespace"] or resource.namespace
            yield Resource(
                item,
                replace(resource.origin, prefix=prefix),
                unit=resource.unit,
                context=resource.context,
                **identity,
            )


def _inside(resource: Resource) -> Iterator[tuple[Route, Any]]:
    if (resource.group, resource.kind) == argo.SENSOR:
        from kguard.kube.triggers import triggered  # Late: few runs have one.

        return triggered(resource)
    return manifests(resource)


def _objects(data: Any, prefix: Route = ()) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    if not isinstance(data, Mapping):
        return
    if is_kubernetes(data):
        if is_list(data):
            # `kubectl get -o yaml` and `kubectl create` both speak Lists; nested ones are legal.
            for number, item in enumerate(data["items"]):
                yield from _objects(_typed(item, data), (*prefix, "items", number))
        else:
            yield prefix, data
    elif not prefix and (is_drone(data) or is_controller_values(data)):
        yield prefix, data


def is_list(data: Any) -> bool:
    """Whether an object is a List: of any kinds (`List`), or of one (`DeploymentList`)."""
    return (
        is_kubernetes(data)
        and data["kind"].endswith("List")
        and isinstance(data.get("items"), list)
    )


def _typed(item: Any, around: Mapping[str, Any]) -> Any:
    """An item of a list of one kind, which need not repeat that kind.

    Source: apimachinery pkg/apis/meta/v1/unstructured/helpers.go (decodeToList).
    """
    kind = around["kind"].removesuffix("List")
    if not isinstance(item, Mapping) or not kind or item.get("kind") or item.get("apiVersion"):
        return item
    return {**item, "apiVersion": around["apiVersion"], "kind": kind}


def strange_items(data: Any, prefix: Route = ()) -> Iterator[Route]:
    """Where in a List, at any depth, items are no objects, so that kubectl refuses them."""
    for number, item in enumerate(data["items"] if is_list(data) else ()):
        route, typed = (*prefix, "items", number), _typed(item, data)
        if is_kubernetes(typed):
            yield from strange_items(typed, route)
        else:
            yield route


def is_kubernetes(data: Any) -> bool:
    """Whether a document names its apiVersion and kind, as every Kubernetes object does."""
    return (
        isinstance(data, Mapping)
        and isinstance(data.get("apiVersion"), str)
        and isinstance(data.get("kind"), str)
        and bool(data["kind"])
    )


def lacks(data: Any) -> str:
    """The key, `apiVersion` or `kind`, for want of which a document is no object; else empty.

    kubectl refuses such a document, and it must not pass for another tool's. It counts as an object
    where its metadata has a name, and the other key says a kind or an API of Kubernetes itself.
    """
    if not isinstance(data, Mapping) or ("apiVersion" in data) == ("kind" in data):
        return ""
    metadata = data.get("metadata")
    if not isinstance(metadata, Mapping) or not _text(metadata.get("name")):
        return ""
    from kguard.kube.schema import groups_of, kinds_in

    if "kind" in data:
        return "apiVersion" if groups_of(_text(data["kind"])) else ""
    group = _text(data["apiVersion"]).rpartition("/")[0]
    return "kind" if kinds_in(group) else ""


def is_drone(data: Any) -> bool:
    """Whether a document is one of Drone's: a lower-case kind of its own and no apiVersion.

    Source: drone/runner-go manifest (kind, type) and drone-runner-kube engine/resource/parser.go.
    """
    return (
        isinstance(data, Mapping)
        and "apiVersion" not in data
        and isinstance(data.get("kind"), str)
        and data["kind"] in DRONE_KINDS
    )


def is_controller_values(data: Any) -> bool:
    """Whether a document is Helm values that set the Argo controller's `workflowDefaults`."""
    return (
        isinstance(data, Mapping)
        and "apiVersion" not in data
        and isinstance(data.get("controller"), Mapping)
        and isinstance(data["controller"].get("workflowDefaults"), Mapping)
    )


def foreign(data: Any, path: str) -> str:
    """A short name for a document that is no object of ours: `GitHub workflow`, `Helm values`."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    if not isinstance(data, Mapping):
        return "YAML without an object"
    keys = data.keys()
    if is_workflow(data, path):
        return "Woodpecker workflow (`woodpecker.backend` says where it runs)"
    if {"on", "jobs"} <= keys or {"true", "jobs"} <= keys:
        return "GitHub workflow"
    if "runs" in keys and name in {"action.yml", "action.yaml"}:
        return "GitHub action"
    if "openapi" in keys or "swagger" in keys:
        return "OpenAPI document"
    if name.startswith("kustomization.") or name == "kustomization":
        return "kustomization"
    if name in {"chart.yaml", "chart.lock", "requirements.yaml"}:
        return "Helm chart metadata"
    if name.startswith("values") or name.endswith("values.yaml") or name.endswith("values.yml"):
        return "Helm values"
    if "services" in keys and ("compose" in name or "version" in keys or len(keys) <= 4):
        return "compose file"
    return "YAML that is no Kubernetes, Argo or Drone object"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
