"""Writing ignores: the result is silent, and nothing else in the file has changed."""

from __future__ import annotations

import datetime
import os
import stat
from pathlib import Path

import pytest
from ignore_world import TODAY, Ran, check, pod

from kguard.ignore.grammar import Explained, GrammarError
from kguard.ignore.write import Addition, add_ignores, explanation, write_file
from kguard.source import read

WHY = Explained("known")
M = "missing-memory-request"
C = "missing-cpu-request"
COMMENT = f"# kguard: ignore[{M}] known"


def add(data: bytes, path: str = "a.yaml", why: Explained = WHY) -> tuple[Addition, Ran]:
    """Add ignores for what is reported on a file; also the run after it."""
    addition = add_ignores(
        path, data, check({path: data}).applied.kept, why, read=read, today=TODAY
    )
    return addition, check({path: addition.data})


def changed(before: bytes, after: bytes) -> list[bytes]:
    """The lines of `after` that `before` does not have."""
    old = before.split(b"\n")
    return [line for line in after.split(b"\n") if line not in old]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (pod(), f"      resources: {{requests: {{cpu: 100m}}}}  {COMMENT}"),
        (
            pod(at_end="# why"),
            f"      resources: {{requests: {{cpu: 100m}}}} # why {COMMENT}",
        ),
        (
            pod(at_end=f"# kguard: ignore[{C}] known"),
            f"      resources: {{requests: {{cpu: 100m}}}} # kguard: ignore[{C},{M}] known",
        ),
        (
            pod(at_end=f"# a # kguard: ignore[{C}] known # b"),
            "      resources: {requests: {cpu: 100m}} "
            f"# a # kguard: ignore[{C}] known # b {COMMENT}",
        ),
        (
            pod(at_end=f"# kguard: ignore[{C}] other"),
            f"      resources: {{requests: {{cpu: 100m}}}} # kguard: ignore[{C}] other {COMMENT}",
        ),
        (
            pod(at_end=f"# kguard: ignore[{C}] known (until 2027-03-01)"),
            f"      resources: {{requests: {{cpu: 100m}}}} # kguard: ignore[{C}] known "
            f"(until 2027-03-01) {COMMENT}",
        ),
        (
            pod(at_end=f"# kguard: ignore[{M}] old (until 2020-01-01)"),
            f"      resources: {{requests: {{cpu: 100m}}}} {COMMENT}",
        ),
        (
            pod(
                at_end=f"# kguard: ignore[{M},{C}] old (until 2020-01-01) "
                f"# kguard: ignore[{C}] known"
            ),
            f"      resources: {{requests: {{cpu: 100m}}}} # kguard: ignore[{C}] old "
            f"(until 2020-01-01) # kguard: ignore[{C},{M}] known",
        ),
        (
            pod(at_end="# kguard: ignore[oops x"),
            f"      resources: {{requests: {{cpu: 100m}}}} # kguard: ignore[oops x {COMMENT}",
        ),
    ],
)
def test_a_comment_is_added_or_extended(text: str, line: str) -> None:
    addition, after = add(text.encode())
    assert changed(text.encode(), addition.data) == [line.encode()]
    assert (after.kept, addition.impossible) == ([], ())


ABOVE = [
    pytest.param('- name: "a\n        b"\n      image: x', id="quoted over two lines"),
    pytest.param("- name: 'a\n\n        b'\n      image: x", id="quoted with an empty line"),
    pytest.param("- name: a\n        b\n      image: x", id="plain over two lines"),
    pytest.param("- ? name\n      : a\n      image: x", id="explicit key"),
]


@pytest.mark.parametrize("container", ABOVE)
def test_where_text_goes_on_the_comment_goes_above(container: str) -> None:
    text = (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    {container}\n"
    )
    addition, after = add(text.encode())
    assert (after.kept, after.meta, addition.impossible) == ([], [], ())
    assert after.loaded.resources[0].data == check(text).loaded.resources[0].data


@pytest.mark.parametrize("style", ["|", ">-", "|2"])
def test_the_header_of_a_block_scalar_takes_a_comment(style: str) -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
        f"    - workingDir: {style}\n        # no comment\n        b\n      image: x\n"
    )
    addition, after = add(text.encode())
    assert (after.kept, after.meta, addition.impossible) == ([], [], ())
    assert after.loaded.resources[0].data == check(text).loaded.resources[0].data
    assert f"workingDir: {style}  # kguard:".encode() in addition.data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(pod().encode(), id="as it is"),
        pytest.param(pod().replace("\n", "\r\n").encode(), id="windows line ends"),
        pytest.param(pod().replace("\n", "\r").encode(), id="old mac line ends"),
        pytest.param(b"\xef\xbb\xbf" + pod().encode(), id="byte order mark"),
        pytest.param(pod().rstrip().encode(), id="no last line end"),
        pytest.param(pod(top="# gr\u00fcn \U0001f600\u2028\x85").encode(), id="unicode"),
        pytest.param((pod() + "---\n" + pod()).encode(), id="two documents"),
        pytest.param(pod(resources="{\n        requests: {}\n        }").encode(), id="flow"),
        pytest.param(pod(at_name="&web").encode(), id="anchor"),
    ],
)
def test_all_else_stays(data: bytes) -> None:
    addition, after = add(data)
    assert (after.kept, after.meta, addition.impossible) == ([], [], ())
    assert after.hidden
    kept = addition.data
    for item in {C, M, f"{C},{M}"}:
        kept = kept.replace(f"# kguard: ignore[{item}] known".encode(), b"")
    # What is left over is the white space before each comment, and the lines of their own.
    assert kept.replace(b" ", b"") == data.replace(b" ", b"")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (
            "a.json",
            b'{"apiVersion": "v1",\n"kind": "Pod", "spec": {"containers": [{"image": "x:1"}]}}',
        ),
        (
            "a.yaml",
            b'{"apiVersion": "v1",\n"kind": "Pod", "spec": {"containers": [{"image": "x:1"}]}}',
        ),
        (
            "-",
            b'\n {"apiVersion": "v1",\n"kind": "Pod", "spec": {"containers": [{"image": "x:1"}]}}',
        ),
    ],
)
def test_json_has_no_comments(path: str, data: bytes) -> None:
    addition, after = add(data, path)
    assert (addition.data, addition.added) == (data, ())
    assert {item.reason for item in addition.impossible} == {"JSON has no comments"}
    assert len(addition.impossible) == len(after.kept) > 0


def test_a_flow_mapping_that_is_no_json_takes_comments() -> None:
    addition, after = add(b"{apiVersion: v1,\nkind: Pod, spec: {containers: [{name: a}]}}\n")
    assert (after.kept, addition.impossible) == ([], ())


def test_a_broken_file_is_left_alone() -> None:
    data = pod().encode() + b"---\na: [\n"
    addition, _ = add(data)
    assert addition.data == data
    assert [i.reason for i in addition.impossible] == ["the file could not be read in full"]


def test_lines_that_do_not_work_cost_the_others_nothing() -> None:
    text = "---\n".join(
        pod() if n % 3 else pod().replace("web ", "'x\n        y'") for n in range(9)
    )
    text = text.replace("      resources: {requests: {cpu: 100m}} \n", "")
    addition, after = add(text.encode())
    assert (after.kept, after.meta, addition.impossible) == ([], [], ())
    own = [line for line in addition.data.split(b"\n") if line.lstrip().startswith(b"# kguard")]
    assert len(own) == 3


def test_a_date_is_written() -> None:
    why = explanation(" known\n to  all ", datetime.date(2027, 3, 1))
    addition, after = add(pod().encode(), why=why)
    assert f"# kguard: ignore[{M}] known to all (until 2027-03-01)".encode() in addition.data
    assert (after.kept, after.meta) == ([], [])


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("", "a reason is needed: say why these findings are accepted"),
        (" \n", "a reason is needed: say why these findings are accepted"),
        ("a\x1b[0m", "the reason holds a control character"),
        ("a\u2028b", None),
        (
            "x (until 2027-03-01)",
            "the reason `x (until 2027-03-01)` would be read as something else in a comment",
        ),
        (
            "x # kguard: ignore[ALL]",
            "the reason `x # kguard: ignore[ALL]` would be read as something else in a comment",
        ),
    ],
)
def test_a_reason_must_read_as_one(reason: str, message: str | None) -> None:
    if message is None:
        assert explanation(reason, None).reason == "a b"
        return
    with pytest.raises(GrammarError) as caught:
        explanation(reason, None)
    assert str(caught.value) == message


def test_adding_twice_changes_nothing() -> None:
    addition, _ = add(pod().encode())
    assert add(addition.data)[0].data == addition.data


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_bytes(pod().encode())
    real.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(real)
    write_file(str(link), Addition(b"new"))
    assert (real.read_bytes(), link.is_symlink()) == (b"new", True)
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["link.yaml", "real.yaml"]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.yaml"
    target.write_bytes(b"old")

    def fail(source: str, destination: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_file(str(target), Addition(b"new"))
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_findings_about_ignores_get_no_comment() -> None:
    text = pod(at_end=f"# kguard: ignore[{M}] x (until 2020-01-01)", above=f"# kguard: ignore[{C}]")
    ran = check(text)
    everything = [*ran.applied.kept, *ran.applied.meta]
    addition = add_ignores("a.yaml", text.encode(), everything, WHY, read=read, today=TODAY)
    assert [item.finding.policy for item in addition.added] == [M]
    assert [item.located.finding.policy for item in addition.impossible] == ["unused-ignore"]
    assert check(addition.data).meta == [("unused-ignore", 7)]
