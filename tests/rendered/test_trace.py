"""Where in a template a rendered character comes from: certain only if it is true."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from kguard.inputs.gotemplate import UntraceableError, graph
from kguard.inputs.trace import Trace


def lines(template: str, rendered: str) -> list[int | None]:
    """The template's 1-based line of each rendered line's first character, None where in doubt."""
    trace = Trace(graph(template), rendered)
    found: list[int | None] = []
    at = 0
    for line in rendered.split("\n"):
        place = trace.place(at + len(line) - len(line.lstrip()))
        found.append(template.count("\n", 0, place.start) + 1 if place else None)
        at += len(line) + 1
    return found


@pytest.mark.parametrize(
    ("template", "rendered", "expected"),
    [
        pytest.param("a: 1\nb: 2\n", "a: 1\nb: 2", [1, 2], id="as it is"),
        pytest.param("\n\n  a: 1\n\n", "a: 1", [3], id="white space around"),
        pytest.param("a: {{ .x }}\nb: 2", "a: 7\nb: 2", [1, 2], id="value"),
        pytest.param("{{ if .x }}\na: 1\n{{ end }}\nb: 2", "b: 2", [4], id="left out"),
        pytest.param(
            "{{- if .x }}\na: 1\n{{- else }}\na: 1\n{{- end }}", "a: 1", [None], id="twins"
        ),
        pytest.param(
            "{{- if .x }}\na: 1\n{{- else if .y }}\na: 2\n{{- end }}", "a: 2", [4], id="else if"
        ),
        pytest.param(
            "{{- range .x }}\n- a: 1\n  b: {{ . }}\n{{- end }}",
            "- a: 1\n  b: x\n- a: 1\n  b: y",
            [2, 3, 2, 3],
            id="loop",
        ),
        pytest.param(
            "{{- range .x }}\n- a\n{{- else }}\n- none\n{{- end }}", "- none", [4], id="empty loop"
        ),
        pytest.param(
            "a:\n  {{- toYaml .x | nindent 2 }}\nb: 2",
            "a:\n  c: 1\n  d: 2\nb: 2",
            [1, 2, 2, 3],
            id="block",
        ),
        pytest.param(
            "a:\n  {{- toYaml .x | nindent 2 }}\n{{- if .y }}\nb: 2\n{{- end }}",
            "a:\n  c: 1\nb: 2",
            [1, 2, 4],
            id="block indented too far to be the cause",
        ),
        pytest.param(
            "a: 1\n{{ .x }}{{ if .y }}b: 2{{ end }}",
            "a: 1\nb: 2",
            [1, None],
            id="anything may be the cause",
        ),
        pytest.param(
            "kind: A\n---\nkind: B\n---\n{{ if .x }}\nkind: C\n{{ end }}",
            "kind: B",
            [3],
            id="one of several documents",
        ),
        pytest.param('a: {{ "}}" }}\nb: {{ `}}` }}', "a: }}\nb: }}", [1, 2], id="braces in quotes"),
        pytest.param("{{/* a: 1 }} */}}\na: 1", "a: 1", [2], id="comment"),
        pytest.param('{{ define "x" }}\na: 1\n{{ end }}\na: 1', "a: 1", [4], id="definition"),
        pytest.param("{{ $x := 1 }}\na: {{ $x }}", "a: 1", [2], id="assignment"),
        pytest.param("a: {{- .x }}\nb: {{ .y -}}\n\nc", "a:1\nb: 2c", [1, 2], id="trimmed"),
        pytest.param("a: {{ .x }}\nb: 2", "a: |\n  lines\nb: 2", [None, None, None], id="no way"),
        pytest.param("größe: 1\n名: {{ .x }}", "größe: 1\n名: 2", [1, 2], id="unicode"),
        pytest.param(
            "{{- if .a }}{{- if .b }}\na\n{{- end }}{{- end }}\nb", "a\nb", [2, 4], id="nested"
        ),
    ],
)
def test_lines(template: str, rendered: str, expected: list[int | None]) -> None:
    assert lines(template, rendered) == expected


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ if .x }}a", id="no end"),
        pytest.param("a{{ end }}", id="no beginning"),
        pytest.param("{{ .x", id="no braces"),
        pytest.param("{{ range .x }}{{ break }}{{ end }}", id="break"),
        pytest.param('{{ "x }}', id="open string"),
    ],
)
def test_what_is_not_understood(template: str) -> None:
    with pytest.raises(UntraceableError):
        graph(template)


class Maker:
    """Makes a random template and what it renders to, with the true place of each character."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.template = ""
        self.out: list[tuple[str, int]] = []
        """Characters and the offsets in the template at which they, or their actions, begin."""

    def line(self, shown: bool) -> None:
        indent = " " * self.random.choice([0, 2, 4])
        text = f"{indent}{self.random.choice('abc')}: {self.random.choice('12')}"
        self.literal(text, shown)
        if self.random.random() < 0.3:
            self.action("{{ .v }}", self.random.choice(["", "1", "x y"]), shown)
        self.literal("\n", shown)

    def literal(self, text: str, shown: bool) -> None:
        start = len(self.template)
        self.template += text
        if shown:
            self.out += [(char, start + at) for at, char in enumerate(text)]

    def action(self, text: str, written: str, shown: bool) -> None:
        start = len(self.template)
        self.template += text
        if shown:
            self.out += [(char, start) for char in written]

    def block(self, shown: bool) -> None:
        indent = self.random.choice([2, 4])
        pad = "\n" + " " * indent
        written = "".join(pad + self.random.choice(["a: 1", "k: v"]) for _ in range(2))
        self.literal("x:", shown)
        self.action(f"{{{{ toYaml .b | nindent {indent} }}}}", written, shown)
        self.literal("\n", shown)

    def body(self, depth: int, shown: bool) -> None:
        for _ in range(self.random.randint(1, 4)):
            kind = self.random.random()
            if kind < 0.5 or not depth:
                self.line(shown)
            elif kind < 0.65:
                self.block(shown)
            elif kind < 0.85:
                taken = self.random.random() < 0.5
                self.template += "{{ if .c }}"
                self.body(depth - 1, shown and taken)
                if self.random.random() < 0.5:
                    self.template += "{{ else }}"
                    self.body(depth - 1, shown and not taken)
                self.template += "{{ end }}"
            else:
                self.loop(depth, shown)

    def loop(self, depth: int, shown: bool) -> None:
        self.template += "{{ range .l }}"
        before = len(self.out)
        self.body(depth - 1, shown)
        once = self.out[before:]
        times = self.random.randint(0, 3)
        self.out[before:] = once * times
        self.template += "{{ end }}"

    def truth(self) -> Iterator[tuple[str, int]]:
        """What is left without white space at both ends."""
        text = "".join(char for char, _ in self.out)
        start = len(text) - len(text.lstrip())
        yield from self.out[start : len(text.rstrip())]


@pytest.mark.parametrize("seed", range(150))
def test_what_is_certain_is_true(seed: int) -> None:
    maker = Maker(seed)
    maker.body(3, shown=True)
    truth = list(maker.truth())
    trace = Trace(graph(maker.template), "".join(char for char, _ in truth))
    for at, (char, start) in enumerate(truth):
        place = trace.place(at)
        if place is not None and not char.isspace():
            assert place.start == start, (maker.template, at)


def test_most_places_of_a_plain_template_are_certain() -> None:
    """The counterpart: a trace that is never certain would pass the test above."""
    found = total = 0
    for seed in range(40):
        maker = Maker(seed)
        maker.body(1, shown=True)
        truth = list(maker.truth())
        trace = Trace(graph(maker.template), "".join(char for char, _ in truth))
        total += len(truth)
        found += sum(trace.place(at) is not None for at in range(len(truth)))
    assert found > total * 0.6


def test_a_huge_document_is_given_up_quickly() -> None:
    trace = Trace(graph("a: 1\n" + "{{ if .x }}\nb\n{{ end }}" * 2000), "a: 1\n" + "b\n" * 200_000)
    assert trace.place(0) is None
