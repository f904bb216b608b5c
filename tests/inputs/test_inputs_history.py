"""The commit a checkout is compared with, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from inputs_project import Write, git

from kguard.inputs.history import HistoryError, base_of


@pytest.fixture
def branches(repository: Path, write: Write) -> Path:
    """Two commits on `main`, and a branch that parted after the first."""
    git(repository, "checkout", "-qb", "main")
    write({"a.yaml": "1\n", "x/b.yaml": "b\n"})
    commit(repository)
    git(repository, "branch", "work")
    write({"a.yaml": "2\n"})
    commit(repository)
    git(repository, "checkout", "-q", "work")
    write({"c.yaml": "c\n"})
    commit(repository)
    return repository


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


def test_the_base_is_where_the_work_parted(branches: Path) -> None:
    base = base_of(str(branches), "main")
    assert base.name == git(branches, "rev-parse", "main~1").strip()
    assert base.read(["a.yaml", "x/b.yaml", "c.yaml"]) == {"a.yaml": b"1\n", "x/b.yaml": b"b\n"}


def test_an_ancestor_is_its_own_base(branches: Path) -> None:
    assert base_of(str(branches), "HEAD").name == git(branches, "rev-parse", "HEAD").strip()
    assert "c.yaml" not in base_of(str(branches), "HEAD~1").blobs


def test_contents_come_as_they_are(repository: Path) -> None:
    contents = {
        "größe.yaml": b"",
        "a\nb.yaml": b"\x00\xff\r\n\n",
        "big.yaml": b"x: y\n" * 300_000,
    }
    for name, data in contents.items():
        (repository / name).write_bytes(data)
    commit(repository)
    assert base_of(str(repository), "HEAD").read(contents) == contents


def test_links_and_submodules_are_no_files(branches: Path) -> None:
    (branches / "link.yaml").symlink_to("a.yaml")
    git(branches, "clone", "-q", ".", "sub")
    git(branches, "-c", "advice.addEmbeddedRepo=false", "add", "sub", "link.yaml")
    git(branches, "commit", "-qm", "x")
    assert sorted(base_of(str(branches), "HEAD").blobs) == ["a.yaml", "c.yaml", "x/b.yaml"]


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("nope", "git knows no commit `nope`; fetch it first: `git fetch origin nope:"),
        ("origin/nope", "fetch it first: `git fetch origin nope:refs/remotes/origin/nope`"),
        ("HEAD:a.yaml", "git knows no commit `HEAD:a.yaml`"),
        ("0" * 40, "git knows no commit"),
        ("", "`` is no name of a commit"),
        ("--output=x", "`--output=x` is no name of a commit"),
        ("a\nb", "is no name of a commit"),
    ],
)
def test_a_name_that_is_none(branches: Path, ref: str, message: str) -> None:
    with pytest.raises(HistoryError) as caught:
        base_of(str(branches), ref)
    assert message in str(caught.value)


def test_a_branch_of_origin_only_is_suggested(branches: Path, tmp_path: Path) -> None:
    git(branches, "clone", "-q", "-b", "work", ".", str(tmp_path / "clone"))
    with pytest.raises(HistoryError, match="did you mean `origin/main`"):
        base_of(str(tmp_path / "clone"), "main")


def test_a_shallow_clone_says_how_to_fetch(branches: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    url = branches.as_uri()
    git(branches, "clone", "-q", "--depth=1", "--no-single-branch", "-b", "work", url, str(clone))
    for ref in ("origin/main", "nope"):
        with pytest.raises(HistoryError, match=r"shallow: `git fetch --unshallow`.*fetch-depth: 0"):
            base_of(str(clone), ref)
    git(clone, "fetch", "-q", "--unshallow")
    assert sorted(base_of(str(clone), "origin/main").blobs) == ["a.yaml", "x/b.yaml"]


def test_histories_without_a_common_commit(branches: Path) -> None:
    git(branches, "checkout", "-q", "--orphan", "other")
    commit(branches)
    with pytest.raises(HistoryError, match=r"`main` and `HEAD` have no commit in common$"):
        base_of(str(branches), "main")


def test_nothing_is_committed_yet(repository: Path) -> None:
    with pytest.raises(HistoryError, match="git knows no commit `HEAD`"):
        base_of(str(repository), "HEAD")


def test_a_content_that_is_not_here_is_named(branches: Path) -> None:
    """As in a partial clone, which fetches it on demand; nothing is fetched here."""
    base = base_of(str(branches), "main")
    blob = base.blobs["x/b.yaml"]
    (branches / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(HistoryError, match=r"lacks the content of `x/b\.yaml` .* partial clone"):
        base.read(["a.yaml", "x/b.yaml"])


def test_nothing_of_the_repository_runs(branches: Path, tmp_path: Path) -> None:
    """Filters, converters, hooks and monitors that its configuration names."""
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    script.chmod(0o755)
    for key in (
        "filter.x.clean",
        "filter.x.smudge",
        "diff.x.textconv",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
    ):
        git(branches, "config", key, str(script))
    git(branches, "config", "core.hooksPath", str(tmp_path))
    (branches / ".gitattributes").write_text("* filter=x diff=x\n")
    (branches / "a.yaml").write_text("3\n")
    ran.unlink(missing_ok=True)
    assert base_of(str(branches), "main").read(["a.yaml"]) == {"a.yaml": b"1\n"}
    assert not ran.exists()
