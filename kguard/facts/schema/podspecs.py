"""What Kubernetes wants of the fields of a pod's spec together.

Source: kubernetes pkg/apis/core/validation/validation.go, the functions that are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kguard.facts.quantities import is_placeholder
from kguard.facts.schema.together import Missing, Wrong
from kguard.model import Route, dig


def claims_of(data: Mapping[str, Any]) -> list[str | None]:
    """The names of what a StatefulSet claims for each pod; None among them for one not known."""
    templates = dig(data, "spec", "volumeClaimTemplates")
    return [_name(dig(each, "metadata")) for each in items_of(templates)]


def mounts_without_volume(
    pod: Mapping[str, Any], claims: Iterable[str | None]
) -> Iterator[tuple[Route, str]]:
    """The mounts in a pod's spec whose volume it does not have: the keys, and the volume's name.

    `claims` are those of the StatefulSet around it. Source: ValidateVolumeMounts.
    """
    volumes = {*claims, *(_name(each) for each in items_of(pod.get("volumes")))}
    if None in volumes:
        return
    for listed in ("initContainers", "containers"):
        for number, container in enumerate(items_of(pod.get(listed))):
            for mount, item in enumerate(items_of(dig(container, "volumeMounts"))):
                name = _name(item)
                if name is not None and name not in volumes:
                    yield (listed, number, "volumeMounts", mount, "name"), name


def items_of(value: Any) -> list[Any]:
    """The items of a list; none of what is no list."""
    return value if isinstance(value, list) else []


def _name(item: Any) -> str | None:
    """The name of an item; None where it has none that can be known."""
    name = item.get("name") if isinstance(item, Mapping) else None
    return name if isinstance(name, str) and not is_placeholder(name) else None


def _of_pod(data: Mapping[str, Any]) -> Iterator[Missing]:
    if data.get("containers") == []:
        yield (), "containers"
    if data.get("dnsPolicy") == "None":  # validatePodDNSConfig
        config = data.get("dnsConfig")
        if config is None:
            yield (), "dnsConfig"
        elif isinstance(config, Mapping) and not config.get("nameservers"):
            yield ("dnsConfig",), "nameservers"


def _wrong_pod(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """Names that come twice (validateInitContainers), ports on the node (validateHostNetwork)."""
    containers = items_of(data.get("containers"))
    names = {_name(container) for container in containers} - {None}
    for number, container in enumerate(items_of(data.get("initContainers"))):
        if names and (name := _name(container)) in names:
            said = f"is `{name}`, and one of `containers` has that name"
            yield Wrong(("initContainers", number, "name"), said)
    if data.get("hostNetwork") is not True:
        return
    for number, container in enumerate(containers):
        for place, port in enumerate(items_of(dig(container, "ports"))):
            on_node, inside = dig(port, "hostPort"), dig(port, "containerPort")
            if type(on_node) is type(inside) is int and on_node not in (0, inside):
                keys = ("containers", number, "ports", place, "hostPort")
                yield Wrong(keys, f"is {on_node}, and with `hostNetwork` it has to be {inside}")


def _wrong_variable(data: Mapping[str, Any]) -> Iterator[Wrong]:
    # validateEnvVarValueFrom; an empty value may stand there.
    value = data.get("value")
    if value and data.get("valueFrom") and not is_placeholder(value):
        said = "stands beside `value`, and only one of them can be there"
        yield Wrong(("valueFrom",), said, at_key=True)


def _wrong_privileges(data: Mapping[str, Any]) -> Iterator[Wrong]:
    # ValidateSecurityContext
    if data.get("privileged") is True and data.get("allowPrivilegeEscalation") is False:
        said = "is false beside `privileged: true`, which allows it"
        yield Wrong(("allowPrivilegeEscalation",), said)


def _wrong_toleration(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """ValidateTolerations."""
    operator, effect = data.get("operator"), data.get("effect")
    if not data.get("key") and operator in (None, "", "Equal"):
        yield Wrong((), "has no `key`, and only with `operator: Exists` that is allowed")
    if operator == "Exists" and data.get("value"):
        yield Wrong(("value",), "stands beside `operator: Exists`, which takes none", at_key=True)
    known = not is_placeholder(effect)
    if data.get("tolerationSeconds") is not None and known and effect != "NoExecute":
        yield Wrong(("tolerationSeconds",), "is for `effect: NoExecute` alone", at_key=True)


def _wrong_spread(data: Mapping[str, Any]) -> Iterator[Wrong]:
    # validateMinDomains
    if data.get("minDomains") is not None and data.get("whenUnsatisfiable") == "ScheduleAnyway":
        said = "is for `whenUnsatisfiable: DoNotSchedule` alone"
        yield Wrong(("minDomains",), said, at_key=True)


def _missing_values(data: Mapping[str, Any]) -> Iterator[Missing]:
    """The values that a requirement of labels needs (ValidateNodeSelectorRequirement)."""
    if data.get("operator") in ("In", "NotIn", "Gt", "Lt") and not data.get("values"):
        yield (), "values"


def _wrong_values(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """The values that a requirement of labels does not take."""
    operator, values = data.get("operator"), data.get("values")
    if operator in ("Exists", "DoesNotExist") and values:
        yield Wrong(("values",), f"stands beside `{operator}`, which takes none", at_key=True)
    elif operator in ("Gt", "Lt") and len(items_of(values)) > 1:
        yield Wrong(("values",), f"has {len(items_of(values))} items, and `{operator}` takes one")


MISSING: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Missing]]] = {
    "LabelSelectorRequirement": _missing_values,
    "NodeSelectorRequirement": _missing_values,
    "PodSpec": _of_pod,
}

WRONG: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Wrong]]] = {
    "EnvVar": _wrong_variable,
    "LabelSelectorRequirement": _wrong_values,
    "NodeSelectorRequirement": _wrong_values,
    "PodSpec": _wrong_pod,
    "SecurityContext": _wrong_privileges,
    "Toleration": _wrong_toleration,
    "TopologySpreadConstraint": _wrong_spread,
}
