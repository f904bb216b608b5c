"""Every place of an object where Kubernetes reads a quantity, and slips in writing one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from kguard.facts.pods import Container, Pod
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.kube.recognise import HELM_VALUES
from kguard.model import Key, Resource, Route, Scope, dig
from kguard.record import record


@record(eq=False)
class QuantityField(Scope):
    """One field that holds a quantity: `text` as written.

    `data` is the mapping the field stands in and `key` its key there. Messages
    name it by `name` and the container that is its `owner`, if one is.
    """

    key: str
    text: Any
    name: str
    owner: Container | None = None

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"{self.name} of {self.owner.called}" if self.owner else self.name

    @property
    def unknown(self) -> bool:
        """Whether the text is a placeholder that something fills in before Kubernetes reads it."""
        return is_placeholder(self.text)


# Whole values that scripts replace, perhaps with a unit behind: `__NAME__` as in the add-ons of
# kubernetes, `<NAME>` and `@NAME@`. Within a longer text they may mean something else.
_REPLACED = re.compile(r"(?:__[A-Z][A-Z0-9_]*__|<[A-Za-z][^<>]*>|@[A-Z][A-Z0-9_]*@)[A-Za-z]{0,2}")
_REPLACED_BEGIN = "_<@"


def is_placeholder(value: Any) -> bool:
    """Whether a value is filled in later.

    That is `{{...}}` of Argo and Helm, `${...}` of envsubst, and what sed replaces: a value that is
    `__NAME__`, `<NAME>` or `@NAME@` as a whole.
    """
    if not isinstance(value, str):
        return False
    if "{{" in value or "${" in value:
        return True
    return value[:1] in _REPLACED_BEGIN and _REPLACED.fullmatch(value) is not None


def literal(value: Any) -> str | None:
    """A text that is there and stands for itself; None for anything else."""
    return value if isinstance(value, str) and value and not is_placeholder(value) else None


def few_bytes(value: Fraction) -> str:
    """An amount of memory that no program starts in, as messages say it."""
    if value == 1:
        return "1 byte"
    return f"{value.numerator:,} bytes" if value.denominator == 1 else f"{float(value):g} bytes"


def suffix_meant(text: object, section: str = "limits") -> str:
    """Why the text of such an amount, in the limits or requests, says less than was meant."""
    written = str(text)
    if written.endswith("m"):
        return f"`m` means a thousandth of a byte here; did you mean `{written[:-1]}Mi`?"
    if written.isdigit():
        return f"a number without a suffix counts bytes; did you mean `{written}Mi`?"
    if section == "requests":
        return "the scheduler plans with that; check the suffix"
    return "no program starts in that; check the suffix"


def quantities(facts: Facts, resource: Resource) -> Iterator[QuantityField]:
    """The quantity fields of an object."""
    pod = facts.pod(resource)
    if pod is not None:
        yield from _of_pod(pod)
        yield from _of_claim_templates(resource)
        return
    for template_pod in facts.argo_pods(resource):
        yield from _of_pod(template_pod)
    group_kind = (resource.group, resource.kind)
    if group_kind == ("", "LimitRange"):
        for number, item in enumerate(_items(resource.data, "spec", "limits")):
            for key in ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio"):
                yield from _fields(resource, ("spec", "limits", number, key), item.get(key), key)
    elif group_kind == ("", "ResourceQuota"):
        hard = dig(resource.data, "spec", "hard")
        yield from _fields(resource, ("spec", "hard"), hard, "hard limit")
    elif group_kind == ("", "PersistentVolumeClaim"):
        yield from _of_claim(resource, (), resource.data)
    elif group_kind == ("", "PersistentVolume"):
        capacity = dig(resource.data, "spec", "capacity")
        yield from _fields(resource, ("spec", "capacity"), capacity, "capacity")
    elif group_kind == ("autoscaling", "HorizontalPodAutoscaler"):
        yield from _of_autoscaler(resource)
    elif group_kind == ("autoscaling.k8s.io", "VerticalPodAutoscaler"):
        policies = _items(resource.data, "spec", "resourcePolicy", "containerPolicies")
        for number, item in enumerate(policies):
            for key in ("minAllowed", "maxAllowed"):
                route = ("spec", "resourcePolicy", "containerPolicies", number, key)
                yield from _fields(resource, route, item.get(key), key)
    elif resource.kind in ("ConfigMap", HELM_VALUES):
        yield from _of_controller(facts, resource)
    yield from _of_claim_templates(resource)


# Where Argo's controller is told what its own containers, and those of workflows, ask for.
_CONFIGURED = (
    ("executor",),
    ("mainContainer",),
    ("workflowDefaults", "spec", "templateDefaults", "container"),
    ("workflowDefaults", "spec", "templateDefaults", "script"),
)


def _of_controller(facts: Facts, resource: Resource) -> Iterator[QuantityField]:
    config = facts.controller_config(resource)
    if config is None:
        return
    for keys in _CONFIGURED:
        for section in ("requests", "limits"):
            amounts = config.get(*keys, "resources", section)
            for name, text in amounts.items() if isinstance(amounts, dict) else ():
                if text is not None:
                    *route, key = config.at(*keys, "resources", section, name)
                    called = f"{name} {section[:-1]} of `{'.'.join(keys)}`"
                    yield QuantityField(resource, tuple(route), amounts, str(key), text, called)


def _of_pod(pod: Pod) -> Iterator[QuantityField]:
    for container in pod.containers:
        for section in ("requests", "limits"):
            data = container.get("resources", section)
            if data is None:
                continue
            usual = (*container.route, "resources", section)
            for key, text in data.items() if isinstance(data, dict) else ():
                if text is not None:
                    moved = container.moved and container.at("resources", section, key)[:-1]
                    name = f"{key} {section[:-1]}"
                    yield QuantityField(
                        pod.resource, moved or usual, data, key, text, name, container
                    )
    for section in ("requests", "limits") if pod.get("resources") is not None else ():
        route = (*pod.route, "resources", section)
        yield from _fields(
            pod.resource, route, pod.get("resources", section), f"pod {section.rstrip('s')}"
        )
    for number, volume in enumerate(_items(pod.data, "volumes")):
        text = dig(volume, "emptyDir", "sizeLimit")
        if text is not None:
            route = (*pod.route, "volumes", number, "emptyDir")
            data = volume["emptyDir"]
            name = f"`sizeLimit` of volume `{volume.get('name', '')}`"
            yield QuantityField(pod.resource, route, data, "sizeLimit", text, name)
        claim = dig(volume, "ephemeral", "volumeClaimTemplate")
        route = (*pod.route, "volumes", number, "ephemeral", "volumeClaimTemplate")
        yield from _of_claim(pod.resource, route, claim)


def _of_claim_templates(resource: Resource) -> Iterator[QuantityField]:
    stateful = (resource.group, resource.kind) == ("apps", "StatefulSet")
    route: Route | None = ("spec",) if stateful else argo.spec_route(resource)
    if route is not None:
        for number, claim in enumerate(_items(resource.data, *route, "volumeClaimTemplates")):
            yield from _of_claim(resource, (*route, "volumeClaimTemplates", number), claim)


def _of_claim(resource: Resource, route: Route, claim: Any) -> Iterator[QuantityField]:
    for section in ("requests", "limits"):
        keys = ("spec", "resources", section)
        called = f"volume claim {section.rstrip('s')}"
        yield from _fields(resource, (*route, *keys), dig(claim, *keys), called)


def _of_autoscaler(resource: Resource) -> Iterator[QuantityField]:
    for number, metric in enumerate(_items(resource.data, "spec", "metrics")):
        for source in ("resource", "containerResource", "pods", "object", "external"):
            target = dig(metric, source, "target")
            for key in ("averageValue", "value"):
                text = dig(target, key)
                if text is not None:
                    route = ("spec", "metrics", number, source, "target")
                    called = f"`{key}` of the {source} metric"
                    yield QuantityField(resource, route, target, key, text, called)


def _fields(resource: Resource, route: Route, data: Any, called: str) -> Iterator[QuantityField]:
    if isinstance(data, dict):
        for key, text in data.items():
            if text is not None:
                yield QuantityField(resource, route, data, key, text, f"{key} {called}")


def _items(data: Any, *keys: Key) -> Sequence[Mapping[str, Any]]:
    items = dig(data, *keys)
    if not isinstance(items, list):
        return ()
    return [item if isinstance(item, dict) else {} for item in items]
