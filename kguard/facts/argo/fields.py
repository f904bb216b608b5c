"""Fields of Argo objects that several templates have: literals, durations, retries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.hooks import hooks
from kguard.facts.argo.templates import Template, calls_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.facts.sizes import literal_bytes
from kguard.kube import argo
from kguard.model import Key, Route, Scope, dig
from kguard.record import record


@record(eq=False)
class Literal(Scope):
    """A literal value of a parameter or a loop; `data` is the mapping it stands in."""

    keys: Route
    value: Any
    called: str

    @property
    def size(self) -> int:
        """Bytes in UTF-8, placeholders left out."""
        return literal_bytes(self.value)


@record(eq=False)
class DurationField(Scope):
    """A duration; `bare` says whether a whole number without a unit stands for seconds there."""

    keys: Route
    value: Any
    called: str
    bare: bool = True

    @property
    def unknown(self) -> bool:
        """Whether something fills the text in later, or it is no text."""
        return not isinstance(self.value, str) or is_placeholder(self.value)


@record(eq=False)
class Retry(Scope):
    """A retryStrategy where it is written; `data` is the mapping it stands in.

    `effective` is what applies once templateDefaults and the controller's defaults are joined in.
    """

    effective: Mapping[str, Any]
    workflow: Workflow
    template: Template | None
    called: str

    @property
    def default(self) -> bool:
        """Whether the controller's configuration has it, for every workflow without its own."""
        return self.resource.group != argo.GROUP

    def value(self, *keys: Key) -> Any:
        """A value of the strategy in force."""
        return dig(self.effective, *keys)


@record(eq=False)
class ProcessText(Scope):
    """One text handed to a container's process; `bytes` as the kernel counts it, without NUL."""

    keys: Route
    bytes: int
    part: str
    called: str
    emissary: bool
    """Whether Argo's own process starts the container's, so that it may move long arguments."""


def literals(facts: Facts, workflow: Workflow) -> Iterator[Literal]:
    """Every parameter value and loop item that an object writes itself."""
    scope = Scope(workflow.resource, workflow.route, workflow.data)
    yield from _parameters(scope, ("arguments", "parameters"), ("value",), "argument")
    for template in facts.argo_templates(workflow.resource):
        yield from _parameters(template, ("inputs", "parameters"), ("value", "default"), "input")
        for call in calls_of(facts, template):
            of = f"argument of {call.called}"
            yield from _parameters(call, ("arguments", "parameters"), ("value",), of)
            items = call.get("withItems")
            for number, item in enumerate(items if isinstance(items, list) else ()):
                yield _literal(call, ("withItems", number), item, f"item of {call.called}")
            if isinstance(parameter := call.get("withParam"), str):
                yield _literal(call, ("withParam",), parameter, f"`withParam` of {call.called}")
    for hook in hooks(facts, workflow):
        of = f"argument of {hook.called}"
        yield from _parameters(hook, ("arguments", "parameters"), ("value",), of)


def _parameters(
    scope: Scope, keys: tuple[Key, ...], fields: tuple[str, ...], role: str
) -> Iterator[Literal]:
    items = scope.get(*keys)
    for number, item in enumerate(items if isinstance(items, list) else ()):
        for field in fields:
            value = dig(item, field)
            if value is not None:
                what, _, of = role.partition(" of ")
                called = f"{what} `{dig(item, 'name', default='')}`" + (f" of {of}" if of else "")
                yield _literal(scope, (*keys, number, field), value, called)


def _literal(scope: Scope, keys: Route, value: Any, called: str) -> Literal:
    return Literal(scope.resource, scope.route, scope.data, keys, value, called)


_BACKOFF = ("duration", "maxDuration", "cap")


def durations(facts: Facts, workflow: Workflow) -> Iterator[DurationField]:
    """Every duration that an object writes itself."""
    yield from durations_of_spec(Scope(workflow.resource, workflow.route, workflow.data))
    for template in facts.argo_templates(workflow.resource):
        yield from _of_template(template, ())


def durations_of_spec(spec: Scope) -> Iterator[DurationField]:
    """The durations of a specification apart from its templates."""
    yield from _durations(spec, ("podGC", "deleteDelayDuration"))
    for keys in ((), ("templateDefaults",)):
        yield from _of_template(spec, keys)


def _of_template(scope: Scope, prefix: Route) -> Iterator[DurationField]:
    for key in _BACKOFF:
        yield from _durations(scope, (*prefix, "retryStrategy", "backoff", key))
    # time.ParseDuration, not ParseStringToDuration: operator.go (checkTemplateTimeout, maxAge).
    yield from _durations(scope, (*prefix, "timeout"), bare=False)
    yield from _durations(scope, (*prefix, "memoize", "maxAge"), bare=False)
    yield from _durations(scope, (*prefix, "pendingTimeout"))
    yield from _durations(scope, (*prefix, "suspend", "duration"))
    members = (*prefix, "containerSet", "retryStrategy")
    if scope.get(*members, "retries") is not None:
        # ContainerSetTemplate.GetRetryStrategy, container_set_template.go: only beside `retries`.
        yield from _durations(scope, (*members, "duration"), bare=False)


def _durations(scope: Scope, keys: Route, *, bare: bool = True) -> Iterator[DurationField]:
    value = scope.get(*keys)
    if value is not None and value != "":
        yield DurationField(
            scope.resource, scope.route, scope.data, keys, value, f"`{keys[-1]}`", bare
        )


def retries(facts: Facts, workflow: Workflow) -> Iterator[Retry]:
    """Every retryStrategy that an object writes itself."""
    spec = Scope(workflow.resource, workflow.route, workflow.data)
    if not workflow.library:
        yield from _retry(spec, workflow, None, "the workflow", workflow.value("retryStrategy"))
    defaults = Scope(workflow.resource, (*workflow.route, "templateDefaults"), {})
    if isinstance(written := workflow.get("templateDefaults"), Mapping):
        defaults = Scope(workflow.resource, defaults.route, written)
    effective = workflow.value("templateDefaults", "retryStrategy")
    yield from _retry(defaults, workflow, None, "`templateDefaults`", effective)
    for template in facts.argo_templates(workflow.resource):
        effective = template.value("retryStrategy")
        yield from _retry(template, workflow, template, template.called, effective)


def _retry(
    scope: Scope, workflow: Workflow, template: Template | None, called: str, effective: Any
) -> Iterator[Retry]:
    if isinstance(scope.get("retryStrategy"), Mapping) and isinstance(effective, Mapping):
        yield Retry(scope.resource, scope.route, scope.data, effective, workflow, template, called)


def process_texts(facts: Facts, workflow: Workflow) -> Iterator[ProcessText]:
    """Every argument and environment variable of the containers that an object writes itself."""
    for template in facts.argo_templates(workflow.resource):
        for keys, role, container in argo.containers(template.data):
            name = container.get("name")
            called = f"`{name}` of {template.called}" if isinstance(name, str) else template.called
            for part in ("command", "args"):
                items = container.get(part)
                for number, item in enumerate(items if isinstance(items, list) else ()):
                    yield ProcessText(
                        template.resource,
                        template.route,
                        template.data,
                        (*keys, part, number),
                        literal_bytes(item),
                        part,
                        called,
                        role != "init",
                    )
            items = container.get("env")
            for number, item in enumerate(items if isinstance(items, list) else ()):
                size = literal_bytes(dig(item, "name")) + 1 + literal_bytes(dig(item, "value"))
                yield ProcessText(
                    template.resource,
                    template.route,
                    template.data,
                    (*keys, "env", number, "value"),
                    size,
                    "env",
                    called,
                    role != "init",
                )
