"""Versions of Kubernetes' APIs: what is gone, what is to go, and what never was.

Custom resources are never judged: only groups that Kubernetes itself serves or served, and groups
without a dot, which no custom resource can have (apiextensions ValidateCustomResourceDefinition).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from kguard.facts.schema import structure
from kguard.index import Index
from kguard.kube import schema
from kguard.kube.schema import Lifecycle
from kguard.model import Resource, Scope
from kguard.record import record, replace
from kguard.words import closest

if TYPE_CHECKING:
    from kguard.facts.run import Facts


class Standing(Enum):
    """What an apiVersion is in a release."""

    REMOVED = "removed"
    DEPRECATED = "deprecated"
    TOO_NEW = "too new"
    UNKNOWN = "unknown"


# Kinds of which the fields in use are the same under the replacement, as the deprecation guide says
# (https://kubernetes.io/docs/reference/using-api/deprecation-guide/).
_SAME_SHAPE = frozenset(
    {
        "autoscaling/v2beta2 HorizontalPodAutoscaler",
        "batch/v1beta1 CronJob",
        "coordination.k8s.io/v1beta1 Lease",
        "node.k8s.io/v1beta1 RuntimeClass",
        "rbac.authorization.k8s.io/v1beta1 ClusterRole",
        "rbac.authorization.k8s.io/v1beta1 ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1beta1 Role",
        "rbac.authorization.k8s.io/v1beta1 RoleBinding",
        "scheduling.k8s.io/v1beta1 PriorityClass",
        "storage.k8s.io/v1beta1 CSIDriver",
        "storage.k8s.io/v1beta1 CSIStorageCapacity",
        "storage.k8s.io/v1beta1 StorageClass",
        "storage.k8s.io/v1beta1 VolumeAttachment",
    }
)

# What API servers send to webhooks: no release serves it, and 1.37 still speaks the versions that
# 1.22 was to remove (apiserver pkg/admission/plugin/webhook/request/admissionreview.go,
# apiextensions-apiserver pkg/apiserver/conversion/webhook_converter.go).
_SENT = {
    "admission.k8s.io/v1beta1 AdmissionReview": "admission.k8s.io/v1 AdmissionReview",
    "apiextensions.k8s.io/v1beta1 ConversionReview": "apiextensions.k8s.io/v1 ConversionReview",
}

# How alike two kinds have to be: DeploymentConfig is no misspelt Deployment.
_ALIKE = 0.85


@record(eq=False)
class ApiVersion(Scope):
    """The apiVersion and kind of an object that something is wrong with.

    `minor` is the release that removed it (REMOVED; 0 where nobody said), that will (DEPRECATED; 0
    likewise) or that brought it (TOO_NEW). `replacement` is what to write, as `apps/v1 Deployment`;
    empty for nothing. `same_shape` says that the fields of the two versions are the same. `there`
    is what is wrong with the shape of the object under the other, and not told of it as it is.
    """

    standing: Standing
    minor: int = 0
    deprecated: int = 0
    replacement: str = ""
    same_shape: bool = False
    there: tuple[Scope, ...] = ()


def api_version(facts: Facts, resource: Resource) -> ApiVersion | None:
    """What is wrong with the apiVersion of an object, None for nothing or nothing known."""
    kind = resource.kind
    if "apiVersion" not in resource.data or not resource.version or kind.endswith("List"):
        return None
    scope = (resource, (), resource.data)
    name = schema.said(resource.api_version, kind)
    minor = facts.assume.kube[1]
    gone, known = schema.lifecycle(name), schema.kind(name)
    if gone is not None and name in _SENT:
        gone = Lifecycle(gone.introduced, gone.deprecated, 0, _SENT[name])
    if gone is not None and gone.deprecated <= minor:
        return _going(facts, resource, name, gone)
    if known is not None:
        if known.span.until < minor:
            instead = _replacement(resource.group, kind, minor)
            return ApiVersion(*scope, Standing.REMOVED, known.span.until + 1, replacement=instead)
        if known.span.since > minor:
            instead = _replacement(resource.group, kind, minor)
            return ApiVersion(*scope, Standing.TOO_NEW, known.span.since, replacement=instead)
        return None
    # A release that the table does not know may have more.
    if gone is not None or minor > schema.releases()[1]:
        return None
    meant = _meant(resource, minor)
    return ApiVersion(*scope, Standing.UNKNOWN, replacement=meant) if meant else None


def _going(facts: Facts, resource: Resource, name: str, gone: Lifecycle) -> ApiVersion:
    instead, minor = gone.replacement, facts.assume.kube[1]
    target = schema.kind(instead) if instead else None
    if target is not None and not target.span.holds(minor):
        instead = _replacement(resource.group, resource.kind, minor)
    standing = Standing.REMOVED if 0 < gone.removed <= minor else Standing.DEPRECATED
    return ApiVersion(
        resource,
        (),
        resource.data,
        standing,
        gone.removed,
        gone.deprecated,
        instead,
        bool(instead) and (name in _SAME_SHAPE or _same_struct(name, instead)),
        _only_there(facts, resource, instead),
    )


def _only_there(facts: Facts, resource: Resource, instead: str) -> tuple[Scope, ...]:
    """What is wrong with an object under the version that replaces its own, and not under that."""
    from kguard.facts.run import Facts

    version, _, kind = instead.partition(" ")
    if kind != resource.kind:
        return ()
    group, _, name = version.rpartition("/")
    data = {**resource.data, "apiVersion": version}
    moved = replace(resource, data=data, group=group, version=name)
    here = {_place(each) for each in facts.remember(structure.faults, resource)}
    # Facts of its own: what is remembered goes by the identity of an object, and this one goes.
    there = structure.faults(Facts(Index([moved]), facts.assume), moved)
    return tuple(each for each in there if _place(each) not in here)


def _place(fault: Scope) -> tuple[object, ...]:
    """What kind of fault it is, and where."""
    where = (getattr(fault, "keys", ()), getattr(fault, "key", ""))
    return type(fault), fault.route, *where


def _same_struct(name: str, instead: str) -> bool:
    """Whether a version and its replacement hold the same; what an alpha meant may differ."""
    old, new = schema.kind(name), schema.kind(instead)
    return "alpha" not in name and old is not None and new is not None and old.struct == new.struct


def _replacement(group: str, kind: str, minor: int) -> str:
    """The stablest version of a kind in its group that a release has, and does not deprecate."""
    for version in schema.versions_of(group, kind):
        name = schema.said(version, kind)
        found, announced = schema.kind(name), schema.lifecycle(name)
        lasts = announced is None or announced.deprecated > minor
        if found is not None and found.span.holds(minor) and lasts:
            return name
    return ""


def _meant(resource: Resource, minor: int) -> str:
    """What an apiVersion and kind that no release has was meant to be; empty for unlike any."""
    group, kind = resource.group, resource.kind
    own = group in schema.known_groups()
    if not own and "." in group:
        return ""
    if own and (found := _replacement(group, kind, minor)):
        return found
    groups = schema.groups_of(kind)
    # `Event` and `Scale` are in two groups.
    if len(groups) == 1:
        return _replacement(groups[0], kind, minor)
    if not own:
        return ""
    kinds = schema.kinds_in(group)
    near = closest(kind, kinds, cutoff=_ALIKE)
    return _replacement(group, near[0], minor) if near else ""
