"""The effective specification of an Argo workflow, and where each part of it comes from.

Sources: argo-workflows workflow/util/merge.go (JoinWorkflowSpec: Workflow over WorkflowTemplate
over the controller's workflowDefaults, a strategic merge) and workflow/controller/operator.go
(setExecWorkflow, setStoredWfSpec).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import partial
from typing import Any

from kguard.facts.argo.config import ControllerConfig, find_controller_config
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Key, Resource, Route, Scope, dig
from kguard.record import field, record


class Reference(Enum):
    """What became of a `workflowTemplateRef`."""

    NONE = "none is written"
    FOUND = "the template is in the unit"
    UNSEEN = "the template is not in the unit"
    UNKNOWN = "a placeholder, or several templates of that name"


@record
class Layer:
    """One specification of those that are merged; the text at `route` of `resource`."""

    resource: Resource
    route: Route
    data: Mapping[str, Any]
    config: ControllerConfig | None = None
    """The configuration, where the layer is its `workflowDefaults`."""

    def at(self, *keys: Key) -> Route:
        """The route to a value of this layer."""
        if self.config is not None:
            return self.config.defaults_route("spec", *keys)
        return (*self.route, *keys)


@record
class Setting:
    """A value in force and where it is written."""

    value: Any
    resource: Resource
    route: Route

    @property
    def unknown(self) -> bool:
        """Whether something fills the value in later."""
        return is_placeholder(self.value)


@record(eq=False)
class Workflow(Scope):
    """An Argo object with a workflow specification. `data` is what it writes itself.

    `layers` are the specifications in force, the strongest first: its own, the referenced
    template's, the controller's defaults. `config` is None where no configuration was seen;
    `defaults_known` says whether values of unseen ones are ruled out.
    """

    layers: tuple[Layer, ...]
    reference: Reference
    template: Workflow | None
    config: ControllerConfig | None
    defaults_known: bool

    has_template_defaults: bool = field(init=False)
    """Whether some layer has `templateDefaults`."""

    def __post_init__(self) -> None:
        found = any(layer.data.get("templateDefaults") is not None for layer in self.layers)
        object.__setattr__(self, "has_template_defaults", found)

    @property
    def library(self) -> bool:
        """Whether others only borrow its templates: a template without an entrypoint."""
        kinds = ("WorkflowTemplate", "ClusterWorkflowTemplate")
        return self.resource.kind in kinds and self.value("entrypoint") is None

    @property
    def complete(self) -> bool:
        """Whether every specification but the controller's was seen."""
        return self.reference in (Reference.NONE, Reference.FOUND)

    @property
    def answers(self) -> bool:
        """Whether faults of omission belong here, not at the template it runs."""
        judged = self.template is not None and not (
            self.template.library or self.template.resource.context
        )
        return not self.library and not judged

    @property
    def retention(self) -> bool:
        """Whether the controller keeps only so many finished workflows, and deletes the others.

        Of those that its retentionPolicy has no number for it keeps none (gc_controller.go, runGC).
        """
        return self.config is not None and isinstance(self.config.get("retentionPolicy"), Mapping)

    def value(self, *keys: Key) -> Any:
        """The value in force; mappings are merged, as a strategic merge does. None where absent."""
        if len(self.layers) == 1:  # Nearly always, and dozens of times for an object.
            alone = dig(self.data, *keys)
            return None if alone == "" else alone
        found = [value for value, _ in self._written(keys)]
        return merged(found) if found else None

    def setting(self, *keys: Key) -> Setting | None:
        """The value in force and where the strongest layer that has it writes it."""
        for _, layer in self._written(keys):
            return Setting(self.value(*keys), layer.resource, layer.at(*keys))
        return None

    def _written(self, keys: tuple[Key, ...]) -> list[tuple[Any, Layer]]:
        found = [(dig(layer.data, *keys), layer) for layer in self.layers]
        # Go leaves empty strings out when it writes the specifications that it merges.
        return [each for each in found if each[0] is not None and each[0] != ""]


def merged(values: list[Any]) -> Any:
    """Values of one key, the strongest first, as a strategic merge leaves them.

    Mappings are joined key by key. Lists and scalars of the strongest stand alone: lists that are
    merged by name (templates, parameters) are looked up by name where that matters.
    """
    first = values[0]
    if not isinstance(first, dict) or len(values) == 1:
        return first
    mappings = [value for value in values if isinstance(value, dict)]
    keys = dict.fromkeys(key for mapping in mappings for key in mapping)
    result = {}
    for key in keys:
        present = [m[key] for m in mappings if m.get(key) is not None and m[key] != ""]
        if present:
            result[key] = merged(present)
    return result


def workflow_of(facts: Facts, resource: Resource) -> Workflow | None:
    """The effective specification of an Argo object; None for anything else."""
    route = argo.spec_route(resource)
    if route is None:
        return None
    own = Layer(resource, route, dig(resource.data, *route))
    reference, template = _referenced(facts, own)
    layers = [own]
    if template is not None:
        layers.append(template.layers[0])
    config = find_controller_config(facts, resource)
    defaults = config.workflow_defaults.get("spec") if config else None
    if config is not None and isinstance(defaults, dict):
        layers.append(Layer(config.resource, (), defaults, config))
    return Workflow(
        resource=resource,
        route=route,
        data=own.data,
        layers=tuple(layers),
        reference=reference,
        template=template,
        config=config,
        defaults_known=facts.assume.argo_assume_none or _is_readable(config),
    )


def workflows_in_unit(facts: Facts, near: Resource) -> Iterator[Workflow]:
    """The Argo objects in the unit of `near`, whatever their namespace."""
    for group, kind in sorted(argo.KINDS):
        for resource in facts.index.in_unit(near, group, kind):
            workflow = facts.argo_workflow(resource)
            if workflow is not None:
                yield workflow


def _is_readable(config: ControllerConfig | None) -> bool:
    """Whether a configuration was seen whose texts can be read."""
    return config is not None and not any(
        each.route in (("data", "config"), ("data", "workflowDefaults")) for each in config.unparsed
    )


def _referenced(facts: Facts, own: Layer) -> tuple[Reference, Workflow | None]:
    reference = own.data.get("workflowTemplateRef")
    if not isinstance(reference, dict) or own.resource.kind not in ("Workflow", "CronWorkflow"):
        return Reference.NONE, None
    name = reference.get("name")
    if not isinstance(name, str) or is_placeholder(name):
        return Reference.UNKNOWN, None
    found = find_templates(facts, own.resource, name, cluster=reference.get("clusterScope") is True)
    if len(found) == 1 and (template := facts.argo_workflow(found[0])) is not None:
        return Reference.FOUND, template
    return (Reference.UNKNOWN if found else Reference.UNSEEN), None


def is_absent(facts: Facts, near: Resource, name: Any, *, cluster: bool) -> bool:
    """Whether a template that `find_templates` did not find is in no other place either.

    ClusterWorkflowTemplates are mostly not part of the charts that use them.
    """
    kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
    known = facts.index.is_world(near) if cluster else facts.index.is_complete(near)
    return known and not facts.index.named_elsewhere(near, argo.GROUP, kind, name)


def find_templates(facts: Facts, near: Resource, name: str, *, cluster: bool) -> list[Resource]:
    """The WorkflowTemplates of that name beside `near`, or ClusterWorkflowTemplates in its unit."""
    if cluster:
        lookup = partial(facts.index.cluster_scoped, near, argo.GROUP, "ClusterWorkflowTemplate")
    else:
        lookup = partial(facts.index.named, near, argo.GROUP, "WorkflowTemplate")
    return lookup(name)
