"""The `{{tags}}` and `{{=expressions}}` of an Argo object: where they stand and what they read.

Sources: argo-workflows util/template (parseTag: `=` right behind the braces makes an expression),
valyala/fasttemplate (a tag ends at the next `}}`; tags in tags are filled from the inside),
docs/variables.md; the language of expressions is https://expr-lang.org/docs/language-definition.

    for reference in references(facts, workflow):
        reference.reads("steps", "load", "outputs", "result")   # names this text, or what holds it

A reference is a Scope at the text it stands in: `reference.fault((), message)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.templates import Call, Template, calls_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.model import Resource, Route, Scope
from kguard.record import record

Name = tuple[str, ...]
"""What is read, part by part: `("inputs", "parameters", "message")`."""

EXPRESSION_KEYS = frozenset({"expression", "fromExpression", "successCondition"})
"""Fields whose text is an expression without any braces (hooks, retries, outputs, http)."""

_NOTHING: Mapping[str, Any] = {}


@record
class Tag:
    """One tag of a text, from its `{{` at `start` to behind its `}}` at `end` (code points).

    `text` is what stands between, without the `=` of an expression. `names` is what it reads. Where
    `certain` is false a name is only the beginning of what is read: the rest follows in a run.
    """

    start: int
    end: int
    text: str
    expression: bool
    names: tuple[Name, ...]
    certain: bool = True


@record(eq=False)
class Reference(Scope):
    """A tag where it is written: `route` leads to the text.

    `holder` is the step, task or template that it is part of, None for the specification itself;
    `keys` leads from there to the text. `key` marks a text that is the key of a mapping.
    """

    holder: Call | Template | None
    keys: Route
    tag: Tag
    key: bool = False

    @property
    def written(self) -> str:
        """The tag as messages show it; long ones are cut."""
        text = " ".join(self.tag.text[:200].split())
        text = text if len(text) <= 60 else f"{text[:57]}..."
        if self.tag.expression and self.keys[-1:] and self.keys[-1] in EXPRESSION_KEYS:
            return text
        return f"{{{{={text}}}}}" if self.tag.expression else f"{{{{{text}}}}}"

    def reads(self, *name: str) -> bool:
        """Whether the tag may read this name, a part of it, or (as JSON, or unsure) all of it."""
        return any(
            each[: len(name)] == name[: len(each)] and (len(each) >= len(name) or self._open(each))
            for each in map(_without_json, self.tag.names)
        )

    def _open(self, name: Name) -> bool:
        """Whether a name stands for all below it."""
        return not self.tag.certain or (bool(name) and name[-1] in _WHOLE)


# A JSON of all there is below, or a mapping that an expression may go through.
_WHOLE = ("parameters", "artifacts", "outputs", "inputs", "workflow", "steps", "tasks")


def _without_json(name: Name) -> Name:
    return name[:-1] if name[-1:] == ("json",) and name[0] in ("workflow", "cronworkflow") else name


def references(facts: Facts, workflow: Workflow) -> tuple[Reference, ...]:
    """Every tag and every bare expression of the specification an object writes itself."""
    return facts.remember(_references, workflow.resource)


def by_template(facts: Facts, resource: Resource) -> Mapping[Route, list[Reference]]:
    """The references in each template, its steps and tasks included, by the template's route."""
    return facts.remember(_by_template, resource)


def _by_template(facts: Facts, resource: Resource) -> Mapping[Route, list[Reference]]:
    found: dict[Route, list[Reference]] = {}
    for each in facts.remember(_references, resource):
        inside = each.holder.template if isinstance(each.holder, Call) else each.holder
        if inside is not None:
            found.setdefault(inside.route, []).append(each)
    return found


def _references(facts: Facts, resource: Resource) -> tuple[Reference, ...]:
    workflow = facts.argo_workflow(resource)
    return tuple(_of_workflow(facts, workflow)) if workflow else ()


def _of_workflow(facts: Facts, workflow: Workflow) -> Iterator[Reference]:
    spec = {key: value for key, value in workflow.data.items() if key != "templates"}
    yield from _tags(workflow, None, spec)
    for template in facts.argo_templates(workflow.resource):
        called = ("steps", "dag") if calls_of(facts, template) else ()
        own = {key: value for key, value in template.data.items() if key not in called}
        yield from _tags(template, template, own)
        dag = template.get("dag")
        if "dag" in called and isinstance(dag, dict):
            rest = {key: value for key, value in dag.items() if key != "tasks"}
            yield from _tags(template, template, {"dag": rest})
        for call in calls_of(facts, template):
            own = {key: value for key, value in call.data.items() if key != "inline"}
            yield from _tags(call, call, own)


def _tags(scope: Scope, holder: Call | Template | None, data: Mapping[str, Any]) -> Iterator[Any]:
    for keys, text, is_key in _texts(data, ()):
        bare = bool(keys) and keys[-1] in EXPRESSION_KEYS and not is_key
        for tag in bare_expression(text) if bare else tags_in(text):
            yield Reference(
                scope.resource, (*scope.route, *keys), _NOTHING, holder, keys, tag, is_key
            )


def _texts(data: Any, keys: Route) -> Iterator[tuple[Route, str, bool]]:
    """All texts below: the keys that lead to each, the text, whether it is the last key itself."""
    if isinstance(data, str):
        if "{{" in data or (keys and keys[-1] in EXPRESSION_KEYS):
            yield keys, data, False
    elif isinstance(data, dict):
        for key, value in data.items():
            if isinstance(key, str) and "{{" in key:
                yield (*keys, key), key, True
            yield from _texts(value, (*keys, key))
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from _texts(item, (*keys, number))


def tags_in(text: str) -> list[Tag]:
    """The tags of a text in the order in which they are written."""
    return list(_tags_in(text)) if "{{" in text else []


def _tags_in(text: str) -> Iterator[Tag]:
    position = 0
    while (start := text.find("{{", position)) >= 0:
        stop = text.find("}}", start + 2)
        if stop < 0:
            return
        inside, position = text[start + 2 : stop], stop + 2
        if inside.startswith("="):
            yield _expression(inside[1:].strip(), start, position)
            continue
        outer, nested, inner = inside.rpartition("{{")
        if nested:
            begin = start + 2 + len(outer)
            yield Tag(begin, position, inner.strip(), False, (_simple(inner.strip()),))
            # What the inner tag leaves open, `{{inputs.parameters.` for one, ends at the next `}}`.
            beginning = tuple(outer.strip().split(".")[:-1])
            yield Tag(start, position, outer.strip(), False, (beginning,), certain=False)
            continue
        yield Tag(start, position, inside.strip(), False, (_simple(inside.strip()),))


def without_tags(text: str, instead: str) -> str:
    """A text with something else in the place of every tag."""
    parts, position = [], 0
    while (start := text.find("{{", position)) >= 0 and (stop := text.find("}}", start + 2)) >= 0:
        parts += [text[position:start], instead]
        position = stop + 2
    return "".join([*parts, text[position:]])


def _simple(text: str) -> Name:
    return tuple(text.split("."))


def bare_expression(text: str) -> list[Tag]:
    """The expression that a whole text is; one that holds tags is read as text with tags."""
    if "{{" in text:
        inside = tags_in(text)
        return [*inside, _expression(text, 0, len(text), certain=False)]
    return [_expression(text, 0, len(text))]


# In the order of an alternative: texts, names with what follows them, numbers.
_TOKEN = re.compile(
    r"""'(?:\\.|[^'\\])*(?:'|\Z)|"(?:\\.|[^"\\])*(?:"|\Z)|`[^`]*(?:`|\Z)"""
    r"|(?P<name>(?<![\w.$#])(?!(?:in|not|and|or|let|if|else|matches|contains|nil|true|false)\b)"
    r"[A-Za-z_$]\w*"
    r"""(?:\s*\??\.\s*[A-Za-z_]\w*|\s*(?:\?\.)?\[\s*(?:'[^'\\]*'|"[^"\\]*")\s*\])*)"""
    r"(?P<then>\s*[(\[])?"
    r"|\d[\w.]*",
    re.DOTALL,
)
_PART = re.compile(r"""\[\s*(?:'([^']*)'|"([^"]*)")\s*\]|([A-Za-z_$]\w*)""")
_MOST = 20_000


def _expression(text: str, start: int, end: int, *, certain: bool = True) -> Tag:
    names: dict[Name, None] = {}
    sure = certain and len(text) <= _MOST
    for found in _TOKEN.finditer(text[:_MOST]):
        if found["name"] is None:
            continue
        parts = tuple(a or b or c for a, b, c in _PART.findall(found["name"]))
        then = (found["then"] or "").strip()
        if then == "(":
            parts = parts[:-1]  # A function.
        elif then == "[":
            sure = False
        if parts:
            names.setdefault(parts)
    return Tag(start, end, text, True, tuple(names), sure)
