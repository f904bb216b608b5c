"""What Kubernetes wants of the fields of a mapping together: some of them, one of them, no more.

The specification has none of this; sources are the validation of the groups: kubernetes
pkg/apis/{core,apps,networking,rbac,admissionregistration}/validation/validation.go and apimachinery
pkg/apis/meta/v1/validation/validation.go. What is in pods: podspecs; in autoscalers: metrics; in
Jobs: jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.facts.quantities import is_placeholder
from kguard.facts.schema import jobs, metrics, names, podspecs
from kguard.facts.schema.podspecs import items_of
from kguard.facts.schema.together import Missing, Wrong
from kguard.kube import schema
from kguard.kube.schema import Field
from kguard.model import dig

_RULE = ("apiGroups", "apiVersions", "operations", "resources")

# Required although the specification says otherwise, or has an empty text for a default.
_DEMANDED: Mapping[str, tuple[str, ...]] = {
    "ConfigMapEnvSource": ("name",),
    "ConfigMapKeySelector": ("name",),
    "ConfigMapVolumeSource": ("name",),
    # An application's container without an image makes the object a part of one: see Pod.fragment.
    "Container": ("image",),
    "ExecAction": ("command",),
    "IngressServiceBackend": ("port",),
    "PersistentVolumeSpec": ("accessModes", "capacity"),
    "RuleWithOperations": _RULE,
    "SecretEnvSource": ("name",),
    "SecretKeySelector": ("name",),
    "SecretVolumeSource": ("secretName",),
}

# Structs of which one field has to be there, and no more than one may be: besides the listed ones.
_ONE_OF: Mapping[str, frozenset[str]] = {
    "EnvFromSource": frozenset({"prefix"}),
    "EnvVarSource": frozenset(),
    "IngressBackend": frozenset(),
    "LifecycleHandler": frozenset(),
    "ServiceBackendPort": frozenset(),
    "VolumeProjection": frozenset(),
}

_MOST_SOURCES = 1


def missing(struct: str, data: Mapping[str, Any]) -> Iterator[Missing]:
    """The fields without which Kubernetes refuses an object."""
    for key in schema.required(struct):
        if data.get(key) is None and not _may_be_part(key, data):
            yield (), key
    for key in _DEMANDED.get(struct, ()):
        if data.get(key) is None:
            yield (), key
    # A patch leaves the spec out; one that is written and empty was meant to hold something.
    if "spec" in data and data["spec"] is None:
        field = schema.struct(struct).get("spec")
        if field is not None and schema.required(field.inner):
            yield (), "spec"
    judge = _MISSING.get(struct)
    if judge is not None:
        yield from judge(data)


def _may_be_part(key: str, data: Mapping[str, Any]) -> bool:
    # A workload without a selector whose template has no labels either is part of one.
    return key == "selector" and dig(data, "template", "metadata", "labels") is None


def _of_service(data: Mapping[str, Any]) -> Iterator[Missing]:
    ports, kind = data.get("ports"), data.get("type") or "ClusterIP"
    exempt = kind == "ExternalName" or data.get("clusterIP") == "None" or is_placeholder(kind)
    if not ports and not exempt:
        yield (), "ports"
    if kind == "ExternalName" and not data.get("externalName"):
        yield (), "externalName"
    if isinstance(ports, list) and len(ports) > 1:
        for number, port in enumerate(ports):
            if isinstance(port, Mapping) and port.get("name") is None:
                yield ("ports", number), "name"


def _of_claim(data: Mapping[str, Any]) -> Iterator[Missing]:
    if not data.get("accessModes"):
        yield (), "accessModes"
    resources = data.get("resources")
    requests = dig(resources, "requests")
    if resources is None:
        yield (), "resources"
    elif isinstance(resources, Mapping) and requests is None:
        yield ("resources",), "requests"
    elif isinstance(requests, Mapping) and requests.get("storage") is None:
        yield ("resources", "requests"), "storage"


def _of_policy_rule(data: Mapping[str, Any]) -> Iterator[Missing]:
    if not data.get("nonResourceURLs"):
        for key in ("apiGroups", "resources"):
            if not data.get(key):
                yield (), key


def _of_ingress(data: Mapping[str, Any]) -> Iterator[Missing]:
    if not data.get("rules") and data.get("defaultBackend") is None:
        yield (), "rules"


def _of_path(data: Mapping[str, Any]) -> Iterator[Missing]:
    if data.get("pathType") in ("Exact", "Prefix") and not data.get("path"):
        yield (), "path"


_MISSING: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Missing]]] = {
    **podspecs.MISSING,
    **metrics.MISSING,
    **jobs.MISSING,
    "HTTPIngressPath": _of_path,
    "IngressSpec": _of_ingress,
    "PolicyRule": _of_policy_rule,
    "ServiceSpec": _of_service,
}

OF_CLAIMS = _of_claim
"""For PersistentVolumeClaims alone: what a StatefulSet makes of a template is another matter."""


def wrong(struct: str, data: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterator[Wrong]:
    """The values and keys that do not go with what stands beside them."""
    others = _ONE_OF.get(struct)
    if others is not None:
        named = [key for key in fields if key not in others]
        given = [key for key in named if data.get(key) is not None]
        # A key that is none was meant to be one of them.
        if not given and all(key in fields for key in data):
            yield Wrong((), f"has none of {_listed(named)}")
        for key in given[1:]:
            said = f"stands beside `{given[0]}`, and only one of them can be there"
            yield Wrong((key,), said, at_key=True)
    judge = _WRONG.get(struct)
    if judge is not None:
        yield from judge(data)
    elif struct == "Volume":
        given = [key for key, value in data.items() if key in fields and value is not None]
        sources = [key for key in given if key != "name"]
        for key in sources[_MOST_SOURCES:]:
            said = f"stands beside `{sources[0]}`, and a volume has one source"
            yield Wrong((key,), said, at_key=True)


def _wrong_service(data: Mapping[str, Any]) -> Iterator[Wrong]:
    kind, name = data.get("type"), data.get("externalName")
    if kind in (None, "ClusterIP"):
        for number, port in enumerate(items_of(data.get("ports"))):
            if isinstance(port, Mapping) and port.get("nodePort"):
                said = "is for a Service of another `type`"
                yield Wrong(("ports", number, "nodePort"), said, at_key=True)
    elif kind == "ExternalName" and isinstance(name, str) and name:
        # A dot behind it says that the name is complete.
        fault = names.dns_subdomain(name.removesuffix("."), name)
        if fault:
            yield Wrong(("externalName",), fault)
    if kind == "ExternalName" and data.get("clusterIP"):
        yield Wrong(("clusterIP",), "stands beside `type: ExternalName`", at_key=True)
    if kind in ("NodePort", "LoadBalancer") and data.get("clusterIP") == "None":
        yield Wrong(("clusterIP",), f"is `None`, and a Service of type `{kind}` has an address")
    # needsExternalTrafficPolicy: an address outside makes up for the type.
    inside = kind in (None, "ClusterIP") and not data.get("externalIPs")
    if inside and data.get("externalTrafficPolicy"):
        said = "is for a Service of `type` `NodePort` or `LoadBalancer`, or with `externalIPs`"
        yield Wrong(("externalTrafficPolicy",), said, at_key=True)


def _wrong_path(data: Mapping[str, Any]) -> Iterator[Wrong]:
    path = data.get("path")
    if data.get("pathType") not in ("Exact", "Prefix") or not isinstance(path, str):
        return
    if path and path[0] not in ("/", "{", "$", "<", "_", "@"):
        yield Wrong(("path",), f"is `{path[:40]}`, and it has to begin with `/`")


def _restarted(kind: str) -> Callable[[Mapping[str, Any]], Iterator[Wrong]]:
    """What the template of a kind may not say whose pods are replaced for ever."""

    def judge(data: Mapping[str, Any]) -> Iterator[Wrong]:
        route = ("template", "spec")
        policy = dig(data, *route, "restartPolicy")
        if policy in ("Never", "OnFailure"):
            said = f"is `{policy}`, and the pods of a {kind} are always restarted"
            yield Wrong((*route, "restartPolicy"), said)
        deadline = dig(data, *route, "activeDeadlineSeconds")
        if deadline is not None and not is_placeholder(deadline):
            said = f"cannot stand in a {kind}, whose pods have no end"
            yield Wrong((*route, "activeDeadlineSeconds"), said, at_key=True)

    return judge


def _wrong_deployment(data: Mapping[str, Any]) -> Iterator[Wrong]:
    yield from _restarted("Deployment")(data)
    yield from _not_rolling(data, "strategy")


def _wrong_stateful_set(data: Mapping[str, Any]) -> Iterator[Wrong]:
    yield from _restarted("StatefulSet")(data)
    yield from _not_rolling(data, "updateStrategy")


def _not_rolling(data: Mapping[str, Any], key: str) -> Iterator[Wrong]:
    """Settings of a rolling update beside another strategy; a DaemonSet's are not looked at."""
    kind = dig(data, key, "type")
    if kind in ("Recreate", "OnDelete") and dig(data, key, "rollingUpdate") is not None:
        said = f"stands beside `type: {kind}`, which takes none"
        yield Wrong((key, "rollingUpdate"), said, at_key=True)


# What a client may send in the metadata of a question: the API server clears or fills it in before
# they have to be empty (kubernetes pkg/apis/authorization/validation/validation.go,
# ValidateSubjectAccessReview; apiserver pkg/registry/rest/meta.go, WipeObjectMetaSystemFields).
_OF_QUESTIONS = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "managedFields",
        "namespace",
        "selfLink",
        "uid",
    }
)


def _wrong_review(data: Mapping[str, Any]) -> Iterator[Wrong]:
    metadata = data.get("metadata")
    for key, value in metadata.items() if isinstance(metadata, Mapping) else ():
        if value and key not in _OF_QUESTIONS:
            said = f"cannot stand in a {data['kind']}, whose `metadata` have to be empty"
            yield Wrong(("metadata", key), said, at_key=True)


_WRONG: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Wrong]]] = {
    **podspecs.WRONG,
    **metrics.WRONG,
    **jobs.WRONG,
    "DaemonSetSpec": _restarted("DaemonSet"),
    "DeploymentSpec": _wrong_deployment,
    "HTTPIngressPath": _wrong_path,
    "LocalSubjectAccessReview": _wrong_review,
    "ReplicaSetSpec": _restarted("ReplicaSet"),
    "ReplicationControllerSpec": _restarted("ReplicationController"),
    "SelfSubjectAccessReview": _wrong_review,
    "ServiceSpec": _wrong_service,
    "StatefulSetSpec": _wrong_stateful_set,
    "SubjectAccessReview": _wrong_review,
}


def _listed(words: list[str]) -> str:
    *before, last = (f"`{word}`" for word in words)
    return f"{', '.join(before)} and {last}"
