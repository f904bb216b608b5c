"""Scripts that a Dockerfile copies, read from where it may be built."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from inputs_project import Write

from kguard.inputs.scripts import copied_scripts
from kguard.kube.dockerfile import parse

SCRIPT = "#!/bin/sh\nexec app\n"


def read(text: str, *folders: Path) -> dict[str, str]:
    return copied_scripts(parse(f"FROM debian:12\n{text}\n"), [str(each) for each in folders])


def test_only_scripts_are_read(write: Write) -> None:
    root = write(
        {"run": SCRIPT, "b.sh": "no interpreter line", "app.py": "import os\n", "d/x": SCRIPT}
    )
    found = read("COPY . /app", root)
    assert found == {"run": SCRIPT, "b.sh": "no interpreter line", "d/x": SCRIPT}


def test_the_first_folder_that_has_one_is_the_context(write: Write) -> None:
    root = write({"docker/run.sh": SCRIPT, "run.sh": "#!/bin/bash\n"})
    near, far = root / "docker", root
    assert read("COPY run.sh /", near, far) == {"run.sh": SCRIPT}
    assert read("COPY docker/run.sh /", near, far) == {"docker/run.sh": SCRIPT}
    assert read("COPY other.sh /", near, far) == {}


def test_windows_line_ends_and_bytes_of_no_encoding(write: Write) -> None:
    root = write({})
    (root / "run.sh").write_bytes(b"#!/bin/sh\r\necho \xff\r\n")
    assert read("COPY run.sh /", root) == {"run.sh": "#!/bin/sh\necho \ufffd\n"}


def test_nothing_is_read_outside_of_the_context(write: Write) -> None:
    root = write({"in/a": SCRIPT, "secret.sh": SCRIPT}) / "in"
    os.symlink("../secret.sh", root / "link.sh")
    os.symlink("a", root / "inner.sh")
    assert read("COPY . /", root) == {"a": SCRIPT, "inner.sh": SCRIPT}
    assert read("COPY ../secret.sh link.sh /", root) == {}


def test_large_files_pipes_and_depths_are_passed_over(write: Write) -> None:
    root = write(
        {
            "large.sh": "#" * 65_537,
            "1/2/3/a.sh": SCRIPT,
            "1/2/3/4/b.sh": SCRIPT,
            ".git/c.sh": SCRIPT,
        }
    )
    if hasattr(os, "mkfifo"):
        os.mkfifo(root / "pipe.sh")
    assert read("COPY . /", root) == {"1/2/3/a.sh": SCRIPT}


def test_a_context_without_end_is_read_in_part(write: Write) -> None:
    root = write({f"{number:04}.sh": SCRIPT for number in range(600)})
    assert len(read("COPY . /", root)) == 500


@pytest.mark.parametrize("source", ["\\0", "x" * 5000, "*", "**/*.sh", "[", "~/a.sh"])
def test_odd_sources_are_no_fault(write: Write, source: str) -> None:
    root = write({"a.txt": "text"})
    assert read(f"COPY {source} /", root) == {}
