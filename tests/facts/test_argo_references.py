"""What `{{tags}}` and expressions read, and where they stand."""

from __future__ import annotations

import pytest
from argo_world import workflow

from kguard.facts.argo.references import bare_expression, references, tags_in, without_tags

TAGS = {
    "two of them": (
        "a {{inputs.parameters.x}}{{ workflow.name }}",
        [("{{inputs.parameters.x}}", "inputs.parameters.x"), ("{{ workflow.name }}",) * 2],
    ),
    "an expression": (
        "{{=sprig.trim(inputs.parameters['my-x']) + steps[\"a\"].outputs.result}}",
        [("*", "sprig", "inputs.parameters.my-x", "steps.a.outputs.result")],
    ),
    "an expression with optional parts": (
        "{{= inputs?.parameters?.['a'] ?? 'inputs.parameters.b' }}",
        [("*", "inputs.parameters.a")],
    ),
    "words of the language": (
        "{{=item in ['a'] and not (1.5 == x1 ? nil : `a.b`)}}",
        [("*", "item", "x1")],
    ),
    "closures": ("{{=map(inputs.parameters.l, {#.x + .y})}}", [("*", "inputs.parameters.l")]),
    "not closed": ("{{workflow.name", []),
    "of Helm": ("{{ .Values.name }}", [("*", ".Values.name")]),
    "no braces": ("a", []),
    "empty": ("{{}}", [("{{}}", "")]),
}


@pytest.mark.parametrize(("text", "expected"), TAGS.values(), ids=TAGS)
def test_tags(text: str, expected: list[tuple[str, ...]]) -> None:
    """The names each tag reads; the first word is the tag as written, `*` for all of the text."""
    found = [(text[tag.start : tag.end], *map(".".join, tag.names)) for tag in tags_in(text)]
    wanted = [
        (text if first == "*" else first, *(name.strip("{ }") for name in names))
        for first, *names in expected
    ]
    assert found == wanted


def test_tags_in_tags_leave_the_outer_one_open() -> None:
    inner, outer = tags_in("{{inputs.parameters.{{item}}}}")
    assert (inner.names, inner.certain) == ((("item",),), True)
    assert (outer.names, outer.certain) == ((("inputs", "parameters"),), False)


def test_a_quote_that_is_not_closed_reads_nothing_behind_it() -> None:
    (tag,) = bare_expression("inputs.parameters.a + 'inputs.parameters.b \\' \\'")
    assert tag.names == (("inputs", "parameters", "a"),)


WITHOUT = {
    "none": ("a", "a"),
    "some": ("a {{b}} {{=c}}d", "a x xd"),
    "not closed": ("{{a}}{{b", "x{{b"),
    "closed early": ("}}{{a}}", "}}x"),
}


@pytest.mark.parametrize(("text", "expected"), WITHOUT.values(), ids=WITHOUT)
def test_texts_without_their_tags(text: str, expected: str) -> None:
    assert without_tags(text, "x") == expected


def test_an_index_that_is_worked_out_leaves_the_name_open() -> None:
    (tag,) = bare_expression("inputs.parameters[workflow.name]")
    assert tag.names == (("inputs", "parameters"), ("workflow", "name"))
    assert not tag.certain


READS = {
    "itself": ("{{inputs.parameters.a}}", True),
    "another": ("{{inputs.parameters.b}}", False),
    "all as JSON": ("{{inputs.parameters}}", True),
    "all in an expression": ("{{=toJson(inputs.parameters)}}", True),
    "an open name": ("{{=inputs.parameters[workflow.name]}}", True),
    "a tag in a tag": ("{{inputs.parameters.{{item}}}}", True),
    "a tag behind the beginning of a name": ("{{inputs.parameters.b-{{item}}}}", True),
    "the JSON of something else": ("{{workflow.parameters.json}}", False),
}


@pytest.mark.parametrize(("text", "expected"), READS.values(), ids=READS)
def test_reads(text: str, expected: bool) -> None:
    facts, found = workflow(f'\ntemplates: [{{name: a, script: {{source: "{text}"}}}}]')
    hit = any(each.reads("inputs", "parameters", "a") for each in references(facts, found))
    assert hit is expected


def test_where_references_stand() -> None:
    facts, found = workflow(
        """
        podSpecPatch: "{{workflow.parameters.patch}}"
        hooks: {exit: {template: a, expression: workflow.status == "Failed"}}
        templates:
          - name: a
            steps:
              - - name: one
                  when: "{{inputs.parameters.x}} == 1"
                  inline: {suspend: {duration: "{{inputs.parameters.y}}"}}
            outputs: {parameters: [{name: o, valueFrom: {expression: steps.one.id}}]}
          - name: b
            metadata: {labels: {"{{workflow.name}}": "1"}}
            dag: {target: "{{inputs.parameters.t}}", tasks: [{name: c, withParam: "{{item}}"}]}
        """
    )
    where = [
        (".".join(each.tag.names[0]), each.holder and each.holder.called, *each.keys)
        for each in references(facts, found)
    ]
    assert sorted(where, key=str) == sorted(
        [
            ("workflow.parameters.patch", None, "podSpecPatch"),
            ("workflow.status", None, "hooks", "exit", "expression"),
            ("steps.one.id", "template `a`", "outputs", "parameters", 0, "valueFrom", "expression"),
            ("inputs.parameters.x", "step `one`", "when"),
            ("inputs.parameters.y", "inline template", "suspend", "duration"),
            ("workflow.name", "template `b`", "metadata", "labels", "{{workflow.name}}"),
            ("inputs.parameters.t", "template `b`", "dag", "target"),
            ("item", "task `c`", "withParam"),
        ],
        key=str,
    )
