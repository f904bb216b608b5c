"""What the controller's configuration gives to every workflow, judged as a workflow is.

Source: argo-workflows workflow/controller/controller.go (setWorkflowDefaults: a strategic merge of
`workflowDefaults` under each workflow).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.argo.fields import DurationField, Retry, durations_of_spec
from kguard.facts.argo.workflow import Layer, Reference, Workflow
from kguard.model import Key, Route, Scope, dig
from kguard.record import record


@record(eq=False)
class DefaultRetry(Retry):
    """A retryStrategy in `workflowDefaults`, at `below` its `spec`."""

    config: ControllerConfig
    below: Route

    def at(self, *keys: Key) -> Route:
        """The route to a value; that of the text which it stands in, where it has none itself."""
        return self.config.defaults_route("spec", *self.below, *keys)


def default_durations(config: ControllerConfig) -> Iterator[DurationField]:
    """Every duration in `workflowDefaults`.

    The keys of each are empty, as its route leads to all that can be shown.
    """
    spec = config.workflow_defaults.get("spec")
    if not isinstance(spec, Mapping):
        return
    for each in durations_of_spec(Scope(config.resource, (), spec)):
        route = config.defaults_route("spec", *each.keys)
        called = f"`{'.'.join(map(str, each.keys))}` of `workflowDefaults`"
        yield DurationField(config.resource, route, each.data, (), each.value, called, each.bare)


def default_retries(config: ControllerConfig) -> Iterator[Retry]:
    """Every retryStrategy in `workflowDefaults`."""
    spec = config.workflow_defaults.get("spec")
    if not isinstance(spec, Mapping):
        return
    workflow = Workflow(
        resource=config.resource,
        route=(),
        data=spec,
        layers=(Layer(config.resource, (), spec, config),),
        reference=Reference.NONE,
        template=None,
        config=config,
        defaults_known=True,
    )
    places: tuple[tuple[Route, str], ...] = (
        ((), "`workflowDefaults`"),
        (("templateDefaults",), "`templateDefaults` of `workflowDefaults`"),
    )
    for below, called in places:
        data = dig(spec, *below)
        strategy = dig(data, "retryStrategy")
        if isinstance(strategy, Mapping):
            yield DefaultRetry(
                config.resource, (), data, strategy, workflow, None, called, config, below
            )
