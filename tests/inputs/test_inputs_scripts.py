"""Scripts that a Dockerfile copies, read from where it may be built."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from inputs_project import Write

from kguard.inputs.scripts import BuildContext, copied_scripts
from kguard.kube.dockerfile import parse

SCRIPT = "#!/bin/sh\nexec app\n"


def context(text: str, *folders: Path) -> BuildContext:
    return copied_scripts(parse(f"FROM debian:12\n{text}\n"), [str(each) for each in folders])


def read(text: str, *folders: Path, names: Sequence[str]) -> dict[str, str]:
    """The texts that a context gives for names."""
    found = context(text, *folders)
    texts = {name: found.text(name) for name in names}
    return {name: text for name, text in texts.items() if text is not None}


def test_only_scripts_are_read(write: Write) -> None:
    files = {"run": SCRIPT, "b.sh": "no interpreter line", "app.py": "import os\n", "d/x": SCRIPT}
    found = read("COPY . /app", write(files), names=[*files, "d", "", "absent"])
    assert found == {"run": SCRIPT, "b.sh": "no interpreter line", "d/x": SCRIPT}


def test_the_first_folder_that_has_one_is_the_context(write: Write) -> None:
    root = write({"docker/run.sh": SCRIPT, "run.sh": "#!/bin/bash\n"})
    near, far, name = root / "docker", root, "docker/run.sh"
    assert read("COPY run.sh /", near, far, names=["run.sh"]) == {"run.sh": SCRIPT}
    assert read("COPY docker/run.sh /", near, far, names=[name]) == {name: SCRIPT}
    assert read("COPY docker/r*.s? /", near, far, names=[name]) == {name: SCRIPT}
    assert read("COPY *.sh /", near, far, names=["run.sh"]) == {"run.sh": SCRIPT}
    assert read("COPY other.sh /", near, far, names=["run.sh"]) == {"run.sh": SCRIPT}
    assert read("COPY run.sh /", names=["run.sh"]) == {}


def test_windows_line_ends_and_bytes_of_no_encoding(write: Write) -> None:
    root = write({})
    (root / "run.sh").write_bytes(b"#!/bin/sh\r\necho \xff\r\n")
    assert read("COPY run.sh /", root, names=["run.sh"]) == {"run.sh": "#!/bin/sh\necho \ufffd\n"}


def test_nothing_is_read_outside_of_the_context(write: Write) -> None:
    root = write({"in/a": SCRIPT, "secret.sh": SCRIPT}) / "in"
    os.symlink("../secret.sh", root / "link.sh")
    os.symlink("a", root / "inner.sh")
    names = ["a", "inner.sh", "link.sh", "../secret.sh", str(root.parent / "secret.sh")]
    assert read("COPY . /", root, names=names) == {"a": SCRIPT, "inner.sh": SCRIPT}
    found = context("COPY . /", root)
    assert not any((found.is_folder(".."), found.is_file("link.sh"), found.names("..")))


def test_large_files_and_pipes_are_passed_over(write: Write) -> None:
    root = write({"large.sh": "#" * 65_537, "small.sh": "#" * 65_536})
    if hasattr(os, "mkfifo"):
        os.mkfifo(root / "pipe.sh")
    found = read("COPY . /", root, names=["large.sh", "small.sh", "pipe.sh"])
    assert list(found) == ["small.sh"]


def test_only_what_is_asked_for_is_looked_at(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"main.py": "import os\n", "run.sh": SCRIPT, "other.sh": SCRIPT})
    dockerfile = parse("FROM python:3.12\nCOPY . /app\nCMD python /app/main.py\n")
    dockerfile.scripts = copied_scripts(dockerfile, [str(root)])
    looked: list[str] = []

    def noted(name: str) -> None:
        real = getattr(os, name)

        def call(path: str, *more: object, **named: object) -> object:
            looked.append(str(path))
            return real(path, *more, **named)

        monkeypatch.setattr(os, name, call)

    for name in ("stat", "lstat", "listdir", "scandir"):
        noted(name)
    image = dockerfile.image()
    assert image is not None
    assert image.script("python") is None
    assert looked == []
    assert image.script("/app/run.sh") == SCRIPT
    assert looked
    assert not any("other" in path or "main" in path for path in looked)


def test_a_pattern_for_many_files_is_unknown(write: Write) -> None:
    root = write({f"{number:04}.sh": SCRIPT for number in range(600)})
    dockerfile = parse("FROM debian:12\nCOPY *.sh /a/\nCOPY 00*.sh /b/\n")
    dockerfile.scripts = copied_scripts(dockerfile, [str(root)])
    image = dockerfile.image()
    assert image is not None
    assert (image.script("/a/0001.sh"), image.script("/b/0001.sh")) == (None, SCRIPT)


@pytest.mark.parametrize(
    "source", ["\0", "x" * 5000, "*", "**/*.sh", "[", "[a", "a]", "\\", "~/a.sh", "*" * 300]
)
def test_odd_sources_are_no_fault(write: Write, source: str) -> None:
    root = write({"a.txt": "text"})
    dockerfile = parse(f"FROM debian:12\nCOPY {source} /\n")
    dockerfile.scripts = copied_scripts(dockerfile, [str(root)])
    image = dockerfile.image()
    assert image is not None
    assert [image.script(name) for name in ("/a.txt", "/a.sh", "\0", f"/{source}")] == [None] * 4
