"""What the tags of an Argo object can read where they stand, and which of them read nothing.

Sources: argo-workflows workflow/validate/validate.go (resolveAllVariables, addOutputsToScope,
addItemsToScope, validateInputs: what the controller refuses to start),
workflow/controller/steps.go and dag.go (resolveReferences, buildLocalScopeFromTask: a step sees the
groups before its own, a task the tasks it waits for) and docs/variables.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kguard.facts.argo import Workflow
from kguard.facts.argo_calls import calls_beside
from kguard.facts.argo_references import Name, Reference, by_template, references
from kguard.facts.argo_templates import Call, Template, calls_of, reach, target_of
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.facts.suggest import suggestion
from kguard.model import Resource, dig
from kguard.record import record

_HOOKS = ("hooks", "onExit")

# What an expression may say of a value that is not there.
_OPTIONAL = ("?", "nil", " in ", "get(", "||", "&&", " or ", " and ", "let ", "if ", "try")


@record
class Why:
    """Why a name reads nothing: in words, and the `word` that may be a misspelt choice."""

    text: str
    word: str = ""
    choices: Iterable[str] = ()


@record
class Unresolved:
    """A name that nothing provides: what of it, why, and whether the controller refuses it.

    `supplied` says that a value could still come in when the workflow is submitted.
    """

    reference: Reference
    name: Name
    why: str
    supplied: bool = False

    @property
    def refused(self) -> bool:
        """Whether Argo refuses the workflow for it; it leaves expressions as they are."""
        return not self.reference.tag.expression and not self.supplied


def unresolved(facts: Facts, workflow: Workflow) -> Iterator[Unresolved]:
    """The names of an object's tags that nothing provides.

    The tags of an embedded object belong to the template in whose manifest it stands.
    """
    if workflow.resource.embedded:
        return
    for reference in references(facts, workflow):
        tag = reference.tag
        if not tag.certain or (tag.expression and any(word in tag.text for word in _OPTIONAL)):
            continue
        for name in tag.names:
            yield from _judge(facts, workflow, reference, name)


def _judge(
    facts: Facts, workflow: Workflow, reference: Reference, name: Name
) -> Iterator[Unresolved]:
    root, rest = name[0], name[1:]
    if not rest:
        return
    why: Why | None = None
    supplied = False
    holder = reference.holder
    template = holder.template if isinstance(holder, Call) else holder
    if root == "workflow":
        supplied = rest[0] in ("parameters", "annotations", "labels", "priority")
        why = _of_workflow(facts, workflow, reference, rest)
    elif template is None:
        return
    elif root == "inputs":
        why = _of_inputs(facts, template, reference, rest)
    elif root in ("steps", "tasks"):
        why = _of_calls(facts, template, reference, root, rest)
    elif root == "item":
        why = _of_item(reference, rest)
    elif root == "pod" and rest != ("name",):
        why = Why(f"a pod has no `{rest[0]}`", rest[0], ("name",))
    elif root == "pod" and (isinstance(holder, Call) or not template.runs_pod):
        why = Why(f"{template.called} is no pod")
    if why is not None:
        resource = reference.resource
        near = suggestion(facts, resource, why.word, why.choices) if why.word else ""
        yield Unresolved(reference, name, why.text + near, supplied)


# What `workflow.` is followed by.
_WORKFLOW = (
    "name namespace mainEntrypoint serviceAccountName uid status failures creationTimestamp"
    " scheduledTime duration priority parameters annotations labels outputs"
).split()


def _of_workflow(facts: Facts, workflow: Workflow, reference: Reference, rest: Name) -> Why | None:
    kind, named = rest[0], ".".join(rest[1:])
    if not any(kind.startswith(word) for word in _WORKFLOW):
        return Why(f"a workflow has no `{kind}`", kind, _WORKFLOW)
    if workflow.resource.kind not in ("Workflow", "CronWorkflow") or not workflow.complete:
        return None
    if kind == "priority" and workflow.value("priority") is None:
        return Why("the workflow has no `priority`")
    if kind == "failures" and not _has_exit(workflow):
        return Why("only what runs at the end of a workflow sees it, and nothing does")
    if not named or named == "json":
        return None
    if kind == "parameters":
        known = parameters(workflow)
        return None if _may_be(named, known) else Why(f"no argument `{named}`", named, known)
    if kind in ("labels", "annotations") and "argoproj.io" not in named:
        known = _metadata(workflow, kind)
        return None if _may_be(named, known) else Why(f"no such {kind[:-1]} is written")
    if kind == "outputs" and len(rest) > 2 and rest[1] in ("parameters", "artifacts"):
        names = _global_names(facts, workflow, rest[1])
        if names is not None and not _may_be(rest[2], names):
            return Why(f"no output has the `globalName` `{rest[2]}`", rest[2], names)
    return None


def _has_exit(workflow: Workflow) -> bool:
    """Whether something runs at the end, or a default that was not seen may have it run."""
    written = workflow.value("onExit") is not None or workflow.value("hooks") is not None
    return written or not workflow.defaults_known


def _may_be(name: str, known: Iterable[str]) -> bool:
    known = list(known)
    return name in known or any(map(is_placeholder, known))


def parameters(workflow: Workflow) -> list[str]:
    """The names of the parameters in the arguments of a workflow, whichever layer writes them."""
    return [
        name
        for layer in workflow.layers
        for name in names_of(dig(layer.data, "arguments", "parameters"))
    ]


def names_of(items: Any) -> list[str]:
    """The names in a list of parameters, artifacts or the like."""
    found = (dig(item, "name") for item in (items if isinstance(items, list) else ()))
    return [name for name in found if isinstance(name, str)]


def _metadata(workflow: Workflow, kind: str) -> list[str]:
    cron = workflow.resource.kind == "CronWorkflow"
    found = dig(workflow.resource.data, *(("spec", "workflowMetadata") if cron else ("metadata",)))
    mappings = [dig(found, kind)]
    if workflow.config is not None:
        mappings.append(dig(workflow.config.workflow_defaults, "metadata", kind))
    for layer in workflow.layers:
        for key in (kind, f"{kind}From"):
            mappings.append(dig(layer.data, "workflowMetadata", key))
    if workflow.template is not None:
        mappings.append(dig(workflow.template.resource.data, "metadata", kind))
    return [key for each in mappings if isinstance(each, dict) for key in each]


def _global_names(facts: Facts, workflow: Workflow, kind: str) -> list[str] | None:
    """The global names of all templates that a workflow can come to; None where some are unseen."""
    whole, templates = facts.remember(_templates_in_reach, workflow.resource)
    if not whole:
        return None
    items = [item for each in templates for item in _list(each.get("outputs", kind))]
    return [name for item in items if isinstance(name := dig(item, "globalName"), str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _templates_in_reach(facts: Facts, resource: Resource) -> tuple[bool, list[Template]]:
    workflow = facts.argo_workflow(resource)
    if workflow is None:
        return False, []
    reached = reach(facts, workflow)
    own = [each for layer in workflow.layers for each in facts.argo_templates(layer.resource)]
    beyond = [target_of(facts, call) for each in own for call in calls_of(facts, each)]
    whole = reached.whole and all(target.template is not None for target in beyond)
    found = {id(each.data): each for each in (*reached.templates, *own)}
    found |= {id(t.template.data): t.template for t in beyond if t.template is not None}
    return whole, list(found.values())


def _of_inputs(facts: Facts, template: Template, reference: Reference, rest: Name) -> Why | None:
    kind = rest[0]
    if kind not in ("parameters", "artifacts"):
        return Why(f"inputs have no `{kind}`", kind, ("parameters", "artifacts"))
    if len(rest) == 1:
        return None
    known: list[str] = []
    around: Template | None = template
    while around is not None:  # What stands inside of a template is filled in with it.
        known += names_of(around.value("inputs", kind))
        around = _around(facts, around)
    if _may_be(rest[1], known):
        return None
    if reference.tag.expression and any(name.startswith(f"{rest[1]}-") for name in known):
        return Why(f"in an expression a name with a dash is written `inputs.{kind}['…']`")
    what = kind[:-1]
    return Why(f"{template.called} has no input {what} `{rest[1]}`", rest[1], known)


def _around(facts: Facts, template: Template) -> Template | None:
    """The template in whose step or task an inline one stands."""
    if template.route[-1:] != ("inline",):
        return None
    outer = [
        each
        for each in facts.argo_templates(template.resource)
        if each.route == template.route[: len(each.route)] and len(each.route) < len(template.route)
    ]
    return max(outer, key=lambda each: len(each.route), default=None)


def _of_item(reference: Reference, rest: Name) -> Why | None:
    holder = reference.holder
    if not isinstance(holder, Call):
        return Why("only the arguments of the step or task with the loop see its items")
    if holder.loop is None:
        return Why(f"{holder.called} has no loop")
    if holder.loop.key == "withParam" or holder.loop.dynamic:
        return None
    if holder.loop.key == "withSequence":
        return Why("the items of a sequence are numbers")
    items = _list(holder.get("withItems"))
    keys = [key for item in items if isinstance(item, dict) for key in item]
    keys += [
        f"[{number}]" for item in items if isinstance(item, list) for number in range(len(item))
    ]
    if _may_be(".".join(rest), keys) or any(is_placeholder(item) for item in items):
        return None
    return Why(f"no item of {holder.called} has `{'.'.join(rest)}`", rest[0], keys)


def _of_calls(
    facts: Facts, template: Template, reference: Reference, root: str, rest: Name
) -> Why | None:
    if rest == ("name",) or len(rest) < 2:
        return None
    if not argo_calls(template):
        return Why(f"{template.called} has no {root}")
    holder = reference.holder
    if not isinstance(holder, Call) and reference.keys[:1] != ("outputs",):
        return None  # Argo fills in the outputs and the calls of such a template, nothing else.
    beside = calls_beside(facts, template)
    if root != beside.root:
        return Why(f"{template.called} has {beside.root}, no {root}")
    called = beside.by_name.get(rest[0])
    if called is None:
        if any(is_placeholder(each) for each in beside.by_name):
            return None
        return Why(f"{template.called} has no {root[:-1]} `{rest[0]}`", rest[0], beside.by_name)
    if isinstance(holder, Call):
        within = bool(reference.keys) and reference.keys[0] in _HOOKS
        late = None if within else beside.unfinished(called, holder)
        if late:
            return Why(late)
    return _of_call(facts, called, reference, rest[1:])


def argo_calls(template: Template) -> bool:
    """Whether a template is made of steps or tasks."""
    return template.kind in ("steps", "dag")


_ALWAYS = ("id", "startedAt", "finishedAt", "hostNodeName", "status")


def _of_call(facts: Facts, call: Call, reference: Reference, rest: Name) -> Why | None:
    """Why a finished step or task does not provide `rest`; None where it does or may."""
    field = rest[0]
    if field in _ALWAYS:
        return None
    if field not in ("ip", "exitCode", "outputs"):
        return Why(f"{call.called} has no `{field}`", field, (*_ALWAYS, "exitCode", "outputs"))
    target = target_of(facts, call).template
    if target is None:
        return None
    if field == "ip":
        return None if target.value("daemon") else Why(f"{target.called} is no daemon")
    if field == "exitCode":
        return None if has_result(target) else Why(f"{target.called} has no exit code")
    return _of_outputs(call, target, reference, rest[1:])


def _of_outputs(call: Call, target: Template, reference: Reference, rest: Name) -> Why | None:
    if not rest or rest[0] not in ("result", "parameters", "artifacts"):
        return None if reference.tag.expression else Why(f"{call.called} has no such output")
    kind = rest[0]
    if kind == "result":
        return None if has_result(target) else Why(f"{target.called} has no result")
    if len(rest) == 1:
        looped = call.loop is not None and call.loop.key in ("withItems", "withParam")
        if looped or reference.tag.expression:
            return None
        return Why(f"{call.called} has no loop over items, whose outputs would be listed")
    known = names_of(target.value("outputs", kind))
    if _may_be(rest[1], known):
        return None
    return Why(f"{target.called} has no output {kind[:-1]} `{rest[1]}`", rest[1], known)


def has_result(template: Template) -> bool:
    """Whether `outputs.result` and `exitCode` come of a template (Template.HasOutput)."""
    if template.kind != "containerSet":
        return template.kind in ("container", "script", "data", "http", "plugin")
    return "main" in names_of(template.get("containerSet", "containers"))


@record
class Borrowed:
    """A step or task that calls a template of another object which reads an argument not given."""

    call: Call
    reference: Reference
    parameter: str


def borrowed(facts: Facts, workflow: Workflow) -> Iterator[Borrowed]:
    """The arguments that templates of other objects read and this workflow has not.

    Only of workflows that run: what runs a template brings the arguments.
    """
    runs = workflow.resource.kind in ("Workflow", "CronWorkflow")
    if not runs or not workflow.complete or workflow.resource.embedded:
        return
    known = parameters(workflow)
    for template in facts.argo_templates(workflow.resource):
        for call in calls_of(facts, template):
            target = target_of(facts, call).template
            if target is None or target.resource is call.resource:
                continue
            missing: dict[str, Reference] = {}
            for each in _parameters_read(facts, target):
                for name in each.tag.names:
                    if name[:2] == ("workflow", "parameters") and len(name) == 3:
                        missing.setdefault(name[2], each)
            for parameter, read in missing.items():
                if parameter != "json" and not _may_be(parameter, known):
                    yield Borrowed(call, read, parameter)


def _parameters_read(facts: Facts, template: Template) -> Iterator[Reference]:
    """The certain tags of a template and of those it calls in the same object."""
    seen, pending = {id(template.data)}, [template]
    while pending:
        current = pending.pop()
        for each in by_template(facts, current.resource).get(current.route, ()):
            if each.tag.certain and not each.tag.expression:
                yield each
        for call in calls_of(facts, current):
            target = target_of(facts, call).template
            if target is not None and id(target.data) not in seen:
                seen.add(id(target.data))
                pending.append(target)
