"""Lists put into lists, as Woodpecker has them."""

from __future__ import annotations

import pytest

from kguard.fix.apply import fix_file
from kguard.model import Confidence, Edit, Finding, Fix, Origin, Resource, Severity, Span
from kguard.report import Located
from kguard.source import read

HEAD = "a: &a [1, 2]\nb: &b\n  - x\nm: &m {k: v}\n"
SPREAD = [
    ("before and behind", "- <<: *a\n- 3\n- <<: *b # more\n", [1, 2, 3, "x"]),
    ("several at once", "- <<: [*a, *b]\n", [1, 2, "x"]),
    ("in brackets", "[ <<: *a, z ]\n", [1, 2, "z"]),
    ("nothing", "- <<: *e\n- 1\n", [1]),
    ("a mapping stays one", "- <<: *m\n- <<: [*m, *m]\n- <<: *m\n  l: w\n", [{"k": "v"}] * 2),
    ("a list that stands there stays a list", "- <<: []\n- *a\n", [{}, [1, 2]]),
    ("quoted", '- "<<": *a\n', [{"<<": [1, 2]}]),
    ("in what is spread", "- &c\n  - <<: *a\n  - 3\n- <<: *c\n", [[1, 2, 3], 1, 2, 3]),
]


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(("text", "items"), [r[1:] for r in SPREAD], ids=[r[0] for r in SPREAD])
def test_items_of_a_list_stand_where_it_is_named(text: str, items: list[object]) -> None:
    source = read("x.yaml", f"e: &e []\n{HEAD}steps:\n{_indented(text)}".encode())

    assert source.errors == ()
    assert source.documents[0].data["steps"][: len(items)] == items


@pytest.mark.parametrize(
    "root", ["apiVersion: v1\nsteps: []\n", "kind: pipeline\nsteps: []\n", "jobs: []\n"]
)
def test_other_programs_refuse_them(root: str) -> None:
    (error,) = read("x.yaml", f"{HEAD}{root}list:\n  - <<: *a\n".encode()).errors

    assert (error.line, error.message[:19]) == (7 + root.count("\n") - 1, "a merge key takes a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: &s\n- <<: *s\n", "contains itself"),
        ("steps: &s\n- - <<: *s\n", "contains itself"),
        ("s: &s 1\nsteps:\n- <<: *s\n", "a merge key takes"),
        (
            "l0: &l0 [1, 2, 3, 4, 5, 6, 7, 8]\n"
            + "".join(
                f"l{n + 1}: &l{n + 1} [<<: [{', '.join([f'*l{n}'] * 8)}]]\n" for n in range(9)
            )
            + "steps: []\n",
            "more than 10,000 items by `<<`",
        ),
        (f"a: &a [{'1, ' * 5000}]\nsteps:\n- <<: [{'*a, ' * 1000}]\n", "more than 10,000 items"),
    ],
    ids=["itself", "itself below", "a scalar", "too much", "too much at once"],
)
def test_what_cannot_be_spread_is_an_error(text: str, said: str) -> None:
    (error,) = read("x.yaml", text.encode()).errors

    assert said in error.message


def test_items_are_shown_where_they_are_written_and_named() -> None:
    text = f"{HEAD}steps:\n  - one\n  - <<: [*a, *b]\n  - last\n"
    (document,) = read("x.yaml", text.encode()).documents

    places = [document.locate(("steps", number)) for number in range(5)]

    assert [(place.span.line, [each.line for each in place.via]) for place in places] == [
        (6, []),
        (1, [7]),
        (1, [7]),
        (3, [7]),
        (8, []),
    ]
    assert document.extent(("steps", 4)) == (8, 8)


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (Edit(("steps", 2), "z"), ""),
        (Edit(("b", 0), "z"), ""),
        (Edit(("steps", 3), "z"), "  - z\n"),
        (Edit(("steps", 4), "z"), "  - last\n  - z\n"),
    ],
)
def test_a_fix_changes_no_list_that_is_used_twice(edit: Edit, line: str) -> None:
    text = f"{HEAD}steps:\n  - <<: [*a, *b]\n  - last\n".encode()
    resource = Resource(read("x.yaml", text).documents[0].data, Origin("x.yaml", 0))
    cure = Fix((edit,), safe=True, title="f")
    finding = Finding("p", Severity.NOTE, Confidence.HIGH, "m", resource, (), fix=cure)

    result = fix_file("x.yaml", text, [Located(finding, "x.yaml", Span(1, 1, 1, 2))])

    assert result.data == (text.replace(b"  - last\n", line.encode()) if line else text)
