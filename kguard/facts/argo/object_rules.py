"""For what an Argo object is refused that no specification of it tells: names, labels, no mapping.

Sources: apimachinery pkg/api/validation/objectmeta.go (ValidateObjectMeta, which holds for custom
resources too), apiextensions-apiserver pkg/registry/customresource/strategy.go, and argo-workflows
workflow/validate/validate.go (ValidateWorkflow, ValidateCronWorkflow: how long names may be).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.shape import kind_of
from kguard.facts.argo.wrong import Wrong
from kguard.facts.quantities import literal
from kguard.facts.run import Facts
from kguard.facts.schema import names
from kguard.facts.schema.values import is_filled_in
from kguard.kube.argo import SPECS
from kguard.model import Resource, Route, Scope, dig, named_route

_MOST_CHARACTERS = {"CronWorkflow": 52}
_NAME_CHARACTERS = 63
_REFUSED = "the API server refuses it"
_NO_POD = "the API server refuses the pod"


def of_object(facts: Facts, resource: Resource) -> Iterator[Wrong]:
    """What is wrong with an object around its specification, or where that is none."""
    whole = Scope(resource, (), resource.data)
    yield from _names(whole)
    for place in _labelled(facts, resource):
        yield from _labels(whole, place)
    for length in range(1, len(SPECS[resource.kind]) + 1):
        keys = SPECS[resource.kind][:length]
        value = dig(resource.data, *keys)
        if value is None or is_filled_in(value):
            return
        if not isinstance(value, Mapping):
            text = f"`{named_route({}, keys)}` is {kind_of(value)}"
            yield Wrong(whole, keys, text, "Argo reads a mapping there")
            return


def _names(whole: Scope) -> Iterator[Wrong]:
    name, start = literal(whole.resource.name), literal(whole.get("metadata", "generateName"))
    if name and not is_filled_in(name) and (fault := _fault(whole, name)):
        yield Wrong(whole, ("metadata", "name"), f"the name {fault}")
    if start and not is_filled_in(start):
        fault = names.of_generated(start, lambda name, shown: _fault(whole, name, shown))
        if fault:
            keys = ("metadata", "generateName")
            yield Wrong(whole, keys, f"a name made of `generateName` {fault}")


def _fault(whole: Scope, name: str, shown: str = "") -> str | None:
    kind = whole.resource.kind
    most = _MOST_CHARACTERS.get(kind, _NAME_CHARACTERS)
    if len(name) > most:
        return f"has {len(name)} characters: a {kind}'s has {most} at most"
    return names.dns_subdomain(name, shown)


def _labelled(facts: Facts, resource: Resource) -> Iterator[Route]:
    """Where labels and annotations are written: of the object, of what it starts, of pods."""
    route = SPECS[resource.kind]
    yield ("metadata",)
    yield (*route, "workflowMetadata")
    yield (*route, "podMetadata")
    for template in facts.argo_templates(resource):
        yield (*template.route, "metadata")


# A fault of a key is told of the mapping, one of a value of its label.
_JUDGES = (
    ("labels", names.label_keys),
    ("labels", names.label_values),
    ("annotations", names.annotation_keys),
)


def _labels(whole: Scope, place: Route) -> Iterator[Wrong]:
    metadata = dig(whole.data, *place)
    if not isinstance(metadata, Mapping):
        return
    help = _REFUSED if place == ("metadata",) else f"{_NO_POD} or the workflow"
    for field, judge in _JUDGES:
        written: Any = metadata.get(field)
        value = judge is names.label_values
        for keys, fault in judge(written):
            if not is_filled_in(dig(written, *keys) if value else keys[-1]):
                called = f"the label `{keys[-1]}`" if value else f"`{field}`"
                route = (*place, field, *keys)
                yield Wrong(whole, route, f"{called} {fault}", help, at_key=not value)
