"""Manifests within a text: what is read of them, and where it stands in the file."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.model import Place, Route, Span
from kguard.source import embedded, read
from kguard.source.embedded import read_embedded

JOB = """kind: Job
metadata: {name: "pi-{{n}}"}
spec:
  parallelism: {{n}}
  note: a {{b}}{{c}} d
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            JOB,
            {
                0: {
                    "kind": "Job",
                    "metadata": {"name": "pi-{{n}}"},
                    "spec": {"parallelism": "{{n}}", "note": "a {{b}}{{c}} d"},
                }
            },
        ),
        ("{{inputs.parameters.manifest}}", {0: "{{inputs.parameters.manifest}}"}),
        ('{"a": {{n}}, "b": [1]}', {0: {"a": "{{n}}", "b": [1]}}),
        ("{{k}}: 1", {0: {"{{k}}": 1}}),
        ("a: 1\n---\nb: 2\n", {0: {"a": 1}, 1: {"b": 2}}),
        ("a: [\n---\nb: 2\n", {1: {"b": 2}}),
        ("a: 1\n{{ lines }}\nb: 2\n", {}),
        ("a: {{ over\n lines }}\n", {}),
        ("a: \ue000\n", {}),
        ("", {}),
        ("a: \x00\n", {}),
        ("[" * 10_000, {}),
        ("a: *b", {}),
        ("a: &a [1, *a]", {}),
        ("{{n}} " * 7000, {}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_data(text: str, expected: dict[int, Any]) -> None:
    assert expected == dict(read_embedded(text).data)


def place(text: str, route: Route) -> tuple[str, Route]:
    """The text under the caret, and the keys that are missing."""
    source = read("a.yaml", text.encode())
    found = source.documents[0].locate(route)
    assert found.span.line == found.span.end_line
    line = source.line(found.span.line)
    return line[found.span.column - 1 : found.span.end_column - 1], found.missing


INDENTED = "".join(f"    {line}\n" for line in JOB.splitlines())


@pytest.mark.parametrize(
    ("text", "route", "expected"),
    [
        (f"  manifest: |\n{INDENTED}", (0, "kind"), ("Job", ())),
        (f"  manifest: |\n{INDENTED}", (0, "spec", "parallelism"), ("{{n}}", ())),
        (f"  manifest: |\n{INDENTED}", (0, "metadata", "name"), ('"pi-{{n}}"', ())),
        (f"  manifest: |\n{INDENTED}", (0, "spec", "x", "y"), ("spec", ("x", "y"))),
        (f"  manifest: |\n{INDENTED}", (1, "spec"), ("manifest", (1, "spec"))),
        (f"  manifest: |\n{INDENTED}", ("spec",), ("manifest", ("spec",))),
        (f"  manifest: |-  # a comment\n\n\n{INDENTED}", (0, "kind"), ("Job", ())),
        (f"  manifest: |2\n{INDENTED}", (0, "kind"), ("Job", ())),
        ("  manifest: |2\n    kind: Job\n", (0, "kind"), ("Job", ())),
        (f"  manifest: >\n{INDENTED}", (0, "kind"), ("manifest", (0, "kind"))),
        ('  manifest: "kind: Job\\nspec: {}"\n', (0, "kind"), ("manifest", ())),
        ("  manifest: 'kind: Job'\n", (0, "kind"), ("manifest", ())),
        ("  manifest: 5\n", (0, "kind"), ("manifest", ())),
        (f"  manifest: |\n{INDENTED}".replace("\n", "\r\n"), (0, "kind"), ("Job", ())),
        ("  manifest: |\n    kind: Jöb 😀\n    b: 1\n", (0, "kind"), ("Jöb 😀", ())),
    ],
)
def test_places(text: str, route: Route, expected: tuple[str, Route]) -> None:
    assert expected == place(f"resource:\n{text}", ("resource", "manifest", *route))


def test_text_that_an_alias_repeats_is_shown_as_a_whole() -> None:
    text = "a:\n  manifest: &m |\n    kind: Job\nb:\n  manifest: *m\n"
    assert place(text, ("a", "manifest", 0, "kind")) == ("Job", ())
    assert place(text, ("b", "manifest", 0, "kind")) == ("manifest", ())


KEYS = st.text("abcdefgh", min_size=1, max_size=4)
VALUES = st.one_of(st.integers(0, 99).map(str), KEYS, KEYS.map(lambda key: f"{{{{{key}}}}}"))


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=6), st.integers(1, 8))
def test_each_value_is_found_where_it_stands(values: dict[str, str], indent: int) -> None:
    block = "".join(f"{' ' * (indent + 2)}{key}x: {value}\n" for key, value in values.items())
    for key, value in values.items():
        expected = (value, ())
        assert expected == place(
            f"x:\n{' ' * indent}manifest: |\n{block}", ("x", "manifest", 0, f"{key}x")
        )


@pytest.mark.parametrize("text", ["{{" * 400_000, "{{a\n" * 200_000, "}}{{" * 200_000])
def test_a_megabyte_of_what_is_never_closed_is_no_document(text: str) -> None:
    assert read_embedded(text).data == {}  # It would take hours if each `{{` looked to the end.


LINES = """\
args:
  - |
    serve \\
      --port 80   \n
    rm -rf /tmp
  - >
    serve
    rm
  - "serve\\nrm"
"""


@pytest.mark.parametrize(
    ("item", "line", "expected"),
    [
        (0, 1, (3, 5, 3, 12)),
        (0, 2, (4, 7, 4, 16)),
        (0, 4, (6, 5, 6, 16)),
        (0, 3, None),  # It is empty.
        (0, 9, None),
        (1, 1, None),  # Lines of a folded text are others.
        (2, 2, None),
        (3, 1, None),
    ],
)
def test_lines_of_texts(item: int, line: int, expected: tuple[int, int, int, int] | None) -> None:
    (document,) = read("a.yaml", LINES.encode()).documents
    place = document.locate(("args", item), line=line)
    whole = document.locate(("args", item))
    assert place == (whole if expected is None else Place(Span(*expected)))


def test_only_short_texts_are_remembered() -> None:
    before = embedded._read_again.cache_info().currsize
    short, long = "a: 1\n# short and new\n", "a: 1\n" + "# long\n" * embedded.REMEMBERED
    assert read_embedded(short) is read_embedded(short)
    assert read_embedded(long) is not read_embedded(long)
    assert embedded._read_again.cache_info().currsize <= before + 1


def test_places_in_a_long_text_are_looked_up_in_one_reading() -> None:
    inner = "".join(f"  k{number}: 1\n" for number in range(1000))
    document = read("a.yaml", f"manifest: |\n{inner}".encode()).documents[0]
    before = embedded._read_located.cache_info().misses
    lines = {document.locate(("manifest", 0, f"k{number}")).span.line for number in range(50)}
    assert lines == set(range(2, 52))
    assert embedded._read_located.cache_info().misses == before + 1
