"""Texts before and after an edit: where new lines go, and what goes with old ones."""

from __future__ import annotations

import re

import pytest
from fixing import fix, refusals

from kguard.model import REMOVE, Edit, dig
from kguard.source import read

LAYOUTS = [
    (
        "a missing parent is made, in the indentation of the rest",
        "spec:\n    replicas: 1 # one\n",
        Edit(("spec", "strategy", "type"), "Recreate"),
        "spec:\n    replicas: 1 # one\n    strategy:\n        type: Recreate\n",
    ),
    (
        "two spaces where nothing tells",
        "a: 1\n",
        Edit(("b", "c", "d"), 1),
        "a: 1\nb:\n  c:\n    d: 1\n",
    ),
    (
        "dashes below their key, as in the rest",
        "a:\n- 1\n",
        Edit(("b",), ["x"]),
        "a:\n- 1\nb:\n- x\n",
    ),
    (
        "a short key stands beside short ones, not below a long entry",
        "replicas: 2\ntemplate:\n  a: 1\n  b: 1\n  c: 1\n  d: 1\n  e: 1\n",
        Edit(("strategy", "type"), "Recreate"),
        "replicas: 2\nstrategy:\n  type: Recreate\n"
        "template:\n  a: 1\n  b: 1\n  c: 1\n  d: 1\n  e: 1\n",
    ),
    (
        "a key without a value gets one, before its comment",
        "a: # none yet\nb: 1\n",
        Edit(("a",), "x"),
        "a: x # none yet\nb: 1\n",
    ),
    (
        "a key without a value becomes a mapping",
        "a: # none yet\nb: 1\n",
        Edit(("a", "c"), "x"),
        "a: # none yet\n  c: x\nb: 1\n",
    ),
    (
        "empty braces open up",
        "resources: {} # none\nb: 1\n",
        Edit(("resources", "limits", "memory"), "1Gi"),
        "resources: # none\n  limits:\n    memory: 1Gi\nb: 1\n",
    ),
    (
        "braces with something in them stay",
        "a: { b: 1 }\n",
        Edit(("a", "c"), {"d": "e"}),
        "a: { b: 1, c: {d: e} }\n",
    ),
    (
        "a trailing comma stays the last",
        "a: [\n  b, # one\n  c, # two\n]\n",
        Edit(("a", 2), "d"),
        "a: [\n  b, # one\n  c,\n  d, # two\n]\n",
    ),
    (
        "a new item, with its keys",
        "env:\n  - name: a\n    value: b\n  # end\n",
        Edit(("env", 1), {"name": "c", "value": "1"}),
        'env:\n  - name: a\n    value: b\n  - name: c\n    value: "1"\n  # end\n',
    ),
    (
        "a dash without a value gets one before the item that is new",
        "a:\n-\n",
        Edit(("a",), ["x", "z"]),
        "a:\n- x\n- z\n",
    ),
    (
        "a file that does not end in a line end goes on doing so",
        "a: 1",
        Edit(("b",), 2),
        "a: 1\nb: 2",
    ),
    (
        "JSON over lines",
        '{\n\t"a": 1\n}\n',
        Edit(("b", "c"), [True, None]),
        '{\n\t"a": 1,\n\t"b": {\n\t\t"c": [\n\t\t\ttrue,\n\t\t\tnull\n\t\t]\n\t}\n}\n',
    ),
    ("JSON in one line", '{"a":1}', Edit(("b", "c"), "1"), '{"a":1,"b":{"c":"1"}}'),
    (
        "braces with quoted keys get quoted keys",
        '{"a": 1, # one\n "b": 2}\n',
        Edit(("c",), "x"),
        '{"a": 1, # one\n "b": 2,\n "c": "x"}\n',
    ),
    (
        "JSON without blanks gets none",
        '{"a":{"b":"c: d, e"},"f":[1]}',
        Edit(("a", "g"), {"h": [1, "x"], "i": {}}),
        '{"a":{"b":"c: d, e","g":{"h":[1,"x"],"i":{}}},"f":[1]}',
    ),
    ("JSON with blanks gets some", '{"a": [1]}', Edit(("a", 1), 2), '{"a": [1, 2]}'),
]
VALUES = [
    ("a: 1 # c\n", 2, "a: 2 # c\n"),
    ("a: 'x'\n", "it's", "a: 'it''s'\n"),
    ('a: "x"\n', "y", 'a: "y"\n'),
    ('a: "1"\n', 1, "a: 1\n"),
    ("a: 1\n", "1", 'a: "1"\n'),
    ("a: 1\n", "on", 'a: "on"\n'),
    ("a: 1\n", "1e3", 'a: "1e3"\n'),
    ("a: 1\n", "0x1f", 'a: "0x1f"\n'),
    ("a: 1\n", "12:30", 'a: "12:30"\n'),
    ("a: 1\n", "~", 'a: "~"\n'),
    ("a: 1\n", "", 'a: ""\n'),
    ("a: 1\n", "a: b # c", 'a: "a: b # c"\n'),
    ("a: 1\n", "25%", "a: 25%\n"),
    ("a: 1\n", "512Mi", "a: 512Mi\n"),
    ("a: 1\n", "apps/v1", "a: apps/v1\n"),
    ("a: 1\n", "one\ntwo\n", 'a: "one\\ntwo\\n"\n'),
    ("a: 1\n", True, "a: true\n"),
    ("a: 1\n", None, "a: null\n"),
    ("a: 1\n", {}, "a: {}\n"),
    ("a: |\n  one\n  two\nb: 1\n", "three\nfour\n", "a: |\n  three\n  four\nb: 1\n"),
    ("a: |\n  one\n\nb: 1\n", "three", "a: |-\n  three\n\nb: 1\n"),
    ("a: >\n  one\n  two\nb: 1\n", "three", "a: three\nb: 1\n"),
    ("a:\n  b: 1 # gone\nc: 2\n", 3, "a: 3 # gone\nc: 2\n"),
    ("a: !!str 1\nb: &x 1\n", "2", 'a: !!str "2"\nb: &x 1\n'),
]
REMOVALS = [
    (
        "with the comment behind it and those right above it",
        "spec:\n  # about a\n\n  # of b\n  # more\n  b: 1 # b\n  c: 2\n",
        ("spec", "b"),
        "spec:\n  # about a\n\n  c: 2\n",
    ),
    ("the head of a document stays", "# Licence\na: 1\nb: 2\n", ("a",), "# Licence\nb: 2\n"),
    (
        "with all that is in it",
        "a:\n  b: # c\n    - |\n      x\n    # d\n\ne: 1\n",
        ("a",),
        "    # d\n\ne: 1\n",
    ),
    ("the first key of an item", "a:\n  - b: 1\n    c: 2\n", ("a", 0, "b"), "a:\n  - c: 2\n"),
    (
        "the first key of an item before a comment",
        "a:\n  - b: 1 # b\n    # of c\n    c: 2\n",
        ("a", 0, "b"),
        "a:\n  -\n    # of c\n    c: 2\n",
    ),
    ("the last key", "a:\n  b: 1\n", ("a", "b"), "a: {}\n"),
    ("an item", "a:\n  - 1\n  # two\n  - 2\n  - 3\n", ("a", 1), "a:\n  - 1\n  - 3\n"),
    ("the last item", "a:\n- 1\nb: 2\n", ("a", 0), "a: []\nb: 2\n"),
    ("in braces", "a: {b: 1, c: 2, d: 3}\n", ("a", "c"), "a: {b: 1, d: 3}\n"),
    ("first in braces", "a: {b: 1, c: 2}\n", ("a", "b"), "a: {c: 2}\n"),
    ("last in JSON", '{\n  "a": 1,\n  "b": 2\n}\n', ("b",), '{\n  "a": 1\n}\n'),
    ("at the end of a file without a line end", "a: 1\nb: 2", ("b",), "a: 1"),
    ("a long key", "a:\n  ? b\n  : 1\n  ? c\n  : 2\n", ("a", "b"), "a:\n  ? c\n  : 2\n"),
    ("the last long key", "? a\n: 1\n? b\n: 2\n", ("b",), "? a\n: 1\n"),
    ("a key with a tag and an anchor", "a: 1\n!!str b: 2\n&x c: 3\n", ("b",), "a: 1\n&x c: 3\n"),
    (
        "a comma that stands alone",
        "a: {\n  b: 1 # b\n  ,\n  c: 2 # c\n}\n",
        ("a", "c"),
        "a: {\n  b: 1 # b\n}\n",
    ),
]
REFUSED = [
    ("a: &x {b: 1}\nc: *x\n", ("c", "b"), "anchor and alias"),
    ("a: &x {b: 1}\nc: *x\n", ("a", "b"), "anchor and alias"),
    ("a:\n  b: &x {c: 1}\nd: *x\n", ("a",), "anchor and alias"),
    ("a: &x {b: 1}\nc: {<<: *x}\n", ("c", "b"), "comes from a merge key"),
    ("a: 1\na: 2\n", ("a",), "written twice"),
    ("? a\n: 1\nb:\n", ("a", "b"), "mapping"),
    ("a: {{ .Values.x }}\n---\nb: 1\n", ("b",), "could not be read in full"),
    ('a: "{{ .Values.x }}"\nb: 1\n', ("b",), "is a template"),
    ("# {{- if .Values.x }}\nb: 1\n# {{- end }}\n", ("b",), "is a template"),
    ("a: 1\n#@ if/end data.values.x:\nb: 1\n", ("b",), "is a template"),
    ("b: #@ data.values.x\n  c: 1\n", ("b", "c"), "is a template"),
    ("# Code generated by controller-gen. DO NOT EDIT.\nb: 1\n", ("b",), "generated"),
    ("---\n# Source: web/templates/deploy.yaml\nb: 1\n", ("b",), "generated"),
    ("kind: signature\nhmac: abc\n---\nb: 1\n", ("b",), "drone sign"),
    ("b: 1\nsops: {mac: abc}\n", ("b",), "SOPS"),
]


RENAMED = [
    ("comments stay", b"# one\na:\n  # two\n  b: 1 # three\n  # four\n  c: 2\n"),
    ("a collection stays as it is", b"a:\n  b:   # x\n      - {c: 'd'}\n\n      # y\n      - e\n"),
    ("the only key", b"a: {b: 1}\n"),
    ("the first key of an item", b"a:\n- b: 1 # one\n  c: 2\n"),
    ("in flow style", b"a: [{b: 1, c: 2}, {c: 3, b: 4}]\n"),
    ("quoted keys stay quoted", b"'a':\n  \"b\" : |\n    x\n"),
    ("an alias", b"x: &x 1\na:\n  b: *x\n"),
    ("an anchored value", b"a:\n  b: &x {c: 1}\nd: *x\n"),
    ("without a value", b"a:\n  b: # none\n  c: 1\n"),
    ("a long key", b"a:\n  ? b\n  : 1\n"),
    ("Windows line ends", b"\xef\xbb\xbfa:\r\n  b: 1 # one\r\n"),
    ("JSON", b'{"a": {\n\t"b": [1,  2]\n}}'),
]


@pytest.mark.parametrize("text", [row[1] for row in RENAMED], ids=[row[0] for row in RENAMED])
def test_a_key_that_gets_another_name_stays_where_it_is(text: bytes) -> None:
    document = read("x.yaml", text).documents[0].data
    route = ("a", 0) if isinstance(document["a"], list) else ("a",)
    value = dig(document, *route)["b"]
    wanted = (Edit((*route, "b"), REMOVE), Edit((*route, "new name"), value))
    result = fix(text, *wanted)
    assert refusals(result) == []
    before = re.search(rb"\bb\b", text)
    assert before is not None
    assert result.data == text[: before.start()] + b"new name" + text[before.end() :]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a: 1 # one\nc: 2\n", b"b: # one\n  - 1\nc: 2\n"),
        (b"x: 3\n# two\na: {d: 1}\n", b"x: 3\n# two\nb: [{d: 1}]\n"),
        (b"{a: 1, c: 2}\n", b"{b: [1], c: 2}\n"),
        (b"a:\n  d: 1 # one\nc: 2\n", b"b:\n  - d: 1 # one\nc: 2\n"),
        (b"a: &x 1 # one\nc: *x\n", None),
        (b"a:\n  # one\n  1\nc: 2\n", None),
        (b"a:\n  # one\n  d: 1\nc: 2\n", None),
        (b"a:\n  d: 1 # one\n  e: 2\n", None),
    ],
)
def test_a_key_that_gets_another_name_and_a_list(before: bytes, after: bytes | None) -> None:
    value = read("x.yaml", before).documents[0].data["a"]
    result = fix(before, Edit(("a",), REMOVE), Edit(("b",), [value]))
    assert result.data == (before if after is None else after)
    assert bool(refusals(result)) == (after is None)


def test_keys_change_places() -> None:
    text = b"a: 1 # one\nb: 2 # two\n"
    wanted = Edit(("a",), REMOVE), Edit(("b",), REMOVE), Edit(("c",), 2), Edit(("d",), 1)
    assert fix(text, *wanted).data == b"d: 1 # one\nc: 2 # two\n"


def test_a_key_that_is_renamed_to_one_that_is_there_goes() -> None:
    text = b"a: 1 # one\nb: 2 # two\n"
    assert fix(text, Edit(("a",), REMOVE), Edit(("b",), 1)).data == b"b: 1 # two\n"


@pytest.mark.parametrize(
    ("before", "edit", "after"), [row[1:] for row in LAYOUTS], ids=[row[0] for row in LAYOUTS]
)
def test_new_lines_go_where_they_belong(before: str, edit: Edit, after: str) -> None:
    assert after == fix(before.encode(), edit).data.decode()


@pytest.mark.parametrize(("before", "value", "after"), VALUES, ids=[repr(row[1]) for row in VALUES])
def test_values_are_written_as_kubernetes_reads_them(
    before: str, value: object, after: str
) -> None:
    assert after == fix(before.encode(), Edit(("a",), value)).data.decode()


@pytest.mark.parametrize(
    ("before", "route", "after"), [row[1:] for row in REMOVALS], ids=[row[0] for row in REMOVALS]
)
def test_old_lines_go_with_what_is_theirs(
    before: str, route: tuple[str | int, ...], after: str
) -> None:
    assert after == fix(before.encode(), Edit(route, REMOVE)).data.decode()


@pytest.mark.parametrize(("text", "route", "said"), REFUSED, ids=[row[2] for row in REFUSED])
def test_what_cannot_be_changed_is_refused(text: str, route: tuple[str, ...], said: str) -> None:
    result = fix(text.encode(), Edit(route, "new"))
    assert result.data == text.encode()
    assert [said in reason for reason in refusals(result)] == [True]


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("# tests expect them gone\n  # right after\n", True),
        ("# NOTE: zero on purpose\n", True),
        ("# the end\n", False),
        ("# b: 30\n  # c: 20\n", False),
        ("# kguard: ignore[x] -- for the tests\n", False),
        ("# ---------- -------- -----------\n", False),
        ("# about what follows further down\n\n", False),
    ],
)
def test_what_a_comment_explains_is_not_taken_out(comment: str, kept: bool) -> None:
    text = f"spec:\n  a: 1\n  {comment}  b: 0\n  c: 2\n"

    result = fix(text.encode(), Edit(("spec", "b"), REMOVE))

    assert (result.data == text.encode()) is kept
    assert refusals(result) == (
        ["the comment above it may say why it is there, and would be lost"] if kept else []
    )


def test_the_comments_that_go_with_what_is_removed_are_told() -> None:
    text = b"a: 1 # stays\n# b: 2\n#\nb: [1, # first\n  2] # why\nc: # c\n  - 1 # one\n"
    told = fix(text, Edit(("b",), REMOVE), Edit(("c",), [1, 2]))
    assert told.data == b"a: 1 # stays\nc: # c\n  - 1 # one\n  - 2\n"
    assert [(each.line, each.text) for each in told.lost] == [(2, "b: 2"), (4, "first"), (5, "why")]
    assert fix(text, Edit(("a",), 2)).lost == ()


def test_a_program_of_which_a_comment_speaks_has_not_generated_the_file() -> None:
    text = b"a: 1 # port generated by the driver\nb: 1\n# Do not edit c\nc: 1\n"
    assert fix(text, Edit(("b",), 2)).data == text.replace(b"b: 1", b"b: 2")


@pytest.mark.parametrize("comment", ["# @param a", "# see #@x", "#a #@ b"])
def test_other_comments_are_no_code_of_ytt(comment: str) -> None:
    text = f"a: 1 {comment}\n"
    assert fix(text.encode(), Edit(("a",), 2)).data.decode() == f"a: 2 {comment}\n"


def test_line_ends_and_the_byte_order_mark_stay() -> None:
    before = b"\xef\xbb\xbfa: 1 # \xc3\xa9\r\nb:\r\n  c: 1\r\n"
    after = b"\xef\xbb\xbfa: 1 # \xc3\xa9\r\nb:\r\n  c: 1\r\n  d:\r\n    e: 1\r\n"
    assert after == fix(before, Edit(("b", "d", "e"), 1)).data


def test_mixed_line_ends_stay_where_they_are() -> None:
    before = b"a: 1\r\nb: 2\nc: 3\r\nd: 4\n"
    after = b"a: 1\r\nc: 3\r\nd: 5\nx: 1\n"
    assert after == fix(before, Edit(("b",), REMOVE), Edit(("x",), 1), Edit(("d",), 5)).data


def test_bytes_that_are_not_utf8_are_not_written_back() -> None:
    text = b"a: \xff\n---\nb: 1\n"
    assert fix(text, Edit(("b",), 2)).data == text


@pytest.mark.parametrize("end", ["\n", "\n# end\n", ""])
def test_new_lines_behind_a_line_that_goes_stand_behind_the_one_above(end: str) -> None:
    before = f"a:\n  b:\n  - c: 1\n    d: 2\n    e: 3{end}"
    gone = [Edit(("a", "b", 0, key), REMOVE) for key in "de"]
    result = fix(before.encode(), *gone, Edit(("a", "b", 0, "f"), 4), Edit(("a", "g"), 5))
    assert refusals(result) == []
    assert result.data.decode() == f"a:\n  b:\n  - c: 1\n    f: 4\n  g: 5{end}"


def test_several_edits_of_one_fix_are_one_change() -> None:
    text = b"spec:\n  strategy:\n    rollingUpdate:\n      maxSurge: 1\n    type: RollingUpdate\n"
    after = b"spec:\n  strategy:\n    type: Recreate\n"
    assert after == fix(text, Edit(("spec", "strategy"), {"type": "Recreate"})).data
