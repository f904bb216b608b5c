"""What is wrong with a `podSpecPatch`, as Argo and the API server read it.

Sources: argo-workflows workflow/util/util.go (ConvertYAMLToJSON: what begins with `{` has to be
JSON; ApplyPodSpecPatch: read into a PodSpec, which passes over unknown keys), apimachinery
pkg/util/strategicpatch/patch.go ("does not contain declared merge key").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.patches import PodPatch, patch_text
from kguard.facts.argo.templates import Found, Template, calls_of, target_of
from kguard.facts.run import Facts
from kguard.facts.schema import values
from kguard.kube import argo, schema
from kguard.kube.schema import Field
from kguard.model import Route, dig
from kguard.record import record

_KEYED = ("containers", "initContainers", "volumes")
_ARGO = {"containers": {"main", "wait", "supervisor"}, "initContainers": {"init"}}
_PLUGINS = ("artifact-plugin-", "init-artifact-")


@record
class PatchFault:
    """What is wrong and where in the patch; `ignored` says that it only has no effect."""

    keys: Route
    message: str
    help: str = ""
    ignored: bool = False


def patch_faults(facts: Facts, patch: PodPatch) -> Iterator[PatchFault]:
    """The faults of a patch. One with placeholders is only known once they are filled in."""
    if "{{" in patch.text:
        return
    unread = _unread(facts, patch)
    if unread is not None:
        yield unread
        return
    yield from _shape("PodSpec", patch.spec, ())
    for key in _KEYED:
        for number, item in enumerate(patch.items(key)):
            if isinstance(item, Mapping) and not item.get("name") and "$patch" not in item:
                text = f"an entry of `{key}` has no `name`, by which it is merged"
                yield PatchFault((key, number), text)
    yield from _strangers(facts, patch)


def _unread(facts: Facts, patch: PodPatch) -> PatchFault | None:
    text = patch.text.strip()
    if text.startswith("{"):
        try:
            json.loads(text)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "nested too deeply")
            help = "what begins with `{` is read as JSON, not as YAML"
            return PatchFault((), f"`podSpecPatch` is no JSON: {str(reason).lower()}", help)
    else:
        wrong = patch_text(facts, patch.text).error
        if wrong is not None:
            return PatchFault((), f"`podSpecPatch` is no YAML: {wrong}")
    if not isinstance(patch.spec, Mapping):
        return PatchFault((), "`podSpecPatch` holds no mapping")
    return None


def _shape(struct: str, data: Mapping[str, Any], route: Route) -> Iterator[PatchFault]:
    fields = schema.struct(struct)
    for key, value in data.items():
        field, where = fields.get(key), (*route, key)
        if value is None or key.startswith("$"):
            continue
        if field is None:
            help = "a key that no field has is passed over"
            name = f"`{key}` is no field of {_called(struct)}"
            yield PatchFault(where, name, help, ignored=True)
        else:
            yield from _value(field, field.around, value, where)


def _value(field: Field, around: str, value: Any, route: Route) -> Iterator[PatchFault]:
    wrong: tuple[str, str] | None = None
    if around[:2] == "[]" and isinstance(value, list):
        for number, item in enumerate(value):
            if item is not None:
                yield from _value(field, around[2:], item, (*route, number))
    elif around[:2] == "{}" and isinstance(value, Mapping):
        for key, item in value.items():
            if item is not None:
                yield from _value(field, around[2:], item, (*route, key))
    elif around:
        wrong = values.no_list(value) if around[:2] == "[]" else values.no_mapping(value)
    elif field.inner == schema.STRING and isinstance(value, (bool, int, float)):
        wrong = (f"is `{str(value).lower()}`, and a string belongs there", "write quotes around it")
    elif field.inner == schema.QUANTITY:
        return  # Those of containers are judged as quantities of the pod.
    elif field.inner in schema.SCALARS or field.inner == schema.INT_OR_STRING:
        wrong = values.scalar_fault(field, value, schema.releases()[1])
    elif field.inner != schema.ANYTHING and isinstance(value, Mapping):
        yield from _shape(field.inner, value, route)
    elif field.inner != schema.ANYTHING:
        wrong = values.no_mapping(value)
    if wrong is not None:
        key = next(str(each) for each in reversed(route) if isinstance(each, str))
        yield PatchFault(route, f"`{key}` {wrong[0]}")


def _called(struct: str) -> str:
    return {"PodSpec": "a pod's `spec`", "Container": "a container"}.get(struct, f"`{struct}`")


def _strangers(facts: Facts, patch: PodPatch) -> Iterator[PatchFault]:
    """Containers that the pod does not have and that the patch does not describe whole."""
    templates = _patched(facts, patch)
    if templates is None:
        return
    for key, own in _ARGO.items():
        known = own | {name for each in templates for name in _names(each, key)}
        for number, item in enumerate(patch.items(key)):
            name = dig(item, "name")
            if not isinstance(name, str) or not name or name in known or "$patch" in item:
                continue
            if name.startswith(_PLUGINS) or dig(item, "image") is not None:
                continue
            text = f"no container of the pod is called `{name}`"
            help = "the patch adds one without an image, which the API server refuses"
            yield PatchFault((key, number, "name"), text, help)


def _patched(facts: Facts, patch: PodPatch) -> list[Template] | None:
    """The templates whose pods get a patch; None where some of them are elsewhere."""
    if patch.template is not None:
        return [patch.template]
    workflow = facts.argo_workflow(patch.resource)
    if workflow is None or workflow.library or not workflow.complete or not workflow.defaults_known:
        return None
    found = facts.argo_templates(patch.resource)
    if workflow.template is not None:
        found = found + facts.argo_templates(workflow.template.resource)
    for template in found:
        for call in calls_of(facts, template):
            target = target_of(facts, call)
            if target.found in (Found.OUTSIDE, Found.UNKNOWN):
                return None
            if target.template is not None and target.template.resource is not patch.resource:
                return None
    return found


def _names(template: Template, key: str) -> Iterator[str]:
    role = "init" if key == "initContainers" else ""
    for _, each, container in argo.containers(template.data):
        name = container.get("name")
        if isinstance(name, str) and (each == "init") == (role == "init"):
            yield name
