"""Where the pods of Argo templates may run: node selectors, affinity, tolerations.

Sources: argo-workflows workflow/controller/workflowpod.go (addSchedulingConstraints: each of the
three is the template's, else from 3.6 on that of the steps or DAG which calls it, else the
workflow's; they are not added up), operator.go (mergedTemplateDefaultsInto). Labels of spot nodes:
the documentation of Karpenter, EKS, GKE and AKS.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.templates import Template, calls_of, target_of
from kguard.facts.argo.workflow import workflows_in_unit
from kguard.facts.run import Facts
from kguard.model import Resource, Route, Scope, dig
from kguard.record import record

_SPOT: Mapping[str, frozenset[str]] = {
    "karpenter.sh/capacity-type": frozenset({"spot"}),
    "eks.amazonaws.com/capacityType": frozenset({"SPOT"}),
    "cloud.google.com/gke-spot": frozenset({"true"}),
    "cloud.google.com/gke-preemptible": frozenset({"true"}),
    "kubernetes.azure.com/scalesetpriority": frozenset({"spot"}),
    "node.kubernetes.io/lifecycle": frozenset({"spot", "Ec2Spot"}),
}
_HOSTNAME = "kubernetes.io/hostname"
_BOUNDARY_SINCE = (3, 6)
_ARCH = ("kubernetes.io/arch", "beta.kubernetes.io/arch")
_TERMS = (
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
)


@record
class Wish:
    """One thing pods want of their node: a label with its values, and where that is written.

    No values stand for any. `tolerated` says that nodes of that kind are only allowed.
    """

    key: str
    values: tuple[str, ...]
    scope: Scope
    keys: Route
    tolerated: bool = False

    @property
    def spot(self) -> bool:
        """Whether it is for nodes that may be taken away at any time."""
        known = _SPOT.get(self.key)
        return known is not None and (not self.values or bool(known & set(self.values)))


def wishes(facts: Facts, template: Template, wanted: Collection[str]) -> Iterator[Wish]:
    """What the pods of a template want of their node's labels of these keys.

    By what its own object writes. Raises Expired.
    """
    facts.go_on()
    resource = template.workflow.resource
    written = facts.remember(_written_somewhere, resource)
    if template.resource is not resource:
        written = written | facts.remember(_written_somewhere, template.resource)
    read = facts.remember(_read_before, resource)
    for key in _READERS:
        for scopes in scheduled_by(facts, template, key) if key in written else ():
            # Thousands of templates may have the same: that of the steps that call them.
            place = (key, *(id(scope.data) for scope in scopes))
            if place not in read:
                read[place] = _by_label(key, scopes)
            found = [each for label in wanted for each in read[place].get(label, ())]
            yield from (wish for _, wish in sorted(found, key=itemgetter(0)))


_Read = dict[tuple[object, ...], dict[str, list[tuple[int, Wish]]]]
"""By what and where it was read: wishes by label, with their places in the order of the text."""


def _read_before(facts: Facts, resource: Resource) -> _Read:
    return {}


def _by_label(key: str, scopes: Iterable[Scope]) -> dict[str, list[tuple[int, Wish]]]:
    found: dict[str, list[tuple[int, Wish]]] = {}
    number = 0
    for scope in scopes:
        said = set(found)
        for wish in _READERS[key](scope):
            if wish.key not in said:
                found.setdefault(wish.key, []).append((number, wish))
                number += 1
        if key == "affinity" and found:
            break  # The list of terms is not joined.
    return found


def on_one_node(facts: Facts, template: Template) -> bool:
    """Whether the pods of a template are kept on one node: by its name, or near each other."""
    known = facts.remember(_kept_before, template.workflow.resource)
    found = known.get(id(template.data))
    if found is None:
        found = known[id(template.data)] = _on_one_node(facts, template)
    return found


def _kept_before(facts: Facts, resource: Resource) -> dict[int, bool]:
    return {}


def _on_one_node(facts: Facts, template: Template) -> bool:
    workflow = template.workflow
    for scope in chain.from_iterable(scheduled_by(facts, template, "affinity")):
        value = workflow.value if scope.route == workflow.route else scope.get
        if value("affinity", "podAffinity") is not None:
            return True
    return any(not each.tolerated for each in wishes(facts, template, (_HOSTNAME,)))


def scheduled_by(facts: Facts, template: Template, key: str) -> list[list[Scope]]:
    """What may write `nodeSelector`, `affinity` or `tolerations` of the pods of a template.

    One list for each way to it; what comes first in a list goes over what follows.
    """
    workflow = template.workflow
    defaults = Scope(
        workflow.resource, workflow.at("templateDefaults"), workflow.get("templateDefaults") or {}
    )
    own = [scope for scope in (template, defaults) if _written(scope, key)]
    if own:
        return [own]
    version = argo_version(facts, template.resource)
    callers: list[Template] = []
    if version is None or version >= _BOUNDARY_SINCE:
        found = facts.remember(_callers, template.resource).get(id(template.data), {})
        callers = list(found.values())
    around: list[list[Scope]] = [[each] for each in callers if _written(each, key)]
    whole = Scope(workflow.resource, workflow.route, workflow.data)
    first = template.name != "" and template.name == workflow.value("entrypoint")
    return around if around and len(around) == len(callers) and not first else [*around, [whole]]


def _written_somewhere(facts: Facts, resource: Resource) -> frozenset[str]:
    """Which of the three an object has anywhere: most have none."""
    workflow = facts.argo_workflow(resource)
    if workflow is None:
        return frozenset()
    places = [workflow.data, workflow.get("templateDefaults")]
    places += [template.data for template in facts.argo_templates(resource)]
    return frozenset(key for key in _READERS if any(dig(place, key) for place in places))


def _written(scope: Scope, key: str) -> bool:
    return bool(isinstance(scope.data, Mapping) and scope.get(key))


def _callers(facts: Facts, resource: Resource) -> dict[int, dict[int, Template]]:
    """The templates of an object that call a template, both by the ids of what is written."""
    found: dict[int, dict[int, Template]] = {}
    for caller in facts.argo_templates(resource):
        for call in calls_of(facts, caller):
            target = target_of(facts, call).template
            if target is not None:
                found.setdefault(id(target.data), {})[id(caller.data)] = caller
    return found


def spot(facts: Facts, template: Template, more: frozenset[str] = frozenset()) -> Wish | None:
    """The first wish for nodes that may be taken away; `more` are further keys for such nodes."""
    found = wishes(facts, template, _SPOT.keys() | more)
    found = (each for each in found if each.spot or each.key in more)
    return next(found, None)


def spot_template(facts: Facts, near: Resource) -> Template | None:
    """The first template in the unit of `near` whose pods may run on such nodes."""
    for workflow in workflows_in_unit(facts, near):
        for template in facts.argo_templates(workflow.resource):
            if template.runs_pod and spot(facts, template) is not None:
                return template
    return None


def architectures(facts: Facts, template: Template) -> tuple[frozenset[str], Wish | None]:
    """The processors that the pods of a template ask for, and where; none where they do not."""
    for each in wishes(facts, template, _ARCH):
        if each.values and not each.tolerated:
            return frozenset(each.values), each
    return frozenset(), None


def selected_architecture(pod_spec: Any) -> str | None:
    """The processor that the node selector of any pod asks for."""
    found = [dig(pod_spec, "nodeSelector", key) for key in _ARCH]
    return next((each for each in found if isinstance(each, str)), None)


def _selector(scope: Scope) -> Iterator[Wish]:
    selector = scope.get("nodeSelector")
    for key, value in selector.items() if isinstance(selector, Mapping) else ():
        if isinstance(key, str) and isinstance(value, str):
            yield Wish(key, (value,), scope, ("nodeSelector", key))


def _affinity(scope: Scope) -> Iterator[Wish]:
    terms = scope.get("affinity", *_TERMS)
    for number, term in enumerate(terms if isinstance(terms, list) else ()):
        found = dig(term, "matchExpressions")
        for place, each in enumerate(found if isinstance(found, list) else ()):
            key, values = dig(each, "key"), dig(each, "values")
            if isinstance(key, str) and dig(each, "operator") == "In" and isinstance(values, list):
                texts = tuple(value for value in values if isinstance(value, str))
                route = ("affinity", *_TERMS, number, "matchExpressions", place)
                if texts:
                    yield Wish(key, texts, scope, route)


def _tolerations(scope: Scope) -> Iterator[Wish]:
    found = scope.get("tolerations")
    for number, each in enumerate(found if isinstance(found, list) else ()):
        key, value = dig(each, "key"), dig(each, "value")
        if isinstance(key, str):
            values = (value,) if isinstance(value, str) and value else ()
            yield Wish(key, values, scope, ("tolerations", number), tolerated=True)


_READERS = {"nodeSelector": _selector, "affinity": _affinity, "tolerations": _tolerations}
