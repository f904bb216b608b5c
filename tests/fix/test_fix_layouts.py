"""Whatever the layout: after a fix a file holds what was intended, and all comments it had."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest

pytest.importorskip("hypothesis", reason="hypothesis is not installed")

from fixing import fix
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import documents, values, write

from kguard.fix.intend import same, with_edits
from kguard.fix.refuse import RefusedError
from kguard.model import REMOVE, Edit, Route
from kguard.source import read


def routes(data: Any, route: Route = ()) -> list[Route]:
    """Every route of a document but the empty one."""
    found: list[Route] = [route] if route else []
    if isinstance(data, dict):
        pairs: list[tuple[Any, Any]] = list(data.items())
    else:
        pairs = list(enumerate(data)) if isinstance(data, list) else []
    for key, value in pairs:
        found += routes(value, (*route, key))
    return found


@st.composite
def edits(draw: Any, data: Any) -> Edit:
    """A change of a value, a removal, a new key, or a new item."""
    route = draw(st.sampled_from(routes(data)))
    what = draw(st.sampled_from(["set", "remove", "below", "beside", "append"]))
    value = draw(values)
    if what == "set":
        return Edit(route, value)
    if what == "remove":
        return Edit(route, REMOVE)
    if what == "below":
        return Edit((*route, "new", "key"), value)
    if what == "beside" and isinstance(route[-1], str):
        return Edit((*route[:-1], "new"), value)
    return Edit((*route, 0), value)


def kept(owners: list[Route], edit: Edit, old: Any, new: Any) -> set[str]:
    """The comments that belong to something the edit leaves where it is."""

    def survives(route: Route) -> bool:
        for depth in range(1, len(route) + 1):
            before, after = at(old, route[:depth]), at(new, route[:depth])
            if after is MISSING:
                return False
            whole = isinstance(before, dict | list) and type(before) is type(after)
            if isinstance(before, list) and whole and len(after) < len(before):
                return False
            if depth < len(route) and not (whole and before and after):
                return False
        return True

    if edit.value is REMOVE and any(isinstance(key, int) for key in edit.route):
        return set()  # Routes behind it have moved.
    return {f"c{number}" for number, route in enumerate(owners) if survives(route)}


MISSING = object()


def at(data: Any, route: Route) -> Any:
    """The value at a route, MISSING where there is none."""
    for key in route:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return data


@settings(max_examples=300)
@given(st.data(), documents)
def test_yaml_holds_what_was_intended(data: Any, document: Any) -> None:
    written = write(Random(data.draw(st.integers(0, 2**32))), document)
    text = written.text
    assert same(document, read("x.yaml", text.encode()).documents[0].data)
    edit = data.draw(edits(document))
    try:
        intended = with_edits(document, [edit])
    except RefusedError:
        return
    head = data.draw(st.sampled_from(["", "# top\n---\n", "\ufeff", "a: 1\n---\n"]))
    if data.draw(st.booleans()):
        text = text if text.endswith("\n\n") else text.removesuffix("\n")
    raw = (head + text).encode()
    if data.draw(st.booleans()):
        raw = raw.replace(b"\n", b"\r\n")
    result = fix(raw, edit)
    assert [refusal.reason for refusal in result.refused] == []
    after = read("x.yaml", result.data)
    assert same(after.documents[-1].data, intended)
    assert result.data.startswith(b"\xef\xbb\xbf") == raw.startswith(b"\xef\xbb\xbf")
    assert (b"\r\n" in raw) or b"\r" not in result.data
    assert not re.search(rb"(?<!\r)\n", result.data) or b"\r" not in raw
    comments = {comment.text for comment in after.comments}
    assert kept(written.owners, edit, document, intended) <= comments
    if same(with_edits(intended, [edit]), intended):
        assert fix(result.data, edit).data == result.data


@settings(max_examples=200)
@given(st.data(), documents)
def test_another_name_for_a_key_costs_no_comment(data: Any, document: Any) -> None:
    written = write(Random(data.draw(st.integers(0, 2**32))), document)
    route = data.draw(st.sampled_from([each for each in routes(document) if type(each[-1]) is str]))
    wanted = Edit(route, REMOVE), Edit((*route[:-1], "new"), at(document, route))
    result = fix(written.text.encode(), *wanted)
    assert [refusal.reason for refusal in result.refused] == []
    after = read("x.yaml", result.data)
    assert same(after.documents[-1].data, with_edits(document, wanted))
    assert len(after.comments) == len(read("x.yaml", written.text.encode()).comments)


@settings(max_examples=200)
@given(st.data(), documents, st.sampled_from([None, 1, 2, 4, "\t"]))
def test_json_stays_json(data: Any, document: Any, indent: Any) -> None:
    edit = data.draw(edits(document))
    try:
        intended = with_edits(document, [edit])
    except RefusedError:
        return
    result = fix(json.dumps(document, indent=indent).encode(), edit, path="x.json")
    assert [refusal.reason for refusal in result.refused] == []
    assert same(json.loads(result.data), intended)
