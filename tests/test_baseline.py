"""Fingerprints, and the baseline that is kept by them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kguard.baseline import (
    Baseline,
    BaselineError,
    Seen,
    apply,
    dump,
    entries_of,
    parse,
    pruned,
    read,
    renewed,
    write,
)
from kguard.fingerprint import fingerprint, ratchet_key, with_keys
from kguard.model import Confidence, Finding, Origin, Resource, Route, Severity, Span, named_route
from kguard.report import Located

CONTAINERS: list[dict[str, Any]] = [
    {"name": "web", "image": "web:1", "args": ["--port", "80"], "ports": [{"containerPort": 80}]},
    {"name": "api", "image": "api:1"},
]
IMAGE: Route = ("spec", "containers", 0, "image")


def pod(containers: list[dict[str, Any]] | None = None, **changes: Any) -> Resource:
    """A Pod `shop/web` with the two containers, or as changed."""
    named: dict[str, Any] = {
        "data": {"spec": {"containers": CONTAINERS if containers is None else containers}},
        "origin": Origin("shop/web.yaml"),
        "version": "v1",
        "kind": "Pod",
        "namespace": "shop",
        "name": "web",
        "unit": "shop",
    }
    return Resource(**{**named, **changes})


def finding(
    resource: Resource | None = None, route: Route = IMAGE, policy: str = "image-latest"
) -> Finding:
    return Finding(policy, Severity.WARNING, Confidence.HIGH, "a fault", resource or pod(), route)


def located(item: Finding, line: int = 1) -> Located:
    route = named_route(item.resource.data, item.route)
    span = Span(line, 1, line, 2)
    return Located(item, item.resource.origin.path, span, named_route=route)


def swapped() -> Resource:
    return pod([CONTAINERS[1], {**CONTAINERS[0], "image": "web:2"}])


SAME = {
    "line and document": finding(pod(origin=Origin("shop/web.yaml", 3))),
    "file": finding(pod(origin=Origin("shop/other.yaml", 1, ("items", 2)))),
    "order and value": finding(swapped(), ("spec", "containers", 1, "image")),
    "version": finding(pod(version="v2")),
    "namespace of an empty name": finding(pod(namespace="shop")),
    "one unit for the whole run": finding(pod(unit=".")),
}


@pytest.mark.parametrize("other", SAME.values(), ids=SAME)
def test_what_keeps_a_fingerprint(other: Finding) -> None:
    assert fingerprint(other) == fingerprint(finding())


OTHER = {
    "policy": finding(policy="image-digest"),
    "group": finding(pod(group="apps")),
    "kind": finding(pod(kind="Job")),
    "namespace": finding(pod(namespace="mall")),
    "no namespace": finding(pod(namespace=None)),
    "name": finding(pod(name="api")),
    "generated name": finding(pod(name="", generate_name="web")),
    "unit": finding(pod(unit="mall")),
    "container": finding(route=("spec", "containers", 1, "image")),
    "key": finding(route=("spec", "containers", 0, "command")),
    "parent": finding(route=IMAGE[:-1]),
    "item without a name": finding(route=("spec", "containers", 0, "args", 0)),
    "another such item": finding(route=("spec", "containers", 0, "args", 1)),
    "named like a hash": finding(pod([{"name": ""}, CONTAINERS[0]])),
}


def test_what_changes_a_fingerprint() -> None:
    keys = {fingerprint(finding()), *map(fingerprint, OTHER.values())}
    assert len(keys) == len(OTHER) + 1


def test_without_a_name_the_path_identifies() -> None:
    first = pod(name="", origin=Origin("a.yaml"))
    second = pod(name="", origin=Origin("b.yaml"))
    assert fingerprint(finding(first)) != fingerprint(finding(second))


def test_items_without_a_name_are_known_by_content() -> None:
    first, second = {"containerPort": 80}, {"containerPort": 81}
    before = pod([{"name": "web", "ports": [first, second]}])
    after = pod([{"name": "web", "ports": [second, {"protocol": "UDP"}, first]}])
    route = ("spec", "containers", 0, "ports")
    assert fingerprint(finding(before, (*route, 0))) == fingerprint(finding(after, (*route, 2)))
    assert fingerprint(finding(before, (*route, 0))) != fingerprint(finding(after, (*route, 0)))


@pytest.mark.parametrize("name", ["\ud800", "\U0001f600", "a\0b", "x" * 100_000])
def test_hostile_names_have_fingerprints(name: str) -> None:
    assert len(fingerprint(finding(pod(name=name)))) == 32


def test_the_ratchet_sees_the_value() -> None:
    changed = pod([{**CONTAINERS[0], "image": "web:2"}])
    moved = ("spec", "containers", 1, "image")
    assert ratchet_key(finding()) != ratchet_key(finding(changed))
    assert ratchet_key(finding(swapped(), moved)) == ratchet_key(finding(changed))
    assert ratchet_key(finding()) != fingerprint(finding())


def test_the_ratchet_ignores_the_order_of_keys() -> None:
    one = pod([{"name": "web", "resources": {"limits": {}, "requests": {}}}])
    two = pod([{"resources": {"requests": {}, "limits": {}}, "name": "web"}])
    route: Route = ("spec", "containers", 0, "resources")
    assert ratchet_key(finding(one, route)) == ratchet_key(finding(two, route))


def test_findings_that_agree_get_numbers_in_report_order() -> None:
    twins = [located(finding(), line) for line in (30, 10, 20)]
    keyed = with_keys([*twins, located(finding(policy="other"), 5)])
    assert [item.span.line for item in keyed] == [5, 10, 20, 30]
    keys = [item.key for item in keyed[1:]]
    assert keys == [fingerprint(finding(), number) for number in range(3)]
    assert len(set(keys)) == 3
    assert with_keys(twins[:1])[0].key == keys[0]


THREE = with_keys(
    [
        located(finding(), 3),
        located(finding(policy="b"), 4),
        located(finding(pod(name="\u00e4", origin=Origin("a.yaml"), unit=""), policy="c"), 5),
    ]
)


THREE_ENTRIES = sorted(entries_of(THREE).values(), key=lambda entry: entry.order)


def everything(*policies: str) -> Seen:
    return Seen(lambda path: True, policies or ("image-latest", "b", "c"))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = str(tmp_path / "baseline.json")
    entries = entries_of(THREE)
    write(path, entries.values())
    assert read(path) == Baseline(entries, path)
    assert os.listdir(tmp_path) == ["baseline.json"]


def test_the_file_has_one_finding_per_line_and_a_fixed_order() -> None:
    entries = list(entries_of(THREE).values())
    text = dump(entries)
    assert dump(reversed(entries)) == text
    lines = text.split("\n")
    assert lines[0] == "{"
    assert lines[1:3] == ['  "version": 1,', '  "findings": [']
    assert lines[-3:] == ["  ]", "}", ""]
    rows = [json.loads(line.rstrip(",")) for line in lines[3:-3]]
    assert [(row["path"], row["policy"]) for row in rows] == [
        ("a.yaml", "c"),
        ("shop/web.yaml", "b"),
        ("shop/web.yaml", "image-latest"),
    ]
    assert rows[2] == {
        "key": fingerprint(finding()),
        "policy": "image-latest",
        "path": "shop/web.yaml",
        "resource": "Pod/shop/web",
        "route": "spec.containers[web].image",
        "message": "a fault",
    }
    assert "\u00e4" in text


def test_an_empty_baseline_is_one() -> None:
    assert dump([]) == '{\n  "version": 1,\n  "findings": []\n}\n'
    assert parse("b.json", dump([]).encode()) == {}


def test_a_new_finding_changes_one_line() -> None:
    entries = list(entries_of(THREE).values())
    before, after = dump(entries[:2]), dump(entries)
    assert len(set(after.split("\n")) - set(before.split("\n"))) == 1


def test_a_baseline_hides_what_it_knows() -> None:
    baseline = Baseline(entries_of(THREE[:2]))
    kept, hidden, fixed = apply(THREE[1:], baseline, everything())
    assert (kept, hidden) == ([THREE[2]], [THREE[1]])
    assert [entry.key for entry in fixed] == [THREE[0].key]
    assert pruned(baseline, fixed) == entries_of(THREE[1:2])


def test_pruning_adds_nothing() -> None:
    baseline = Baseline(entries_of(THREE[:1]))
    _, _, fixed = apply(THREE, baseline, everything())
    assert pruned(baseline, fixed) == baseline.entries


@pytest.mark.parametrize(
    ("seen", "fixed"),
    [
        (everything(), 1),
        (everything("b"), 0),
        (Seen(lambda path: path.startswith("mall/"), ("image-latest",)), 0),
        (Seen(lambda path: True, ("image-latest",), {"image-latest"}), 0),
        (Seen(lambda path: True, ("image-latest",), {"b"}), 1),
    ],
    ids=["all", "another policy", "another folder", "abstained", "another abstained"],
)
def test_only_what_was_looked_for_is_cured(seen: Seen, fixed: int) -> None:
    assert len(apply([], Baseline(entries_of(THREE[1:2])), seen)[2]) == fixed


_CONFLICT = "a merge conflict: keep the lines of both sides, then `kguard baseline --prune`"


@pytest.mark.parametrize(
    ("data", "line", "cause"),
    [
        (b"", 1, "broken JSON: Expecting value, column 1"),
        (
            b'{\n  "version": 1,\n',
            3,
            "broken JSON: Expecting property name enclosed in double quotes, column 1",
        ),
        (b"[]", 1, "no `findings` list: not a baseline of kguard"),
        (b'{"findings": {}}', 1, "no `findings` list: not a baseline of kguard"),
        (b'{"findings": []}', 1, "version null, and this kguard reads version 1"),
        (b'{\n"version": 2, "findings": []}', 2, "version 2, and this kguard reads version 1"),
        (
            b'{\n"version": true, "findings": []}',
            2,
            "version true, and this kguard reads version 1",
        ),
        (
            b'{"version": 1, "findings": [\n{"key": "a"},\n{"policy": "x"}\n]}',
            3,
            "finding 2 has no text as its `key`",
        ),
        (
            b'{"version": 1, "findings": [\n{"key": "a", "path": 1}\n]}',
            2,
            "finding 1 has no text as its `path`",
        ),
        (b'{"version": 1, "findings": [\n3]}', 2, "finding 1 has no text as its `key`"),
        (b'{"version": 1,\n\n"x": "\xff"}', 3, "the file is not UTF-8"),
        (
            b'{"version": 1, "findings": [\n<<<<<<< HEAD\n{"key": "a"}\n=======\n]}',
            2,
            _CONFLICT,
        ),
        (b'{"version": 1, "findings": [\n=======\n]}', 2, _CONFLICT),
        (b'{"version": 1, "findings": [\n\n>>>>>>> topic\n]}', 3, _CONFLICT),
        (
            b'{"version": 1, "findings": [\n {"key": "a"},\n  {"key": ""}\n]}',
            3,
            "finding 2 has no text as its `key`",
        ),
        (
            b'{"findings": [],\n"x": 1,\n"version": 3}',
            3,
            "version 3, and this kguard reads version 1",
        ),
        (b"[" * 100_000, 1, "not the JSON of a baseline"),
        (b'{"version": ' + b"1" * 10_000 + b"}", 1, "not the JSON of a baseline"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_wrong_file_is_named(data: bytes, line: int, cause: str) -> None:
    with pytest.raises(BaselineError) as caught:
        parse("b.json", data)
    error = caught.value
    assert (error.path, error.line, error.cause) == ("b.json", line, cause)


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter() -> None:
    data = b"\xef\xbb\xbf" + dump(entries_of(THREE).values()).replace("\n", "\r\n").encode()
    assert parse("b.json", data) == entries_of(THREE)


def test_a_missing_file_says_how_to_write_it(tmp_path: Path) -> None:
    path = str(tmp_path / "none.json")
    with pytest.raises(BaselineError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: no such file; `kguard baseline -o {path}` writes it"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "baseline.json"
    os.mkfifo(pipe)
    with pytest.raises(BaselineError) as caught:
        read(str(pipe))
    assert str(caught.value) == f"{pipe}: not a regular file"


def test_a_pipe_of_the_shell_is_read() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as file:
        file.write(dump(THREE_ENTRIES))
        file.close()
        assert list(read(f"/dev/fd/{reading}").entries.values()) == THREE_ENTRIES


def test_nothing_is_written_through_a_link_that_leads_out_of_the_folder(tmp_path: Path) -> None:
    folder, target = tmp_path / "repository", tmp_path / "precious.json"
    folder.mkdir()
    link = folder / "baseline.json"
    target.write_text("precious")
    link.symlink_to(target)
    with pytest.raises(BaselineError) as caught:
        write(str(link), THREE_ENTRIES)
    assert str(caught.value) == f"{link}: is a link to {target}; remove it, or name that file"
    assert target.read_text() == "precious"


def test_a_folder_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="cannot be read"):
        read(str(tmp_path))
    with pytest.raises(BaselineError, match="cannot be written"):
        write(str(tmp_path / "no" / "folder.json"), [])


def test_a_lone_surrogate_can_be_written(tmp_path: Path) -> None:
    path = str(tmp_path / "b.json")
    (item,) = with_keys([located(finding(pod(name="\ud800")))])
    write(path, entries_of([item]).values())
    assert list(read(path).entries) == [item.key]


def test_a_new_baseline_keeps_what_the_run_did_not_look_for() -> None:
    old = Baseline(entries_of(THREE))
    assert renewed(old, [], everything("b")) == entries_of(THREE[:2])
    assert renewed(old, THREE[2:], everything()) == entries_of(THREE[2:])
    assert renewed(Baseline({}), THREE, everything()) == entries_of(THREE)


def test_what_could_not_be_read_is_not_cured() -> None:
    seen = Seen(lambda path: True, ("b", "c", "image-latest"), unchecked={"shop/web.yaml"})
    _, _, fixed = apply([], Baseline(entries_of(THREE)), seen)
    assert [entry.path for entry in fixed] == ["a.yaml"]


def test_the_command_writes_renews_and_prunes(tmp_path: Path) -> None:
    from kguard.cli.baseline import update

    path = str(tmp_path / "b.json")
    assert update(path, THREE[:1], everything(), prune=False) == (
        f"{path}: 1 finding, 1 added, 0 removed"
    )
    assert update(path, THREE[1:], everything("b"), prune=False) == (
        f"{path}: 3 findings, 2 added, 0 removed"
    )
    assert update(path, THREE[2:], everything(), prune=True) == (
        f"{path}: 1 finding, 0 added, 2 removed"
    )
    assert read(path).entries == entries_of(THREE[2:])
    assert update(path, [], everything(), prune=False) == f"{path}: 0 findings, 0 added, 1 removed"


def test_the_command_leaves_a_file_alone_that_is_right_or_wrong(tmp_path: Path) -> None:
    from kguard.cli.baseline import update

    path = tmp_path / "b.json"
    indented = json.dumps(json.loads(dump(entries_of(THREE).values())), indent=2)
    path.write_text(indented, encoding="utf-8")
    update(str(path), THREE, everything(), prune=False)
    assert path.read_text(encoding="utf-8") == indented
    path.write_text("{", encoding="utf-8")
    for prune in (True, False):
        with pytest.raises(BaselineError, match="broken JSON"):
            update(str(path), THREE, everything(), prune=prune)
    assert path.read_text(encoding="utf-8") == "{"
    with pytest.raises(BaselineError, match="no such file"):
        update(str(tmp_path / "none.json"), THREE, everything(), prune=True)
