"""Configurations, git repositories and outputs that are an attack."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from attack_commands import LAUGHS, POD, Check, check, command, holding, link

from kguard.baseline import dump

TABLE = b"[tool.kguard]\n"
CONFIGURATIONS: dict[str, Callable[[Path], None]] = {
    "a bomb": holding(".kguard.yaml", LAUGHS),
    "brackets": holding(".kguard.yaml", b"select: " + b"[" * 100_000),
    "a tag of Python's": holding(".kguard.yaml", b"select: !!python/name:os.system\n"),
    "code": holding(".kguard.yaml", b"policies: {x: {file: evil.py}}\n"),
    "a plugin": holding(".kguard.yaml", b"plugins: [evil]\n"),
    "a secret": holding(".kguard.yaml", b"baseline: /etc/passwd\n"),
    "a secret by a path": holding(".kguard.yaml", b"image-map: ../../../../../../etc/passwd\n"),
    "a pattern without end": holding(".kguard.yaml", b"exclude: ['" + b"*a" * 600_000 + b"']\n"),
    "more than is read": holding(".kguard.yaml", b"#" * 5_000_000),
    "another encoding": holding(".kguard.yaml", "select: [images]\n".encode("utf-16")),
    "a link to endless zeros": link(".kguard.yaml", "/dev/zero"),
    "a link to a secret": link(".kguard.yaml", "/etc/passwd"),
    "a link to itself": link(".kguard.yaml", ".kguard.yaml"),
    "a pipe": lambda root: os.mkfifo(root / ".kguard.yaml"),
    "a project of brackets": holding("pyproject.toml", b"[tool.kguard]\nselect = " + b"[" * 50_000),
    "a project of tables": holding("pyproject.toml", TABLE + b"a." * 50_000 + b"b=1\n"),
    "a project of quoted tables": holding("pyproject.toml", TABLE + b"'a'." * 9999 + b"b=1"),
    "a baseline of brackets": holding("b.json", b"[" * 200_000),
    "a baseline that is a pipe": lambda root: os.mkfifo(root / "b.json"),
    "a baseline without end": link("b.json", "/dev/zero"),
}  # fmt: skip


@pytest.mark.parametrize(
    "fill", CONFIGURATIONS.values(), ids=[f"{x} -> refused" for x in CONFIGURATIONS]
)
def test_a_hostile_configuration(
    tmp_path: Path, check_here: Check, fill: Callable[[Path], None]
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "evil.py").write_text("open('owned', 'w')\n", encoding="utf-8")
    (tmp_path / "pod.yaml").write_bytes(POD)
    fill(tmp_path)
    if os.path.lexists(tmp_path / "b.json"):
        holding(".kguard.yaml", b"baseline: b.json\n")(tmp_path)
    done = check_here(tmp_path, ".")
    # Refused, or passed over with a word; never followed, and never a run that passes.
    assert done.returncode in (1, 2)
    assert b"root:" not in done.stdout + done.stderr
    assert not (tmp_path / "owned").exists()


GIT_CONFIG = """\
[core]
    fsmonitor = "touch owned; false"
    hooksPath = hooks
    pager = "touch owned"
    sshCommand = "touch owned"
    attributesFile = attributes
[alias]
    ls-files = "!touch owned"
    rev-parse = "!touch owned"
[filter "evil"]
    clean = touch owned
    smudge = touch owned
    required = true
[diff "evil"]
    textconv = touch owned
    command = touch owned
[include]
    path = /dev/zero
[extensions]
    worktreeConfig = true
"""


@pytest.mark.parametrize("extra", ["", "include"], ids=["hostile", "with an endless include"])
def test_a_hostile_git_repository_runs_nothing(tmp_path: Path, extra: str) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    text = GIT_CONFIG if extra else GIT_CONFIG.replace("[include]\n    path = /dev/zero\n", "")
    with open(tmp_path / ".git" / "config", "a", encoding="utf-8") as file:
        file.write(text)
    (tmp_path / ".gitattributes").write_text("* filter=evil diff=evil\n", encoding="utf-8")
    for hook in ("post-index-change", "pre-commit", "post-checkout"):
        path = tmp_path / ".git" / "hooks" / hook
        path.write_text("#!/bin/sh\ntouch owned\n", encoding="utf-8")
        path.chmod(0o755)
    (tmp_path / "pod.yaml").write_bytes(POD)
    done = check(tmp_path, "-f", "json", ".")
    assert done.returncode in (1, 3)
    assert not list(tmp_path.rglob("owned"))


OUTPUTS = {
    "a folder": "json=folder",
    "nowhere": "json=nowhere/out",
    "no name": "json=",
    "a full disk": "json=/dev/full",
    "a loop": "json=loop",
    "an unknown format": "../../x=out",
}


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=[f"{x} -> exit 2" for x in OUTPUTS])
def test_outputs_that_cannot_be_written(tmp_path: Path, check_here: Check, output: str) -> None:
    (tmp_path / "pod.yaml").write_bytes(POD)
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    done = check_here(tmp_path, "--isolated", "-f", output, ".")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)


@pytest.mark.parametrize(
    "words",
    [("check", "--isolated", "-f", "json=report.json", "."), ("baseline", "-o", "report.json")],
    ids=["a report", "a baseline"],
)
@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing"])
def test_no_output_follows_a_link_out_of_the_repository(
    tmp_path: Path, words: tuple[str, ...], there: bool
) -> None:
    # A repository that holds a link where CI writes its report.
    outside = tmp_path / "outside"
    precious = dump([])  # Which `kguard baseline` reads before it writes.
    if there:
        outside.write_text(precious, encoding="utf-8")
    root = tmp_path / "root"
    root.mkdir()
    (root / "pod.yaml").write_bytes(POD)
    (root / "report.json").symlink_to(outside)
    done = command(root, *words)
    assert done.returncode == 2
    assert outside.exists() is there
    assert not there or outside.read_text(encoding="utf-8") == precious
    assert f"is a link to {outside}".encode() in done.stderr


def test_an_output_follows_a_link_inside_the_repository(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_bytes(POD)
    (tmp_path / "out").mkdir()
    (tmp_path / "report.json").symlink_to("out/latest.json")
    done = check(tmp_path, "--isolated", "-f", "json=report.json", ".")
    assert done.returncode == 1
    assert (tmp_path / "report.json").is_symlink()
    assert json.loads((tmp_path / "out" / "latest.json").read_text("utf-8"))["findings"]
