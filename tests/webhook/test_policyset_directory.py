"""The policy directory as it is read, and the names of its states."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from webhook_reviews import REGISTRY

from kguard.webhook.policyset import (
    Defaults,
    build_policy_set,
    read_directory,
    revision_of,
)
from kguard.webhook.stances import Mode

# Revisions


def test_the_same_content_has_the_same_revision() -> None:
    one = {"a.yaml": b"x: 1", "b.yaml": b""}
    other = dict(reversed(list(one.items())))
    assert revision_of(one, Defaults()) == revision_of(other, Defaults())
    assert build_policy_set({}, REGISTRY, "/a").revision == revision_of({}, Defaults())


@pytest.mark.parametrize(
    "contents",
    [
        {},
        {"a.yaml": b""},
        {"b.yaml": b"x: 1"},
        {"a.yaml": b"x: 1\n"},
        {"a.yaml": b"x: ", "b.yaml": b"1"},
        {"a.yaml": b"x: 1", "b.yaml": b""},
    ],
)
def test_other_content_has_another_revision(contents: dict[str, bytes]) -> None:
    assert revision_of(contents, Defaults()) != revision_of({"a.yaml": b"x: 1"}, Defaults())


def test_other_defaults_have_another_revision() -> None:
    modes = {revision_of({}, Defaults(mode)) for mode in Mode}
    trusted = {revision_of({}, Defaults(trusted=frozenset({name}))) for name in "ab"}
    assert len(modes | trusted) == 6


def test_all_replicas_have_the_same_revision() -> None:
    """Hashes of texts differ from process to process, and with them the order of sets."""
    code = (
        "from kguard.webhook.policyset import Defaults, revision_of;"
        "print(revision_of({}, Defaults(trusted=frozenset('abcdefgh'))))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(seen) == 1


# Reading


def mount(folder: Path, stamp: str, **files: str) -> None:
    """A state of a ConfigMap in a directory, as the kubelet's AtomicWriter makes it.

    Source: kubernetes pkg/volume/util/atomic_writer.go.
    """
    place = folder / f"..{stamp}"
    place.mkdir()
    for name, text in files.items():
        (place / f"{name}.yaml").write_text(text)
    (folder / "..data_tmp").symlink_to(place.name)
    os.replace(folder / "..data_tmp", folder / "..data")
    for name in files:
        link = folder / f"{name}.yaml"
        if not link.is_symlink():
            link.symlink_to(f"..data/{name}.yaml")


def test_a_mounted_config_map_is_read_through_its_link(tmp_path: Path) -> None:
    mount(tmp_path, "2026_1", webhook="mode: audit", team="exceptions: []")
    expected = {"team.yaml": b"exceptions: []", "webhook.yaml": b"mode: audit"}
    assert read_directory(str(tmp_path)) == expected
    mount(tmp_path, "2026_2", webhook="mode: enforce")
    assert read_directory(str(tmp_path)) == {"webhook.yaml": b"mode: enforce"}


def test_a_directory_that_moves_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount(tmp_path, "2026_1", a="1", b="1")
    listed = os.listdir

    def moving(folder: str) -> list[str]:
        """Lists the old directory, which is gone a moment later."""
        names = listed(folder)
        if folder.endswith("2026_1"):
            mount(tmp_path, "2026_2", a="2", b="2")
            for name in names:
                os.remove(os.path.join(folder, name))
        return names

    monkeypatch.setattr(os, "listdir", moving)
    assert read_directory(str(tmp_path)) == {"a.yaml": b"2", "b.yaml": b"2"}


def test_a_link_to_nothing_is_no_absence(tmp_path: Path) -> None:
    (tmp_path / "webhook.yaml").symlink_to("gone.yaml")
    with pytest.raises(FileNotFoundError):
        read_directory(str(tmp_path))


def test_directories_pipes_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / ".hidden.yaml").write_text("mode: audit")
    (tmp_path / "notes.txt").write_text("mode: audit")
    (tmp_path / "webhook.yml").write_text("mode: audit")
    assert list(read_directory(str(tmp_path))) == ["webhook.yml"]
