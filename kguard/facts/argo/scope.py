"""What the tags of an Argo object can read where they stand, and which of them read nothing.

Sources: argo-workflows workflow/validate/validate.go (resolveAllVariables, addOutputsToScope,
addItemsToScope, validateInputs: what the controller refuses to start),
workflow/controller/steps.go and dag.go (resolveReferences, buildLocalScopeFromTask: a step sees the
groups before its own, a task the tasks it waits for) and docs/variables.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kguard.facts.argo.calls import calls_beside
from kguard.facts.argo.names import (
    arguments,
    global_names,
    inputs,
    items,
    metadata,
    names_of,
    outputs,
)
from kguard.facts.argo.references import Name, Reference, by_template, references
from kguard.facts.argo.templates import Call, Template, calls_of, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.facts.suggest import suggestion
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
    unseen: bool = False
    """Whether Argo's own check lets it pass, and the tag stays as it is written."""


@record
class Unresolved:
    """A name that nothing provides: what of it, why, and whether the controller refuses it.

    `supplied` says that a value could still come in when the workflow is submitted, `unseen` that
    Argo's own check does not see the fault.
    """

    reference: Reference
    name: Name
    why: str
    supplied: bool = False
    unseen: bool = False

    @property
    def left(self) -> bool:
        """Whether Argo leaves the tag as it is written, rather than refuse the workflow."""
        reference = self.reference
        holder, keys = reference.holder, reference.keys
        # Of a template of steps or tasks only those and its outputs are checked.
        checked = isinstance(holder, Call) or (
            holder is not None and (not argo_calls(holder) or keys[:1] == ("outputs",))
        )
        return reference.tag.expression or self.unseen or not checked


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
        why = _of_item(facts, reference, rest)
    elif root == "pod" and rest != ("name",):
        word = rest[0] if len(rest) == 1 else ""
        why = Why(f"a pod has no `{'.'.join(rest)}`", word, ("name",))
    elif root == "pod" and (isinstance(holder, Call) or not template.runs_pod):
        why = Why(f"{template.called} is no pod")
    elif root in _MEANT and not reference.tag.expression:
        why = _of_another_word(facts, workflow, reference, template, name)
    if why is not None:
        resource = reference.resource
        near = suggestion(facts, resource, why.word, why.choices) if why.word else ""
        yield Unresolved(reference, name, why.text + near, supplied, why.unseen)


# Words for which Argo's check takes a tag for somebody else's, and what they are mistaken for
# (common.go, GlobalVarValidWorkflowVariablePrefix).
_MEANT = {"input": "inputs", "step": "steps", "task": "tasks", "workflows": "workflow"}


def _of_another_word(
    facts: Facts, workflow: Workflow, reference: Reference, template: Template, name: Name
) -> Why | None:
    """Why a tag reads nothing that begins nearly as one which would read something there."""
    meant, rest = _MEANT[name[0]], name[1:]
    if len(rest) < 2:
        return None
    if meant in ("steps", "tasks"):
        called = calls_beside(facts, template)
        known = called.root == meant and rest[0] in called.by_name
    elif rest[0] not in ("parameters", "artifacts"):
        known = False
    elif meant == "inputs":
        known = rest[1] in inputs(facts, template, rest[0]).known
    else:
        known = rest[0] == "parameters" and rest[1] in arguments(facts, workflow).known
    return Why(f"did you mean `{'.'.join((meant, *rest))}`?", unseen=True) if known else None


# What `workflow.` is followed by.
_WORKFLOW = [
    "name",
    "namespace",
    "mainEntrypoint",
    "serviceAccountName",
    "uid",
    "status",
    "failures",
    "creationTimestamp",
    "scheduledTime",
    "duration",
    "priority",
    "parameters",
    "annotations",
    "labels",
    "outputs",
]
# Argo takes anything that begins so (resolveAllVariables).
_FORMATTED = ("creationTimestamp", "scheduledTime", "duration")


def _of_workflow(facts: Facts, workflow: Workflow, reference: Reference, rest: Name) -> Why | None:
    kind, named = rest[0], ".".join(rest[1:])
    if kind not in _WORKFLOW and not kind.startswith(_FORMATTED):
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
        known = arguments(facts, workflow)
        return None if known.may_be(named) else Why(f"no argument `{named}`", named, known.listed)
    if kind in ("labels", "annotations") and "argoproj.io" not in named:
        known = metadata(facts, workflow, kind)
        return None if known.may_be(named) else Why(f"no such {kind[:-1]} is written")
    if kind == "outputs" and len(rest) > 2 and rest[1] in ("parameters", "artifacts"):
        names = global_names(facts, workflow, rest[1])
        if names is not None and not names.may_be(rest[2]):
            return Why(f"no output has the `globalName` `{rest[2]}`", rest[2], names.listed)
    return None


def _has_exit(workflow: Workflow) -> bool:
    """Whether something runs at the end, or a default that was not seen may have it run."""
    written = workflow.value("onExit") is not None or workflow.value("hooks") is not None
    return written or not workflow.defaults_known


def _of_inputs(facts: Facts, template: Template, reference: Reference, rest: Name) -> Why | None:
    kind = rest[0]
    if kind not in ("parameters", "artifacts"):
        return Why(f"inputs have no `{kind}`", kind, ("parameters", "artifacts"))
    if len(rest) == 1:
        return None
    known = inputs(facts, template, kind)
    if known.may_be(rest[1]):
        return None
    if reference.tag.expression and any(name.startswith(f"{rest[1]}-") for name in known.listed):
        return Why(f"in an expression a name with a dash is written `inputs.{kind}['…']`")
    what = kind[:-1]
    return Why(f"{template.called} has no input {what} `{rest[1]}`", rest[1], known.listed)


def _of_item(facts: Facts, reference: Reference, rest: Name) -> Why | None:
    holder = reference.holder
    if not isinstance(holder, Call):
        return Why("only the arguments of the step or task with the loop see its items")
    if holder.loop is None:
        return Why(f"{holder.called} has no loop")
    if holder.loop.key == "withParam" or holder.loop.dynamic:
        return None
    if holder.loop.key == "withSequence":
        return Why("the items of a sequence are numbers")
    known = items(facts, holder)
    if known.may_be(".".join(rest)):
        return None
    return Why(f"no item of {holder.called} has `{'.'.join(rest)}`", rest[0], known.listed)


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
        if beside.filled_in:
            return None
        return Why(f"{template.called} has no {root[:-1]} `{rest[0]}`", rest[0], beside.by_name)
    if isinstance(holder, Call):
        within = bool(reference.keys) and reference.keys[0] in _HOOKS
        late = None if within else beside.unfinished(called, holder)
        if late:
            return Why(late, unseen=True)
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
    return _of_outputs(facts, call, target, reference, rest[1:])


def _of_outputs(
    facts: Facts, call: Call, target: Template, reference: Reference, rest: Name
) -> Why | None:
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
    known = outputs(facts, target, kind)
    if known.may_be(rest[1]):
        return None
    return Why(f"{target.called} has no output {kind[:-1]} `{rest[1]}`", rest[1], known.listed)


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
    known = arguments(facts, workflow)
    read: dict[int, dict[str, Reference]] = {}
    for template in facts.argo_templates(workflow.resource):
        for call in calls_of(facts, template):
            target = target_of(facts, call).template
            if target is None or target.resource is call.resource:
                continue
            if id(target.data) not in read:
                read[id(target.data)] = _parameters_read(facts, target)
            for parameter, reference in read[id(target.data)].items():
                if not known.may_be(parameter):
                    yield Borrowed(call, reference, parameter)


def _parameters_read(facts: Facts, template: Template) -> dict[str, Reference]:
    """The arguments that a template and those it calls read, each with the first tag that does."""
    read: dict[str, Reference] = {}
    for reference in _certain(facts, template):
        for name in reference.tag.names:
            if name[:2] == ("workflow", "parameters") and len(name) == 3 and name[2] != "json":
                read.setdefault(name[2], reference)
    return read


def _certain(facts: Facts, template: Template) -> Iterator[Reference]:
    """The certain tags of a template and of those it calls in the same object.

    Without those that stand for inputs: a call that gives the input puts its own value there.
    """
    seen, pending = {id(template.data)}, [template]
    while pending:
        current = pending.pop()
        for each in by_template(facts, current.resource).get(current.route, ()):
            given = isinstance(each.holder, Template) and each.keys[:1] == ("inputs",)
            if each.tag.certain and not each.tag.expression and not given:
                yield each
        for call in calls_of(facts, current):
            target = target_of(facts, call).template
            if target is not None and id(target.data) not in seen:
                seen.add(id(target.data))
                pending.append(target)
